"""A run's events as text in a terminal: the answer on standard output, everything about it on standard error."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cairn.events import Event
from cairn.text import clean

_SHOWN_ROWS = 20
_SHOWN_QUOTE = 400


class Printer:
    """In a terminal the tokens are shown as they come; into a pipe goes the finished answer."""

    def __init__(self) -> None:
        self._out = Console(highlight=False, soft_wrap=True)
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)
        self._live = sys.stdout.isatty()
        self._said = ""
        self._sources: list[dict[str, Any]] = []
        self._tables: list[dict[str, Any]] = []
        self._model = ""

    def show(self, event: Event) -> None:
        if handler := getattr(self, f"on_{event.type}", None):
            handler(event.data)

    def on_started(self, data: dict[str, Any]) -> None:
        self._model = data["model"]

    def on_token(self, data: dict[str, Any]) -> None:
        if self._live:
            self._out.file.write(clean(data["text"]))
            self._out.file.flush()
        self._said += data["text"]

    def on_tool_started(self, data: dict[str, Any]) -> None:
        self._end_line()
        arguments = ", ".join(f"{key}={_short(value)}" for key, value in data["arguments"].items())
        self._note(f"· {data['tool']}({arguments})")

    def on_tool_finished(self, data: dict[str, Any]) -> None:
        if data["error"]:
            self._note(f"  {_short(data['error'])}")

    def on_plan(self, data: dict[str, Any]) -> None:
        self._end_line()
        for step in data["steps"]:
            self._note(f"{step['id']} [{step['state']}] {step['text']}")

    def on_notice(self, data: dict[str, Any]) -> None:
        self._end_line()
        self._note(f"· {data['text']}")

    def on_sources(self, data: dict[str, Any]) -> None:
        self._sources.extend(data["sources"])

    def on_table(self, data: dict[str, Any]) -> None:
        self._tables.append(data)

    def on_finished(self, data: dict[str, Any]) -> None:
        answer = data["answer"]
        if not (self._live and self._said.strip() == answer.strip()):
            self._end_line()
            self._out.print(clean(answer), markup=False)
        else:
            self._end_line()
        for table in self._tables:
            self._show_table(table, "| ---" in answer)
        self._show_sources(answer)
        self._show_end(data)

    def on_failed(self, data: dict[str, Any]) -> None:
        self._end_line()
        self._err.print(f"cairn: {data['message']}", markup=False)
        if data["hint"]:
            self._err.print(f"  {data['hint']}", markup=False)

    def _show_table(self, table: dict[str, Any], in_answer: bool) -> None:
        """With its SQL; a single value, and a table that the answer holds, are not drawn again."""
        if table["sql"]:
            self._note(table["sql"])
        if in_answer or (len(table["rows"]) <= 1 and len(table["columns"]) <= 1):
            return
        drawn = Table(*(escape(str(column)) for column in table["columns"]))
        for row in table["rows"][:_SHOWN_ROWS]:
            drawn.add_row(*("NULL" if value is None else escape(clean(str(value))) for value in row))
        self._err.print(drawn)
        if (more := len(table["rows"]) - _SHOWN_ROWS) > 0:
            self._note(f"… and {more} more rows (--json has them all)")

    def _show_sources(self, answer: str) -> None:
        """Those that the answer cites; all of them if it cites none."""
        cited = [n for n in range(1, len(self._sources) + 1) if f"[{n}]" in answer]
        for number in cited or range(1, len(self._sources) + 1):
            source = self._sources[number - 1]
            place = " > ".join(filter(None, [source["title"], source["heading"]]))
            page = f", page {source['page']}" if source["page"] else ""
            self._err.print(f"[{number}] {place}{page} ({source['source']})", markup=False, style="bold")
            self._note(f"    {_short(source['quote'], _SHOWN_QUOTE)}")

    def _show_end(self, data: dict[str, Any]) -> None:
        if data["stopped_by"]:
            self._note(f"Stopped by {data['stopped_by']}: this is what there was until then.")
        if self._model == "builtin":
            self._note(
                "Answered by the builtin model: it calls tools and quotes, and writes nothing of its own. "
                "`cairn doctor` tells how to set up a real one."
            )

    def _note(self, text: str) -> None:
        self._err.print(clean(text), markup=False, style="dim")

    def _end_line(self) -> None:
        if self._live and self._said and not self._said.endswith("\n"):
            self._out.file.write("\n")
            self._out.file.flush()
        self._said = ""


def _short(value: Any, limit: int = 120) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(clean(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
