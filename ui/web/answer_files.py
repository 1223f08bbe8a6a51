"""An answer as something to take along: as Markdown, and its tables as files with all of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from cairn.agents.service import Cairn
from cairn.core.answer import Answer, AnswerTable
from cairn.core.errors import UsageError
from cairn.core.source import document_name
from cairn.databases.connections.database_engine import Limits
from cairn.evals.feedback import database_of
from cairn.ui.web.run_view import view
from cairn.ui.web.table_html import as_csv, as_xlsx

_WHOLE = Limits(rows=200_000, bytes=100_000_000, cell=32_000, seconds=60)
_KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def table_file(home: Cairn, run: str, number: int, form: Literal["csv", "xlsx"]) -> tuple[bytes, str]:
    """A table of an answer, and the file's type; a query whose rows were cut off is run again, for all of them.

    Raises UsageError where there is no such table, DatabaseError and ToolError where the query no longer runs.
    """
    seen = view(home.events(run))
    if not 0 <= number < len(seen.tables):
        raise UsageError(f"The answer has no table {number}.", "Open the conversation anew.")
    table = seen.tables[number]
    columns: Sequence[str] = table["columns"]
    rows: Sequence[Sequence[Any]] = table["rows"]
    if table.get("truncated") and table["sql"]:
        columns, rows = _whole(home, table["sql"], seen.answer)
    return (as_csv if form == "csv" else as_xlsx)(columns, rows), _KINDS[form]


def _whole(home: Cairn, sql: str, answer: Answer) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    if (name := database_of(home.workspace, sql, answer)) is None:
        raise UsageError("It is not known which database these rows are from.", "Ask the question again.")
    found = home.workspace.databases.open(name).query(sql, _WHOLE)
    return found.rows.columns, found.rows.rows


def as_markdown(answer: Answer) -> str:
    """The answer as it was written, its tables where the text has none, and its sources by their numbers."""
    parts = [answer.answer or answer.error or ""]
    if "| ---" not in parts[0]:
        parts += [_table(table) for table in answer.tables if not table.lookup]
    if answer.citations:
        parts.append("\n".join(f"[{one.marker}]: {_name(answer, one.source)}" for one in answer.citations))
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _name(answer: Answer, number: int) -> str:
    source = answer.sources[number]
    page = f", page {source['page']}" if source["page"] else ""
    names = dict.fromkeys(part for part in (source["title"], source["heading"]) if part)
    return (" › ".join(names) or document_name(source["source"])) + page


def _table(table: AnswerTable) -> str:
    lines = [table.columns, ["---"] * len(table.columns), *table.rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(value: Any) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
