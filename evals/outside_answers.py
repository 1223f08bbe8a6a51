"""Answers that do not come from a task here: of an application that people have already, asked as a model at an
OpenAI-compatible address; or recorded in a file, queries or texts by the id of their question."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from cairn.core.clean_text import clean
from cairn.core.errors import UsageError
from cairn.core.settings import Settings
from cairn.evals.evaluation_request import Wanted
from cairn.evals.set_formats import Row, read_rows, read_text
from cairn.models.model_registry import make_chat_model

KEY = "CAIRN_TARGET_KEY"
"""The environment variable with the application's key."""
TASK = "application"
NOT_TOLD = frozenset({"query", "tool_calls"})
"""Golds that its answers say nothing of: which query it ran, which tools it called."""


def of_target(wanted: Wanted, settings: Settings) -> Wanted:
    """The same, asked of `wanted.target`. Each answer is asked for: an application is another one tomorrow.

    Raises UsageError, SettingsError.
    """
    if wanted.model or wanted.predictions:
        raise UsageError(
            "A target answers by itself.", "Leave --model and --predictions out; --target-model names one."
        )
    key = os.environ.get(KEY)
    at = settings.model_copy(
        update={"base_url": wanted.target, "api_key": SecretStr(key) if key else None, "model": "auto"}
    )
    at.keep_secrets()
    model = make_chat_model(f"openai:{wanted.target_model}" if wanted.target_model else "auto", at)
    return replace(wanted, task=wanted.task or TASK, model=model, fresh=True)


_ID = ("id", "question_id")
_PREDICTION = ("query", "sql", "SQL", "prediction", "predicted", "answer")


def read_predictions(path: Path) -> dict[str, str]:
    """Recorded answers by question id: as question sets, or `.sql` and `.txt` with one on each line, numbered from 1.

    Raises UsageError.
    """
    if path.suffix.lower() in (".sql", ".txt"):
        return {str(n): line.partition("\t")[0].strip() for n, line in enumerate(read_text(path).splitlines(), 1)}
    found: dict[str, str] = {}
    for number, row in enumerate(read_rows(path), 1):
        key = _id(row.values, str(number))
        if key in found:
            raise UsageError(f"{row.where}: there is a prediction for {key!r} already.", "One prediction a question.")
        found[key] = _prediction(row)
    return found


def _id(record: Mapping[str, Any], number: str) -> str:
    value = next((record[key] for key in _ID if record.get(key) not in (None, "")), number)
    return clean(str(value))


def _prediction(row: Row) -> str:
    """It may be empty, but not missing."""
    value = next((row.values[key] for key in _PREDICTION if isinstance(row.values.get(key), str)), None)
    if value is None:
        hint = f"Write it under {' or '.join(map(repr, _PREDICTION))}."
        raise UsageError(f"{row.where}: there is no prediction.", hint)
    return clean(value).strip()
