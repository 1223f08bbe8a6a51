"""`cairn extract`: documents through a task of strategy `extract`, into a table that can be asked.

A document that is longer than the model takes is read in pieces at once: of one row the first piece that says a field
counts, of many rows all do. Answers are kept as `cairn run` keeps them; a document that did not change since is not
read again.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from cairn.agents.document_table import DocumentTable, Stored
from cairn.agents.question_engine import Asking, QuestionEngine
from cairn.agents.question_files import Asked
from cairn.agents.question_queue import Answered
from cairn.agents.service import Cairn
from cairn.core.errors import CairnError, SourceError, UsageError
from cairn.core.task import Task
from cairn.retrieval.file_discovery import Found, Refused, find
from cairn.retrieval.load import Job, Parsers
from cairn.retrieval.splitting import split

_SHARE = 3
"""Of the model's window, one part in three is for the text: instructions, examples and the answer need the rest."""
_OVERLAP = 50
_CHARACTERS_A_TOKEN = 3


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a document: `stored`, or why it gave nothing. `notices`: what its loader could not carry over."""

    document: str
    stored: Stored | None = None
    error: CairnError | None = None
    unchanged: bool = False
    notices: tuple[str, ...] = ()


@dataclass
class _Open:
    """A document of which pieces are still missing."""

    digest: str
    text: str
    notices: tuple[str, ...]
    pieces: list[Any] = field(default_factory=list[Any])
    missing: int = 0
    error: CairnError | None = None


class TableExtraction:
    """Into the table `name`, which is a database of that name from then on.

    Raises UsageError where the task takes no fields out of texts, TaskError, ModelError.
    """

    def __init__(self, app: Cairn, asking: Asking, name: str, fresh: bool = False) -> None:
        self._task: Task = app.workspace.prompts.task(asking.task).patched(asking.patch)
        if self._task.strategy != "extract":
            raise UsageError(
                f"Task {self._task.name} does not take fields out of texts.",
                "Name one with `strategy: extract`, or make it: cairn prompts new bills --strategy extract",
            )
        self._engine = QuestionEngine(app, asking)
        self.table = DocumentTable(app.workspace.home.root / "tables", name, self._task.fields)
        self._size = self._piece_size(app, asking)
        self._known = {} if fresh else self.table.digests()
        self._open: dict[str, _Open] = {}
        self._done: list[Read] = []

    def _piece_size(self, app: Cairn, asking: Asking) -> int:
        window = app.workspace.chat_model(asking.model or self._task.model).takes
        return max(100, min(window // _SHARE, app.settings.max_question // _CHARACTERS_A_TOKEN))

    async def read(self, paths: Sequence[str | Path]) -> AsyncGenerator[list[Read]]:
        """What became of each document, as it is there. On Cairn's loop."""
        batches = self._engine.batches(self._asked(paths))
        try:
            async for batch in batches:
                for answered in batch:
                    self._take(answered)
                if done := self._take_done():
                    yield done
            if done := self._take_done():
                yield done
        finally:
            await batches.aclose()

    def _take_done(self) -> list[Read]:
        done, self._done = self._done, []
        return done

    def _asked(self, paths: Sequence[str | Path]) -> Iterator[Asked]:
        """A question for each piece of what is new or changed. Blocks."""
        with Parsers() as parsers:
            for number, (job, parsed) in enumerate(parsers.map(self._jobs(paths)), 1):
                if isinstance(parsed, SourceError):
                    self._done.append(Read(job.key, error=parsed))
                    continue
                pieces = [piece.text for piece in split(parsed, self._size, _OVERLAP)] or [""]
                if sum(map(len, pieces)) < self._size * _CHARACTERS_A_TOKEN:
                    pieces = [parsed.text]
                self._open[job.key] = _Open(
                    self._digest(job.data), parsed.text, tuple(parsed.notices), [None] * len(pieces), len(pieces)
                )
                for place, piece in enumerate(pieces):
                    yield Asked(number, piece, {"document": job.key, "piece": place})

    def _jobs(self, paths: Sequence[str | Path]) -> Iterator[Job]:
        for found in find(paths):
            if isinstance(found, Refused):
                if found.failed:
                    self._done.append(Read(found.source, error=SourceError(found.reason)))
            elif (job := self._job(found)) is not None:
                yield job

    def _job(self, found: Found) -> Job | None:
        if not isinstance(found.place, Path):
            self._done.append(Read(found.source, error=SourceError("Pages of the web are not read here.", "Save it.")))
            return None
        try:
            data = found.place.read_bytes()
        except OSError as error:
            self._done.append(Read(found.source, error=SourceError(f"It can't be read: {error.strerror}.")))
            return None
        if self._known.get(found.source) == self._digest(data):
            self._done.append(Read(found.source, unchanged=True))
            return None
        return Job(found.source, found.place.name, data)

    def _digest(self, data: bytes) -> str:
        """Of a document and of what is taken out of it."""
        wanted = json.dumps([each.model_dump() for each in self._task.fields]) + str(self._task.many_rows)
        return sha256(data + wanted.encode()).hexdigest()

    def _take(self, answered: Answered) -> None:
        document, place = answered.asked.given["document"], answered.asked.given["piece"]
        opened = self._open[document]
        opened.missing -= 1
        opened.error = opened.error or answered.error
        if answered.error is None:
            opened.pieces[place] = json.loads(answered.answer.answer or "null")
        if opened.missing == 0:
            del self._open[document]
            self._done.append(self._stored(document, opened))

    def _stored(self, document: str, opened: _Open) -> Read:
        if opened.error:
            return Read(document, error=opened.error, notices=opened.notices)
        rows = _all_rows(opened.pieces) if self._task.many_rows else [_one_row(opened.pieces)]
        return Read(document, self.table.put(document, opened.digest, opened.text, rows), notices=opened.notices)


def _one_row(pieces: Sequence[dict[str, Any] | None]) -> dict[str, Any]:
    """Of each field what the first piece says that says it; lists are joined."""
    row: dict[str, Any] = {}
    for piece in pieces:
        for name, value in (piece or {}).items():
            if isinstance(value, list) and isinstance(known := row.get(name), list):
                row[name] = list(dict.fromkeys([*known, *value]))
            elif row.get(name) in (None, []):
                row[name] = value
    return row


def _all_rows(pieces: Sequence[list[dict[str, Any]] | None]) -> list[dict[str, Any]]:
    """What stands twice where two pieces overlap counts once."""
    rows = {json.dumps(row, sort_keys=True, ensure_ascii=False): row for piece in pieces for row in piece or []}
    return list(rows.values())
