"""The `draw_chart` tool: a chart of rows that a query returned, never of numbers that a model wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from langchain_core.tools import StructuredTool
from pydantic import BaseModel, BeforeValidator, Field

from cairn.core.clean_text import clean, has_cjk
from cairn.core.context_values import inside
from cairn.core.errors import ToolError
from cairn.core.events import Table, emit
from cairn.core.strategy import EarlierTable, Turn
from cairn.tools.chart_making import Chart, ChartKind, Wanted, make_chart
from cairn.tools.tool_invocation import MAX_RESULT, READS

NAME = "draw_chart"
QUERY = "query_database"
_BACK = re.compile(r"-\d{1,3}")
_LONGEST_TITLE = 120


def _no_tables() -> Sequence[EarlierTable]:
    return ()


@dataclass
class Results:
    """The tables that a run was told, in their order. `before` reads those of the thread's earlier answers.

    `question`: what was asked, which is the title of a chart that is given none.
    """

    question: str = ""
    before: Callable[[], Sequence[EarlierTable]] = _no_tables
    told: list[Table] = field(default_factory=list[Table])
    running: int = 0

    def hear(self, type: str, data: Any) -> None:
        """An event of the run."""
        if type == "table":
            self.told.append(_own(data))
        elif type == "tool_started" and data["tool"] == QUERY:
            self.running += 1
        elif type == "tool_finished" and data["tool"] == QUERY:
            self.running -= 1

    def find(self, name: str) -> Table | EarlierTable:
        """`-1` is the last one, `-2` the one before it; or the text that a query's call returned. Raises ToolError."""
        far = int(name) if _BACK.fullmatch(name) else -1 if not name else 0
        if far and self.running:
            raise ToolError(
                "A query is still at work.", "Draw its rows after it has returned; in a plan say result=its step, $1."
            )
        earlier = [] if far and -far <= len(self.told) else list(self.before())
        tables = [*earlier, *self.told]
        if far and -far <= len(tables):
            return tables[far]
        if found := next((table for table in reversed(tables) if name and _reads(table, name)), None):
            return found
        raise ToolError(f"There is no such result{_listed(tables)}", f"Call {QUERY} first, then {NAME}.")


def _own(data: Any) -> Table:
    """As a table of this run, where a task that it asked told it."""
    return Table(**{key: value for key, value in data.items() if key != "within"})


def _reads(table: Table, text: str) -> bool:
    """Whether this is what a query's call returned of the table; it leaves off at `MAX_RESULT`."""
    from cairn.databases.connections.database_engine import Rows
    from cairn.tools.rows_as_text import write_rows

    written = clean(write_rows(Rows(table["columns"], table["rows"], table.get("truncated", False)))).strip()
    return written == text.strip() or (len(written) > MAX_RESULT and text[:MAX_RESULT] == written[:MAX_RESULT])


def _listed(tables: Sequence[Table]) -> str:
    shown = [f"{n - len(tables)} ({', '.join(table['columns'])[:200]})" for n, table in enumerate(tables)]
    return f". There are: {'; '.join(shown[-5:])}." if shown else ": no query was run."


_results: ContextVar[Results | None] = ContextVar("cairn_results", default=None)


def drawing_from(results: Results) -> AbstractContextManager[None]:
    """What is drawn inside is drawn from these."""
    return inside(_results, results)


def results_of(turn: Turn) -> Results:
    """Those that a run was told before it was broken off, behind those of its thread."""
    told = [_own(event.data) for event in turn.earlier if event.type == "table"]
    return Results(turn.question, turn.tables or _no_tables, told)


def _as_text(value: Any) -> Any:
    return "" if value is None else str(value) if isinstance(value, int) else value


_Text = Annotated[str, BeforeValidator(_as_text)]


class _DrawChart(BaseModel):
    kind: Annotated[Literal["", "bar", "stacked", "line", "pie", "scatter"], BeforeValidator(_as_text)] = ""
    x: _Text = Field(default="", description="Column along the chart, or a pie's pieces.")
    y: _Text = Field(default="", description="Column of numbers.")
    series: _Text = Field(default="", description="Column that colours.")
    title: _Text = ""
    result: _Text = Field(default="-1", description="-1: the last query, -2: the one before; in a plan its step, $1.")


def chart_tool() -> StructuredTool:
    """`draw_chart`, for strategies that say by `drawing_from` what there is to draw."""
    return StructuredTool.from_function(
        _draw,
        name=NAME,
        args_schema=_DrawChart,
        response_format="content_and_artifact",
        metadata=READS,
        description=(
            "Show the user a chart (bar, stacked, line, pie, scatter) of a query's rows, also of an earlier answer's. "
            "Only if a chart is asked for. Columns left out are chosen."
        ),
    )


def _draw(
    kind: ChartKind | Literal[""] = "",
    x: str = "",
    y: str = "",
    series: str = "",
    title: str = "",
    result: str = "-1",
) -> tuple[str, dict[str, Any]]:
    results = _results.get() or Results()
    table = results.find(result)
    columns, rows = [str(name) for name in table["columns"]], table["rows"]
    if not rows:
        raise ToolError("The query found no rows: there is nothing to draw.", "Say so.")
    title = " ".join(clean(title or str(table.get("title", results.question))).split())[:_LONGEST_TITLE]
    chinese = has_cjk(results.question)
    chart = make_chart(columns, rows, Wanted(kind or None, x, y, series, title or None, chinese))
    if not any(table is one for one in results.told):
        emit("table", {key: value for key, value in table.items() if key != "title"})
    spec = chart.spec.as_json()
    emit("chart", {"spec": spec})
    if left := _left_out(chart, len(rows), bool(table.get("truncated")), chinese):
        emit("notice", {"text": left})
    return _said(chart, len(rows)), spec


def _said(chart: Chart, count: int) -> str:
    whole = chart.drawn == count or chart.rest
    some = f"{count:,} row{'' if count == 1 else 's'}" if whole else f"the first {chart.drawn:,} of {count:,} rows"
    return f"Drawn: {chart.kind}, {some}. The user sees the chart and its table: don't write its rows again."


def _left_out(chart: Chart, count: int, cut: bool, chinese: bool) -> str:
    """What of the table the chart does not show, in a sentence; empty where it shows all of it."""
    of = f"{count:,}{'+' if cut else ''}"
    if chart.rest:
        others = count - chart.drawn
        if chinese:
            return f"饼图单独显示最大的 {chart.drawn} 项，其余 {others:,} 项合为一项。"
        return f"The pie shows the {chart.drawn} largest of {of} by themselves, and the other {others:,} as one."
    if chart.drawn == count and not cut:
        return ""
    return (
        f"图表显示前 {chart.drawn:,} 行，共 {of} 行。"
        if chinese
        else f"The chart shows the first {chart.drawn:,} of {of} rows."
    )
