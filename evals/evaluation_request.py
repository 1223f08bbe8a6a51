"""What is to be evaluated, and how: the flags of `cairn eval` as data, and the cases that they mean, each with the
database that it is asked of."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cairn.agents.service import Cairn
from cairn.agents.workspace import Workspace
from cairn.core.errors import DatabaseError, UsageError
from cairn.core.settings import Settings
from cairn.core.task import merged, task_patch
from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Databases, Opened, Registered
from cairn.evals.case_reading import read_cases
from cairn.evals.cases import Case
from cairn.evals.eval_runner import with_difficulty
from cairn.evals.set_review import is_reviewed

_TASKS = {"query": "database", "label": "classify", "fields": "extract", "sources": "documents"}
"""The task that answers where none is named: by the first of these golds that all cases with an answer have."""
_SUFFIXES = (".sqlite", ".sqlite3", ".db")


@dataclass(frozen=True)
class Wanted:
    """What is to be measured, and how. `metric`: the one that the report is about; all are computed.

    `target`: the address of an application that is asked in place of a task; `target_model`: what it calls a model.
    """

    questions: Path
    database: str | None = None
    databases: Path | None = None
    task: str | None = None
    patch: Mapping[str, Any] = field(default_factory=dict[str, Any])
    model: Any = None
    target: str | None = None
    target_model: str | None = None
    predictions: Path | None = None
    limit: int | None = None
    repeat: int = 1
    metric: str | None = None
    judge: Any = None
    out: Path | None = None
    resume: bool = False
    fresh: bool = False
    workers: int = 4


def varied(wanted: Wanted, vary: Iterable[str]) -> list[tuple[str, Wanted]]:
    """Of `KEY=A,B,C` each value, of several keys each combination: what is changed, and what is wanted then.

    Raises UsageError.
    """
    keys = [_values(setting) for setting in vary]
    found: list[tuple[str, Wanted]] = []
    for settings in itertools.product(*keys):
        name = " ".join(settings)
        out = wanted.out
        if out and name:
            out = out.with_name(f"{out.stem}-{'-'.join(settings).replace('/', '_')}{out.suffix}")
        found.append((name, replace(wanted, patch=merged(wanted.patch, task_patch(settings)), out=out)))
    return found


def _values(setting: str) -> list[str]:
    key, equals, values = setting.partition("=")
    if not equals or not key.strip() or not values.strip():
        raise UsageError(f"{setting!r} varies nothing.", "Write KEY=A,B,C, as retrieval.k=3,5,8.")
    return [f"{key.strip()}={value.strip()}" for value in values.split(",")]


def records_folder(settings: Settings) -> Path:
    """Where evaluations are kept that name no file."""
    return settings.home / "evals"


def placed_cases(app: Cairn, wanted: Wanted, tell: Callable[[str], None] = lambda text: None) -> list[Case]:
    """The set's cases, those of databases with the one that they are asked of; without those that nobody has looked
    through, of which `tell` is told. Raises UsageError, DatabaseError.
    """
    if wanted.database and wanted.databases:
        raise UsageError("A database and a folder can't both be had.", "The one is registered, the other holds files.")
    cases = _reviewed(wanted.questions, tell)[: wanted.limit]
    if wanted.databases:
        app.workspace.lend(Folder(app.workspace, wanted.databases))
    asked = [case for case in cases if case.query or case.database or wanted.database]
    places = placed(asked, app.workspace.databases, wanted.database) if asked else {}
    found = [with_difficulty(replace(case, database=places.get(case.id))) for case in cases]
    return _by_database(found) if len(set(places.values())) > 1 else found


def _by_database(cases: Sequence[Case]) -> list[Case]:
    """Questions of one database are no independent witnesses; where the set has groups of its own, those count."""
    if any(case.group for case in cases):
        return list(cases)
    return [replace(case, group=case.database) for case in cases]


def _reviewed(questions: Path, tell: Callable[[str], None]) -> list[Case]:
    cases = read_cases(questions)
    reviewed = [case for case in cases if is_reviewed(case)]
    if out := len(cases) - len(reviewed):
        tell(f"{out} of {len(cases)} questions are left out: nobody has accepted them (cairn eval review {questions}).")
    if not reviewed:
        raise UsageError(f"No question of {questions} has been accepted yet.", f"cairn eval review {questions}")
    return reviewed


def task_for(cases: Sequence[Case], otherwise: str) -> str:
    """The task that a set without one is asked of."""
    judged = [case for case in cases if set(case.golds) - {"refuse"}]
    return next((task for gold, task in _TASKS.items() if judged and all(case.has(gold) for case in judged)), otherwise)


def strangers(predictions: Mapping[str, str], cases: Sequence[Case]) -> str | None:
    """What is to be told of predictions for no question: other ids, most likely, so that the figure says nothing."""
    known = {case.id for case in cases}
    if not (strange := [id for id, sql in predictions.items() if sql and id not in known]):
        return None
    many = "1 prediction is" if len(strange) == 1 else f"{len(strange)} predictions are"
    return f"{many} for no question of this set, with the id {', '.join(strange[:5])}."


class Folder(Databases):
    """`FOLDER/<name>.sqlite` and `FOLDER/<name>/<name>.sqlite` as if they were registered, by lower-case name."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        super().__init__(workspace.home, workspace.settings, workspace.database)
        self._files = {path.stem.lower(): path for path in _files(folder)}
        if not self._files:
            raise UsageError(f"There are no SQLite files in {folder}.", "They are NAME.sqlite or NAME/NAME.sqlite.")

    def list(self) -> list[Registered]:
        return [
            Registered(name=name, redacted=f"sqlite:///{path}", dialect="sqlite", sample=False, hidden=(), used=True)
            for name, path in sorted(self._files.items())
        ]

    def open(self, name: str) -> Opened:
        path = self._files.get(name.lower())
        if path is None:
            raise DatabaseError(f"No database is named {name[:80]!r}.", f"There are: {', '.join(sorted(self._files))}.")
        engine = SqliteEngine(path.absolute())
        engine.check()
        return Opened(name.lower(), engine)

    def problems(self) -> list[str]:
        """None of all of them: only the one that is asked is opened."""
        return []


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", "Name the one with the databases.")
    nested = [path for path in folder.glob("*/*") if path.stem == path.parent.name]
    return [path for path in [*nested, *folder.glob("*")] if path.suffix.lower() in _SUFFIXES and path.is_file()]


def placed(cases: Iterable[Case], databases: Databases, database: str | None) -> dict[str, str]:
    """For each question's id the database it is asked of: `database`, else the set's, else the only one there is.

    Raises UsageError for one that is not known, DatabaseError for one that is away.
    """
    names = databases.names()
    known = {entry.name for entry in databases.list()}
    there = ", ".join(sorted(known))
    if database and database not in known:
        hint = f"There are: {there}." if known else "There are none: `cairn db add` adds one."
        raise UsageError(f"There is no database {database!r}.", hint)
    found: dict[str, str] = {}
    for case in cases:
        name = database or (case.database or "").lower() or (names[0] if len(names) == 1 else "")
        if name not in known:
            wanted = f"the database {name!r}" if name else "no database of several"
            raise UsageError(
                f"Question {case.id} names {wanted}; there are: {there or 'none'}.",
                "Name one with --database, or a folder of them with --databases.",
            )
        found[case.id] = name
    for name in sorted(set(found.values())):
        databases.open(name)
    return found
