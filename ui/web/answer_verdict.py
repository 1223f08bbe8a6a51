"""What a reader says of an answer: kept by `FeedbackStore`, from which sets are made. A good query is an example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.errors import UsageError
from cairn.core.strategy import Example
from cairn.databases.connections.database_engine import Limits
from cairn.evals.feedback import database_of, forget, is_learned, learn, pair_of
from cairn.memory.feedback_store import FeedbackStore
from cairn.ui.web.run_view import view


@dataclass(frozen=True, slots=True)
class Right:
    """What would have been right, as far as it was said; `source` is the number of one of the answer's passages."""

    answer: str = ""
    sql: str = ""
    source: int | None = None


_NOTHING_SAID = Right()


def give(
    home: Cairn, run: str, verdict: Literal["good", "bad"] | None, reason: str = "", right: Right = _NOTHING_SAID
) -> str | None:
    """Say it, in the place of what was said before; None takes that back.

    Returns:
        The task whose example the answer's query became, by a good verdict on an answer with one query.

    Raises:
        UsageError: There is no such run.
        ToolError: What is said to be the right query does not run; nothing is kept then, as in all cases.
    """
    store = FeedbackStore(home.workspace.database, home.settings.user)
    seen = view(home.events(run))
    pair = pair_of(home.workspace, seen.question, seen.answer) if seen.answer.tables else None
    learned = None
    if verdict == "good" and pair is not None:
        learned = learn(home.workspace, pair["input"], pair["output"], pair.get("database", ""), seen.answer.task)
    corrected = _correction(home, seen.answer, pair, right)
    if verdict is None:
        store.take_back(run)
    else:
        store.give(run, verdict, reason or None, corrected or None)
    if verdict != "good" and pair is not None and is_learned(home.workspace, pair, seen.answer.task):
        forget(home.workspace, pair["input"], pair.get("database", ""), seen.answer.task)
    return learned


def _correction(home: Cairn, answer: Answer, pair: Example | None, right: Right) -> dict[str, str]:
    """A query is held against the guard and run once; the one that the answer rested on is no correction."""
    made: dict[str, str] = {"answer": right.answer} if right.answer else {}
    if right.sql and right.sql not in [table.sql for table in answer.tables]:
        database = (pair or {}).get("database") or database_of(home.workspace, right.sql, answer)
        if not database:
            raise UsageError("It is not known which database that query is for.", "Leave it out.")
        home.workspace.databases.open(database).query(right.sql, Limits(rows=1))
        made |= {"sql": right.sql, "database": database}
    if right.source is not None and right.source <= len(answer.sources):
        source = answer.sources[right.source - 1]
        made |= {"source": source["source"], "quote": source["quote"]}
    return made
