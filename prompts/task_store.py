"""Where tasks come from: a folder of files each, in the home or packaged; for every file the home wins.

<task>/task.yaml        what `cairn.core.task.Task` may say
<task>/<template>.md    templates
<task>/examples.jsonl   lines of {"input": ..., "output": ...}, for SQL also {"database": ...}
<task>/patch.yaml       in the home only: what `cairn prompts use` chose
<task>/questions.txt    in the home only: a question a line, on which templates are tried side by side
wordings/<name>.md      what a task's `wording` can add to any template
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from cairn.core.clean_text import clean
from cairn.core.context_values import inside
from cairn.core.errors import TaskError, TemplateError, UsageError
from cairn.core.settings import Home
from cairn.core.strategy import Example
from cairn.core.task import Task, parse_task
from cairn.prompts.template import Template, parse_template

LIBRARY = Path(__file__).parent / "library"
WORDINGS = Path(__file__).parent / "wordings"
PLAIN = "---\nrole: You are a careful assistant.\n---\n"
"""The first template of a new task, and the one of a strategy that no packaged task is made for."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_draft: ContextVar[tuple[str, str, str] | None] = ContextVar("cairn_template_draft", default=None)
_WORDING = re.compile(r"[a-z0-9][a-z0-9_]{0,63}\Z")


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a task, and whether it is the home's own."""

    path: Path
    own: bool


class PromptStore:
    """The tasks, templates and examples that a home sees, read anew at each call: an edit holds at once."""

    def __init__(self, home: Home) -> None:
        self._home = home.prompts

    def tasks(self) -> list[str]:
        """The names of all tasks."""
        folders = [*_folders(LIBRARY), *_folders(self._home)]
        return sorted({folder.name for folder in folders if self._find(folder.name, "task.yaml")})

    def task(self, name: str) -> Task:
        """The task by name, or by the path of a task folder. Raises TaskError."""
        found = self._find(name, "task.yaml")
        if found is None:
            raise TaskError(f"There is no task {name!r}.", f"There are: {', '.join(self.tasks())}.")
        folder = found.path.parent.name if _is_path(name) else name
        task = parse_task({**_read_yaml(found.path), "name": folder}, str(found.path))
        patch = self._find(name, "patch.yaml")
        return task.patched(_read_yaml(patch.path), str(patch.path)) if patch else task

    def configuration(self, task: str) -> list[Found]:
        """The files that `task` is read from: its task.yaml, and the patch on it where there is one."""
        found = [self._find(task, file) for file in ("task.yaml", "patch.yaml")]
        return [file for file in found if file]

    def templates(self, task: str) -> list[str]:
        """The names of a task's templates."""
        self._known(task)
        found = {path.stem for folder in self._places(task) for path in folder.glob("*.md")}
        return sorted(name for name in found if _NAME.match(name))

    def template(self, task: str, name: str) -> Template:
        """Raises TemplateError."""
        return parse_template(self.text(task, name), name)

    def worded(self, template: Template, wording: Mapping[str, bool]) -> Template:
        """The template with those of a task's `wording` that are on. Raises TemplateError."""
        return template.with_additions([self._wording(name) for name, on in wording.items() if on])

    def _wording(self, name: str) -> Template:
        places = [self._home / "wordings", WORDINGS]
        found = next((path for place in places if (path := place / f"{name}.md").is_file()), None)
        if found is None or not _WORDING.match(name):
            there = sorted({path.stem for place in places for path in place.glob("*.md")})
            raise TemplateError(f"There is no wording {name!r}.", f"There are: {', '.join(there)}.")
        addition = parse_template(read(found), f"wordings/{name}")
        if addition.input_variables or any(part.role != "system" for part in addition.parts):
            raise TemplateError(f"The wording {name!r} has variables or messages.", "It can only be text.")
        return addition

    def text(self, task: str, template: str) -> str:
        """A template as it was written. Raises TemplateError, TaskError."""
        if (draft := _draft.get()) and draft[:2] == (task, template):
            return draft[2]
        return read(self.template_file(task, template).path)

    def drafting(self, task: str, template: str, text: str) -> AbstractContextManager[None]:
        """Inside, this thread reads `text` as that template, as if it had been saved."""
        return inside(_draft, (task, template, text))

    def save_text(self, task: str, template: str, text: str) -> Template:
        """A template of the home's own with just this text. Raises UsageError, TemplateError; then nothing is kept."""
        _check_name(template)
        parsed = parse_template(text, template)
        self._known(task)
        _write(self._own(task) / f"{template}.md", text)
        return parsed

    def forget_text(self, task: str, template: str) -> str:
        """Delete a template of the home's own; its text. One that is packaged counts again. Raises TemplateError."""
        found = self.template_file(task, template)
        if not found.own:
            raise UsageError(f"Template {template!r} is packaged.", "Only your own can be deleted.")
        text = read(found.path)
        found.path.unlink(missing_ok=True)
        return text

    def template_file(self, task: str, name: str) -> Found:
        found = self._find(task, f"{name}.md") if _NAME.match(name) else None
        if found is None:
            there = self.templates(task)
            file = self._places(task)[0] / f"{name}.md"
            write = f"Write one, {file}, or have it made: cairn prompts new {task}"
            hint = f"There are: {', '.join(there)}." if there else write
            raise TemplateError(f"Task {task!r} has no template {name!r}.", hint)
        return found

    def examples(self, task: str) -> list[Example]:
        """Raises TaskError naming the line that is wrong."""
        found = self._find(task, "examples.jsonl")
        return _read_examples(found.path) if found else []

    def set_examples(self, task: str, examples: Sequence[Example]) -> None:
        """Have just these examples in this home. Raises UsageError where they can't be written."""
        lines = [json.dumps(dict(one), ensure_ascii=False) for one in examples]
        _write(self._own(task) / "examples.jsonl", "".join(f"{line}\n" for line in lines))

    def questions(self, task: str) -> list[str]:
        """The questions that the task's templates are tried on side by side, as `set_questions` kept them."""
        found = self._find(task, "questions.txt")
        return read(found.path).splitlines() if found else []

    def set_questions(self, task: str, questions: Sequence[str]) -> None:
        """Raises UsageError where they can't be written."""
        kept = [" ".join(question.split()) for question in questions if question.strip()]
        _write(self._own(task) / "questions.txt", "".join(f"{question}\n" for question in kept))

    def use(self, task: str, patch: Mapping[str, Any]) -> Task:
        """Make `patch` part of the task in this home, from the next question on."""
        patched = self.task(task).patched(patch)
        if "template" in patch:
            self.template(task, patched.template)
        self.set_patch(task, {**(self.patch(task) or {}), **patch})
        return patched

    def patch(self, task: str) -> dict[str, Any] | None:
        """What is changed of the task in this home; None is nothing. Raises TaskError."""
        found = self._find(task, "patch.yaml")
        return _read_yaml(found.path) if found else None

    def set_patch(self, task: str, patch: Mapping[str, Any] | None) -> None:
        """Have just this changed of the task in this home. Raises UsageError where it can't be written."""
        file = self._own(task) / "patch.yaml"
        if patch is None:
            file.unlink(missing_ok=True)
        else:
            _write(file, yaml.safe_dump(dict(patch), allow_unicode=True, sort_keys=False))

    def copy(self, task: str, template: str, source: str | None = None) -> Path:
        """A template of the home's own, begun from `source`, else the one of that name, else the one in use.

        Raises UsageError if the home has it already.
        """
        _check_name(template)
        begin_from = source or (template if template in self.templates(task) else self.task(task).template)
        text = self.text(task, begin_from)
        file = self._own(task) / f"{template}.md"
        if file.exists():
            raise UsageError(f"Template {template!r} is already your own: {file}.", "Edit it there.")
        _write(file, text)
        return file

    def new_task(self, name: str, strategy: str, description: str) -> Path:
        """A task of the home's own with a first template. Raises UsageError if the name is taken or not a name."""
        if not _NAME.match(name) or name in self.tasks():
            raise UsageError(f"A task can't be called {name!r}.", "Take a free name of a-z, 0-9, - and _.")
        folder = self._own(name)
        body = {"description": description, "strategy": strategy}
        _write(folder / "default.md", PLAIN)
        _write(folder / "task.yaml", yaml.safe_dump(body, allow_unicode=True, sort_keys=False))
        return folder

    def _known(self, task: str) -> None:
        if self._find(task, "task.yaml") is None:
            self.task(task)

    def _own(self, task: str) -> Path:
        """Where the home's own files of a task lie."""
        if _is_path(task):
            return Path(task)
        folder = self._home / task
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _places(self, task: str) -> list[Path]:
        """The folders a task's files may lie in, the winning one first."""
        if _is_path(task):
            return [Path(task)]
        return [self._home / task, LIBRARY / task] if _NAME.match(task) else []

    def _find(self, task: str, file: str) -> Found | None:
        for folder in self._places(task):
            if (path := folder / file).is_file():
                return Found(path, LIBRARY not in path.parents)
        return None


def _check_name(template: str) -> None:
    if not _NAME.match(template):
        raise UsageError(f"{template!r} is no name for a template.", "Use a-z, 0-9, - and _.")


def packaged_template(task: str, name: str) -> Template | None:
    """A template that comes with Cairn, None where there is no such one."""
    path = LIBRARY / task / f"{name}.md"
    known = _NAME.match(task) and _NAME.match(name) and path.is_file()
    return parse_template(read(path), name) if known else None


def packaged_task(name: str) -> Task:
    """A task as it comes with Cairn, whatever a home says of it. Raises TaskError."""
    file = LIBRARY / name / "task.yaml"
    return parse_task({**_read_yaml(file), "name": name}, str(file))


def _folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir() and _NAME.match(path.name)] if root.is_dir() else []


def _is_path(task: str) -> bool:
    return "/" in task or "\\" in task


def read(path: Path) -> str:
    """The text of a file of a task. Raises TaskError."""
    try:
        return path.read_text("utf-8-sig")  # some editors begin a file with a mark, which is no part of its text
    except (OSError, UnicodeError) as error:
        raise TaskError(f"{path} can't be read: {error}.", "It has to be a text file in UTF-8.") from None


@lru_cache(maxsize=64)
def _load_yaml(text: str) -> Any:
    """Every turn reads its task's files, which seldom change: kept by their text, an edit still holds at once."""
    return yaml.safe_load(text)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        data = deepcopy(_load_yaml(read(path)))
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2024-13-45
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise TaskError(f"{path}{line} is not YAML: {getattr(error, 'problem', error)}.", "Correct it there.") from None
    if not isinstance(data, dict):
        raise TaskError(f"{path} has to be a mapping of names to values.", "Write lines such as `strategy: rag`.")
    return data


def _read_examples(path: Path) -> list[Example]:
    lines = [(n, line) for n, line in enumerate(read(path).split("\n"), 1) if line.strip()]
    return [_example(line, f"{path}, line {n}") for n, line in lines]


def _example(line: str, where: str) -> Example:
    try:
        data = json.loads(line)
    except ValueError:
        data = None
    if not isinstance(data, dict) or not _is_example(data):  # pyright: ignore[reportUnknownArgumentType]
        raise TaskError(f"{where} is not an example.", 'Write {"input": "…", "output": "…"} on one line.')
    return Example(**data)


def _is_example(data: Mapping[Any, Any]) -> bool:
    keys = set(data) - {"database", "by", "at"}
    return keys == {"input", "output"} and all(isinstance(value, str) for value in data.values())


def _write(file: Path, text: str) -> None:
    """Whole or not at all."""
    draft = file.with_suffix(f"{file.suffix}.{uuid.uuid4().hex}.new")
    try:
        draft.write_text(clean(text), "utf-8")
        draft.replace(file)
    except OSError as error:
        raise UsageError(f"{file} can't be written: {error.strerror}.", "Check the folder's rights.") from None
