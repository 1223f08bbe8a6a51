"""What was measured becomes what is live: the configuration of an evaluation is made the task's patch in the home.

What was live before is kept, in `promotions.jsonl` beside the patch, so that it can be had back, step by step.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cairn import samples
from cairn.agents.assembly import build
from cairn.agents.workspace import Workspace
from cairn.core.errors import CairnError, StorageError, UsageError
from cairn.core.task import merged
from cairn.core.whole_files import write_whole
from cairn.evals.measured_configuration import configuration_of, differences, task_changes
from cairn.evals.sample_home import NAME as SAMPLES

Patch = dict[str, Any] | None
_FILE = "promotions.jsonl"


@dataclass(frozen=True, slots=True)
class Promotion:
    """`evaluation`: the name of the one that measured it, and `file` its records. `at` is in Unix seconds.

    `before` and `after`: the task's patch in the home, None where there was none. `copied`: the task came with it, from
    the samples.
    """

    task: str
    evaluation: str
    file: str
    at: float
    before: Patch
    after: Patch
    copied: bool = False


def promote(workspace: Workspace, file: Path, measured: Mapping[str, Any], *, anyway: bool = False) -> Promotion:
    """Make live what an evaluation measured, and prove that it is the same.

    Args:
        workspace: The home.
        file: The evaluation's records.
        measured: What they say was measured.
        anyway: Also where the template or the examples have changed since.

    Raises:
        UsageError: Nothing was measured that can be live, or something has changed since.
        CairnError: The task can't be assembled so (TaskError, TemplateError, ModelError, SettingsError).
    """
    if "task" not in measured:
        raise UsageError(f"{file.stem} scored recorded answers: there is no configuration.", "Promote one that asked.")
    name, store = measured["task"]["name"], workspace.prompts
    before = store.patch(name)
    after = _patch(workspace, before, measured)
    store.set_patch(name, after)
    try:
        if not anyway:
            _refuse_changed(file, differences(measured, configuration_of(build(workspace, name))))
    except CairnError:
        store.set_patch(name, before)
        raise
    promotion = Promotion(name, file.stem, str(file.absolute()), time.time(), before, after)
    _write(_file(workspace, name), [*promotions(workspace, name), promotion])
    return promotion


def promote_climb(workspace: Workspace, file: Path, climbed: Mapping[str, Any]) -> Promotion:
    """Make live where a climb ended. A home that has not the samples' task is given a copy of it.

    Args:
        workspace: The home.
        file: The climb's report.
        climbed: What is in it.

    Returns:
        What was live before and what is now.

    Raises:
        UsageError: Nothing was kept, or the home has no such task (also TaskError, TemplateError).
        ModelError: The model that was climbed with can't be used.
    """
    name = str(climbed["task"])
    if not climbed["kept"]:
        raise UsageError(f"{file.stem} kept nothing: what is live is as good.", "Climb another set, or other rungs.")
    if str(climbed["end_model"]).startswith("replay:"):
        raise UsageError(f"{file.stem} ends with recorded answers: no other question has one.", "Climb by a model.")
    if copied := name == SAMPLES and name not in workspace.prompts.tasks():
        _copy_samples(workspace)
    before = workspace.prompts.patch(name)
    after = merged(before or {}, climbed["patch"])
    if climbed["end_model"]:
        after["model"] = climbed["end_model"]
    try:
        build(workspace, name, after)
        workspace.prompts.set_patch(name, after)
    except CairnError:
        if copied:
            _remove_copy(workspace)
        raise
    promotion = Promotion(name, file.stem, str(file.absolute()), time.time(), before, after, copied)
    _write(_file(workspace, name), [*promotions(workspace, name), promotion])
    return promotion


def _patch(workspace: Workspace, before: Patch, measured: Mapping[str, Any]) -> dict[str, Any]:
    """The home's patch with what makes of the live task the measured one, both as the same model's window cuts them."""
    name = measured["task"]["name"]
    live = configuration_of(build(workspace, name, None, measured["model"]))
    patch = merged(before or {}, task_changes(live["task"], measured["task"]))
    by_itself = build(workspace, name).model
    return patch if by_itself == measured["model"] else {**patch, "model": measured["model"]}


def _refuse_changed(file: Path, changed: Sequence[str]) -> None:
    if changed:
        told = f"The {' and the '.join(changed)} {'have' if len(changed) > 1 else 'has'} changed since {file.stem}"
        raise UsageError(f"{told} measured it: what it found is not known of what would be live.",
                         "Evaluate anew; or promote it --anyway.")  # fmt: skip


def rollback(workspace: Workspace, task: str, *, anyway: bool = False) -> Promotion:
    """Take the last promotion back: what was live before is live again. Raises UsageError, StorageError.

    Refused where the patch was changed by hand since, which would be lost; `anyway` loses it.
    """
    known = promotions(workspace, task)
    if not known:
        raise UsageError(f"Nothing of task {task} was promoted.", "`cairn eval promote RUN` does.")
    last = known[-1]
    if workspace.prompts.patch(task) != last.after and not anyway:
        raise UsageError(
            f"Task {task} was changed since {last.evaluation} was promoted: that would be lost.",
            "`cairn prompts show` has it. Go back --anyway.",
        )
    workspace.prompts.set_patch(task, last.before)
    _write(_file(workspace, task), known[:-1])
    if last.copied:
        _remove_copy(workspace)
    return last


def _copy_samples(workspace: Workspace) -> None:
    shutil.copytree(samples.TASK, workspace.home.prompts / SAMPLES, dirs_exist_ok=True)


def _remove_copy(workspace: Workspace) -> None:
    """What somebody has made of it since stays."""
    folder = workspace.home.prompts / SAMPLES
    (folder / _FILE).unlink(missing_ok=True)
    if _texts(folder) == _texts(samples.TASK):
        shutil.rmtree(folder)


def _texts(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def promotions(workspace: Workspace, task: str) -> list[Promotion]:
    """Those that are in force one on the other, oldest first. Raises StorageError."""
    file = _file(workspace, task)
    if not file.is_file():
        return []
    try:
        return [Promotion(**json.loads(line)) for line in file.read_text("utf-8").splitlines()]
    except (OSError, ValueError, TypeError) as error:
        raise StorageError(f"{file} can't be read: {error}.", "Mend it, or take it away.") from None


def all_promotions(workspace: Workspace) -> list[Promotion]:
    """Of every task, oldest first."""
    found = [one for task in workspace.prompts.tasks() for one in promotions(workspace, task)]
    return sorted(found, key=lambda one: one.at)


def _file(workspace: Workspace, task: str) -> Path:
    return workspace.home.prompts / task / _FILE


def _write(file: Path, known: Sequence[Promotion]) -> None:
    write_whole(file, "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in known))
