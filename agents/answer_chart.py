"""The chart of a query's rows, where the question asks for one."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from cairn.agents.chart_words import ChartWish
from cairn.core.answer import AnswerTable, mark_lookups
from cairn.core.chart_spec import MOST, chart_of
from cairn.core.clean_text import has_cjk
from cairn.core.events import Event, also_listening, emit

NOTHING_TO_DRAW = (
    "There is no chart: the result has no column of numbers beside another column.",
    "没有图表：结果中除其他列外没有数值列。",
)


@contextmanager
def tables_told(earlier: Sequence[Event] = ()) -> Generator[list[AnswerTable]]:
    """The tables that are told inside, after those told before the run was broken off."""
    tables: list[AnswerTable] = []

    def hear(type: str, data: Any) -> None:
        if type == "table":
            tables.append(AnswerTable(columns=data["columns"], rows=data["rows"], sql=data["sql"]))

    for event in earlier:
        hear(event.type, event.data)
    with also_listening(hear):
        yield tables


def tell_chart(wish: ChartWish, tables: Sequence[AnswerTable], text: str) -> None:
    """Of the last table with rows that the answer rests on, told as a `chart` event; else why there is none."""
    mark_lookups(tables, wish.question, text)
    drawn = [table for table in tables if table.rows and not table.lookup]
    if not drawn:
        return
    chinese, table = has_cjk(wish.question), drawn[-1]
    if (spec := chart_of(table.columns, table.rows, wish.mark)) is None:
        emit("notice", {"text": NOTHING_TO_DRAW[chinese]})
        return
    emit("chart", {"spec": spec.as_json()})
    most, count = MOST[spec.mark], len(table.rows)
    if count > most:
        told = (
            f"图表显示前 {most} 行，共 {count} 行。"
            if chinese
            else f"The chart shows the first {most} of {count} rows."
        )
        emit("notice", {"text": told})
