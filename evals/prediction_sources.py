"""Where predictions come from: the assistant, asked as the chat asks it, or a file of recorded ones."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from cairn.agents.service import Cairn
from cairn.core.answer import Answer, TokenUsage, fold
from cairn.core.errors import CairnError, ModelRefused, SettingsError, TaskError, TemplateError
from cairn.core.events import Event
from cairn.core.task import merged
from cairn.evals.datasets import Question

USER = "evaluation"
"""Whose threads an evaluation's runs are, while they last: nobody's list of conversations shows them."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """`sql` None: there was no query. `error`: why no answer came, with its `kind`."""

    sql: str | None
    kind: str | None = None
    error: str | None = None
    answer: str | None = None
    usage: TokenUsage | None = None
    seconds: float | None = None


class Predict(Protocol):
    def __call__(self, question: Question, database: str) -> Prediction:
        """Safe to call from several threads. Raises what makes all further questions useless too."""
        ...

    def stop(self) -> None:
        """Let what is being answered end soon."""
        ...


class Recorded:
    """Predictions of a file; a question that it has none for is unanswered."""

    def __init__(self, predictions: Mapping[str, str]) -> None:
        self._predictions = predictions

    def __call__(self, question: Question, database: str) -> Prediction:
        return Prediction(self._predictions.get(question.id) or None)

    def stop(self) -> None:
        pass


class Asked:
    """What the assembled task answers, each question in a thread of its own that is deleted afterwards."""

    def __init__(self, app: Cairn, task: str, patch: Mapping[str, Any], model: Any = None) -> None:
        self._app = app
        self._task = task
        self._patch = patch
        self._model = model
        self._running: set[str] = set()
        self._stopping = False
        self._lock = threading.Lock()

    def patch_for(self, database: str) -> dict[str, Any]:
        """The task's patch for a question to this database."""
        return merged(self._patch, {"sql": {"database": database}})

    def __call__(self, question: Question, database: str) -> Prediction:
        try:
            handle = self._app.start(
                question.question, task=self._task, patch=self.patch_for(database), model=self._model
            )
        except (ModelRefused, SettingsError, TaskError, TemplateError):
            raise
        except CairnError as error:
            return Prediction(None, error.kind, str(error))
        with self._lock:
            self._running.add(handle.run)
            stopping = self._stopping
        if stopping:  # it began while all others were being stopped
            self._app.stop(handle.run)
        try:
            return _prediction(list(self._app.follow(handle.run)))
        finally:
            with self._lock:
                self._running.discard(handle.run)
            with suppress(CairnError):
                self._app.threads.delete(handle.thread)

    def stop(self) -> None:
        with self._lock:
            self._stopping = True
            running = list(self._running)
        for run in running:
            self._app.stop(run)


def _prediction(events: list[Event]) -> Prediction:
    answer, last = fold(events), events[-1]
    if last.type == "failed":
        if last.data["kind"] == "ModelRefused":
            raise ModelRefused(last.data["message"], last.data["hint"])
        return Prediction(None, last.data["kind"], answer.error, None, answer.usage, answer.seconds)
    return Prediction(query_of(answer), None, None, answer.answer, answer.usage, answer.seconds)


def query_of(answer: Answer) -> str | None:
    """The SQL that an answer stands on: the last that is no lookup, else the last that was tried."""
    if run := [table.sql for table in answer.tables if table.sql and not table.lookup]:
        return run[-1]
    tried = [step.arguments.get("query") for step in answer.steps if step.tool == "query_database"]
    return next((sql for sql in reversed(tried) if isinstance(sql, str) and sql.strip()), None)
