"""Whether the query that an answer rests on gives the gold query's result; see `execution_accuracy.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.language_models import BaseChatModel

from cairn.chains.text_to_sql.sql_strategy import NO_QUERY_RUN
from cairn.core.answer import Answer, rests_on
from cairn.databases.connections.database_engine import Rows
from cairn.evals.cases import Case
from cairn.evals.metrics import Score
from cairn.evals.metrics.declining import is_declined, no_answer_sentences
from cairn.evals.metrics.execution_accuracy import APART, Execution, Judgement, Way

if TYPE_CHECKING:
    from cairn.agents.workspace import Workspace

NO_QUERY = "no query"


class ExecutionAccuracy:
    """As people mean it. `kind` of what is not right: another result's difference, why a query fails, `no query`."""

    way: Way = "meant"

    def __init__(self, home: Workspace, judge: BaseChatModel | None) -> None:
        self._prompts = home.prompts
        self._execution = Execution(home.databases.open, self.way)

    def __call__(self, case: Case, answer: Answer) -> Score:
        if not case.database:
            return Score(None, "no database is named", "unjudged")
        declined = is_declined(answer, no_answer_sentences(self._prompts, answer))
        judged = self._execution.judge(case.database, case.query or "", query_of(answer, case.question, declined))
        return _score(judged)


class SpiderAccuracy(ExecutionAccuracy):
    """As Spider's official evaluator defines it."""

    way = "spider"


class StrictAccuracy(ExecutionAccuracy):
    """Columns in the gold's order, values of its types."""

    way = "strict"


def query_of(answer: Answer, question: str, declined: bool = False) -> str | None:
    """The query that an answer rests on, None where it rests on none.

    Strategy `sql` answers by its last query, one that failed included. An agent's answer rests on the last query of
    which it says a value or the number of rows, or whose result is empty; what it looked at on the way is none.
    """
    if answer.strategy in (None, "sql"):
        if (answer.answer or "").startswith(NO_QUERY_RUN):
            return None
        run = [table.sql for table in answer.tables if table.sql]
        return run[-1] if run else _failed(answer)
    if declined:
        return None
    run = [table for table in answer.tables if table.sql and not table.lookup]
    resting = [table.sql for table in run if not table.rows or rests_on(table, question, answer.answer or "")]
    return resting[-1] if resting else None


def _failed(answer: Answer) -> str | None:
    """The last query that was tried and gave an error."""
    tried = [step.arguments.get("query") for step in answer.steps if step.tool == "query_database"]
    return next((sql for sql in reversed(tried) if isinstance(sql, str) and sql.strip()), None)


def _score(judged: Judgement) -> Score:
    if judged.verdict in APART:
        return Score(None, (judged.error or "").strip(), judged.verdict)
    if judged.verdict == "right":
        return Score(1.0, "", judged.kind)
    if judged.verdict == "failed":
        return Score(0.0, f"the query does not run: {judged.error}", judged.kind)
    if judged.predicted is None or judged.gold is None:
        return Score(0.0, "no query was run", NO_QUERY)
    return Score(0.0, f"{_shown(judged.predicted)}, not {_shown(judged.gold)}", judged.kind)


def _shown(rows: Rows) -> str:
    """A result in a few words: its value, or its size."""
    if not rows.rows:
        return "no row"
    if len(rows.rows) == 1:
        return ", ".join(str(value)[:60] for value in rows.rows[0][:5])
    more = "more than " if rows.truncated else ""
    return f"{more}{len(rows.rows)} rows of {', '.join(rows.columns[:5])}"
