"""`cairn prompts`: look at tasks and templates, make and swap your own."""

from __future__ import annotations

import difflib
import os
import shlex
import subprocess
import sys
from pathlib import Path

from cairn.core.errors import CairnError, SettingsError, UsageError
from cairn.core.settings import Home, load_settings
from cairn.core.task import Task, task_patch
from cairn.prompts.task_store import LIBRARY, PromptStore, read
from cairn.ui.cli.terminal import note, say, say_json, say_table


def list_prompts(home: Path | None, as_json: bool) -> None:
    """Tasks that are broken are named with the reason, after those that work; exit code 2 then."""
    store = _store(home)
    tasks: list[Task] = []
    broken: list[CairnError] = []
    for name in store.tasks():
        try:
            tasks.append(store.task(name))
        except CairnError as error:
            broken.append(error)
    if as_json:
        say_json([{**task.model_dump(), "templates": store.templates(task.name)} for task in tasks])
    else:
        rows = [(t.name, t.strategy, _templates(store, t.name, t.template), t.description) for t in tasks]
        say_table(["task", "strategy", "templates", "what for"], rows)
    for notice in [notice for task in tasks for notice in task.notices]:
        note(notice)
    for error in broken[:-1]:
        note(f"cairn: {error}")
    if broken:
        raise broken[-1]


def show(home: Path | None, task: str, template: str | None) -> None:
    """What of the task counts, one file after the other, each under its path."""
    store = _store(home)
    used = store.template_file(task, template or store.task(task).template)
    texts = [(found, read(found.path)) for found in [*store.configuration(task), used]]
    for found, text in texts:
        say(f"── {found.path} ({'your own' if found.own else 'packaged'})\n{text.rstrip()}\n")
    for notice in store.task(task).notices:
        note(notice)


def new(
    home: Path | None, task: str, template: str | None, source: str | None, strategy: str, description: str
) -> None:
    from cairn.core.registry import find

    store = _store(home)
    if template is None:
        find("strategy", strategy)
        folder = store.new_task(task, strategy, description)
        note(f'A new task: {folder}\nEdit its files, then: cairn ask --task {task} "…"')
    else:
        path = store.copy(task, template, source)
        note(f"{path}\nEdit it, then: cairn prompts use {task} {template}")


def edit(home: Path | None, task: str, template: str | None) -> None:
    """A template that is broken after the edit is said to be so at once; the file stays as it was written."""
    from cairn.agents.assembly import check_template

    store = _store(home)
    name = template or store.task(task).template
    found = store.template_file(task, name)
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UsageError("No editor is set.", f"Set EDITOR; the template is {found.path}.")
    path = found.path if found.own else store.copy(task, name)
    try:
        code = subprocess.call([*shlex.split(editor), str(path)])  # noqa: S603 (the user's own editor)
    except (OSError, ValueError) as error:
        raise UsageError(f"{editor} can't be started: {error}.", f"Correct EDITOR, or open {path} yourself.") from None
    if code != 0:
        raise UsageError(f"{editor} ended with an error; {path} is as it left it.", "Try another EDITOR.")
    edited = store.template(task, name)
    check_template(store.task(task), edited)
    note(f"{path}: fine, template hash {edited.hash}")


def use(home: Path | None, task: str, template: str) -> None:
    from cairn.agents.assembly import check_template

    store = _store(home)
    patch = task_patch(template=template)
    check_template(store.task(task).patched(patch), store.template(task, template))
    patched = store.use(task, patch)
    note(f"Task {patched.name} uses template {patched.template} from the next question on.")


def diff(home: Path | None, task: str, one: str, other: str | None) -> None:
    store = _store(home)
    mine = store.template_file(task, one).path
    theirs = store.template_file(task, other).path if other else LIBRARY / task / f"{one}.md"
    if not theirs.is_file():
        raise UsageError(f"Template {one!r} has no packaged version to compare with.", "Name another template.")
    first, second = (mine, theirs) if other else (theirs, mine)
    lines = difflib.unified_diff(_lines(first), _lines(second), str(first), str(second), lineterm="")
    sys.stdout.writelines(line + "\n" for line in lines)


def render(
    home: Path | None, task: str, question: str, template: str | None, strategy: str | None, as_json: bool
) -> None:
    from cairn.agents.prompt_preview import model_in_use, render
    from cairn.models.model_facts import window_source
    from cairn.ui.cli.run_ask import opened

    patch = task_patch(template=template, strategy=strategy)
    with opened(home) as app:
        try:
            like = model_in_use(app.workspace, task)
        except SettingsError as error:  # a key may be missing: the prompt is the same
            note(str(error))
            like = None
        request = render(app.workspace, task, question, patch, like=like)
    tokens = {"window": request.window, "total": request.size.total, "parts": request.size.parts}
    if as_json:
        say_json({"messages": request.messages, "tools": request.tools, "template": request.template, "tokens": tokens})
        return
    for message in request.messages:
        say(f"── {message['role']}\n{message['content']}\n")
    for tool in request.tools:
        function = tool["function"]
        say(f"── tool {function['name']}\n{function['description']}\n")
    for part, count in request.size.parts.items():
        note(f"{count:8,} tokens: {part}")
    where = f"{like.model_name} takes, {window_source(like)}" if like else "`context_window`"
    note(f"{request.size.total:8,} tokens of {request.window:,} ({where}).")
    for notice in request.notices:
        note(notice)
    note(f"Template {request.template}, hash {request.hash}. --json shows it as it is sent.")


def _store(home: Path | None) -> PromptStore:
    return PromptStore(Home(load_settings(home).home))


def _templates(store: PromptStore, task: str, used: str) -> str:
    return ", ".join(f"*{name}" if name == used else name for name in store.templates(task))


def _lines(path: Path) -> list[str]:
    return read(path).splitlines()
