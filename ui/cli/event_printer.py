"""A run's events as text in a terminal: the answer on standard output, everything about it on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from cairn.core.answer import AnswerTable, mark_lookups, statement_counts
from cairn.core.clean_text import clean, plain
from cairn.core.events import Event, ThoughtNode
from cairn.ui import thought_tree
from cairn.ui.cli.terminal import note, shown

_SHOWN_ROWS = 20
_SHOWN_QUOTE = 400
_MARKS = {"waiting": "○", "running": "◔", "done": "●", "failed": "✕"}


class Printer:
    """In a terminal thoughts, dim, and tokens are shown as they come; into a pipe goes the finished answer."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._said = ""
        self._thought = ""
        self._plan: dict[str, tuple[str, Any]] = {}
        self._tree: list[ThoughtNode] = []
        self._sources: list[dict[str, Any]] = []
        self._tables: list[AnswerTable] = []
        self._charts = 0
        self._question = ""
        self._statements: list[Any] = []
        self._model = ""
        self._answer = ""

    def show(self, event: Event) -> None:
        if handler := getattr(self, f"on_{event.type}", None):
            handler(event.data)

    def on_started(self, data: dict[str, Any]) -> None:
        self._model, self._question = data["model"], data["question"]

    def on_thought(self, data: dict[str, Any]) -> None:
        if not self._live:
            return
        if data.get("replaces"):
            self._end_line()
            _note("· What was written so far was a thought.")
        elif sys.stderr.isatty():
            sys.stderr.write(_dim(data["text"]))
            sys.stderr.flush()
            self._thought = data["text"]

    def on_token(self, data: dict[str, Any]) -> None:
        if self._live:
            self._end_thought()
            sys.stdout.write(shown(data["text"], sys.stdout))
            sys.stdout.flush()
        self._said += data["text"]

    def on_tool_started(self, data: dict[str, Any]) -> None:
        self._end_line()
        _note(f"{_indent(data)}· {called(data['tool'], data['arguments'])}")

    def on_tool_finished(self, data: dict[str, Any]) -> None:
        if data["error"]:
            _note(f"  {_short(data['error'])}")

    def on_plan(self, data: dict[str, Any]) -> None:
        """What is new in it. Steps that call tools are told by their calls as well, a to-do list only here.

        That of a task which was asked on the way is not told: its calls are."""
        if "within" in data:
            return
        calls = any(step.get("tool") for step in data["steps"])
        for step in data["steps"]:
            told = (step["text"], step["state"] == "failed" if calls else step["state"])
            if (step.get("tool") or not calls) and self._plan.get(step["id"]) != told:
                self._plan[step["id"]] = told
                self._end_line()
                _note(f"{_MARKS[step['state']]} {step['id']}. {_short(step['text'])}")
                if reason := step.get("reason"):
                    _note(f"  {_short(reason)}")

    def on_tree(self, data: dict[str, Any]) -> None:
        self._tree = data["nodes"]

    def on_notice(self, data: dict[str, Any]) -> None:
        self._end_line()
        _note(f"· {data['text']}")

    def on_stage(self, data: dict[str, Any]) -> None:
        """Of several tries, of which nothing else is told before one stands."""
        if data["name"] == "try":
            self._end_line()
            _note(f"{_indent(data)}· try {data['detail']}")

    def on_approval(self, data: dict[str, Any]) -> None:
        self._end_line()  # so that what asks for the decision begins on a line of its own
        if data["state"] != "needed":
            _note(f"· {data['tool']}: {data['state']}")

    def on_sources(self, data: dict[str, Any]) -> None:
        self._sources.extend(data["sources"])

    def on_checked(self, data: dict[str, Any]) -> None:
        self._statements = data["statements"]

    def on_table(self, data: dict[str, Any]) -> None:
        self._tables.append(AnswerTable(columns=data["columns"], rows=data["rows"], sql=data["sql"]))

    def on_chart(self, data: dict[str, Any]) -> None:
        self._charts += 1

    def on_finished(self, data: dict[str, Any]) -> None:
        answer = self._answer = data["answer"]
        self._show_tree()
        if not (self._live and self._said.strip() == answer.strip()):
            self._end_line()
            sys.stdout.write(shown(answer, sys.stdout) + "\n")
        else:
            self._end_line()
        mark_lookups(self._tables, self._question, answer)
        for table in self._tables:
            if not table.lookup:
                self._show_table(table, "| ---" in answer)
        if self._charts:
            note("The chart is drawn in `cairn web`, under this conversation; `--json` has it as Vega-Lite.")
        self._show_sources(answer)
        self._show_end(data)

    def on_failed(self, data: dict[str, Any]) -> None:
        self._show_tree()
        self._end_line()
        note(f"cairn: {data['message']}")
        if data["hint"]:
            note(f"  {data['hint']}")

    def _show_tree(self) -> None:
        """Once it is whole, since each depth stands below the one before it."""
        if self._tree:
            self._end_line()
            _note(thought_tree.lines(self._tree))
        self._tree = []

    def _show_table(self, table: AnswerTable, in_answer: bool) -> None:
        """With its SQL; a single value, and a table that the answer holds, are not drawn again."""
        if table.sql and table.sql not in self._answer:
            _note(table.sql)
        if in_answer or (len(table.rows) <= 1 and len(table.columns) <= 1):
            return
        _draw(table.columns, table.rows[:_SHOWN_ROWS])
        if (more := len(table.rows) - _SHOWN_ROWS) > 0:
            _note(f"… and {more} more rows (--json has them all)")

    def _show_sources(self, answer: str) -> None:
        """Those that the answer cites, with what they say; if it cites none, just where it looked."""
        cited = [n for n in range(1, len(self._sources) + 1) if f"[{n}]" in answer]
        if self._sources and not cited:
            _note("It looked at:")
        for number in cited or range(1, len(self._sources) + 1):
            source = self._sources[number - 1]
            place = " > ".join(filter(None, [source["title"], source["heading"]]))
            page = f", page {source['page']}" if source["page"] else ""
            note(f"[{number}] {place}{page} ({source['source']})")
            if cited:
                _note(f"    {_short(source['quote'], _SHOWN_QUOTE)}")
            for notice in source.get("notices", ()):
                _note(f"    not read whole: {_short(notice)}")

    def _show_end(self, data: dict[str, Any]) -> None:
        for statement in self._statements:
            if statement["state"] in ("differs", "unsupported"):
                _note(f"{statement['state']}: {_short(statement['text'])} ({statement['reason']})")
        for counted in statement_counts(self._statements):
            _note(f"{counted[0].upper()}{counted[1:]}.")
        if data["stopped_by"]:
            _note(f"Stopped by {data['stopped_by']}: this is what there was until then.")
        if self._model == "builtin":
            _note(
                "Answered by the builtin model: it calls tools and quotes, and writes nothing of its own. "
                "`cairn doctor` tells how to set up a real one."
            )

    def _end_thought(self) -> None:
        if self._thought and not self._thought.endswith("\n"):
            sys.stderr.write("\n")
            sys.stderr.flush()
        self._thought = ""

    def _end_line(self) -> None:
        self._end_thought()
        if self._live and self._said and not self._said.endswith("\n"):
            sys.stdout.write("\n")
            sys.stdout.flush()
        self._said = ""


def _indent(data: Mapping[str, Any]) -> str:
    """Below the call that asked the task which told this."""
    return "  " * len(list(filter(None, data.get("within", "").split("/"))))


def called(tool: str, arguments: Mapping[str, Any]) -> str:
    """A call on one line."""
    return f"{tool}({', '.join(f'{name}={_short(value)}' for name, value in arguments.items())})"


def _note(text: str) -> None:
    """Less important: dim in a terminal."""
    sys.stderr.write(f"{_dim(text)}\n")


def _dim(text: str) -> str:
    dim = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    return f"\033[2m{shown(text, sys.stderr)}\033[0m" if dim else shown(text, sys.stderr)


def _draw(columns: list[str], rows: list[list[Any]]) -> None:
    from rich.console import Console  # costs as much as all else here
    from rich.markup import escape
    from rich.table import Table

    table = Table(*(escape(shown(str(column), sys.stderr)) for column in columns))
    for row in rows:
        table.add_row(*("NULL" if value is None else escape(shown(plain(value), sys.stderr)) for value in row))
    Console(stderr=True, highlight=False, soft_wrap=True).print(table)


def _short(value: Any, limit: int = 120) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(clean(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
