"""The roles of a plan: who writes its steps, who reads one value off a text, who answers from the results.

They are known by the form of what `prompts/steps` and `agents/plan` write: the list of tools, and the heads of results.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage

from cairn.core.clean_text import clean
from cairn.models.builtin.builtin_phrases import short
from cairn.models.builtin.builtin_sql import counting, write_query
from cairn.models.builtin.chart_requests import DRAW, answer_or_draw, read_chart_wish
from cairn.models.builtin.prompt_conversation import Call, Conversation, Result, Toolbox, outdented
from cairn.models.builtin.question_part import MAX_QUERY
from cairn.models.builtin.shown_schema import read_schema

_TOOL = re.compile(r"^- (\w+)\(.*\)$", re.M)
_TABLES = re.compile(r"^- query_database\(.*\)\n((?:  .*\n|\n)*)", re.M)
_RESULT = re.compile(r"^\$(\w+) = (\w+\(.*\))\n((?:  .*\n?)*)", re.M)
_STATE = re.compile(r"^\$\S+: (?:done|failed|waiting|not run)", re.M)
_NO_STEPS = "(no step was taken)"
_FAILED = ("Error:", "Not run:", "Not called:", "Not finished:")
_TEXT = re.compile(r"\AText:\n(.*)\nQuestion: ([^\n]*)\Z", re.S)


def answer_plan(messages: Sequence[BaseMessage]) -> str | None:
    """What a planner, a joiner or a reader of values says; None for every other prompt."""
    asked = [clean(m.text) for m in messages if isinstance(m, HumanMessage) and not m.additional_kwargs.get("example")]
    system = "\n\n".join(clean(message.text) for message in messages if message.type == "system")
    last = asked[-1] if asked else ""
    if "value alone" in system and (match := _TEXT.match(last)):
        return write_query(match[2], read_schema(outdented(match[1]))).sql or "unknown"
    names = frozenset(_TOOL.findall(system))
    if not names or "join()" not in system:
        return None
    if _STATE.search(last):
        return "join()"
    results = tuple(_results(last))
    joins = bool(results) or _NO_STEPS in last
    question = (asked[-2] if joins and len(asked) > 1 else last).strip()
    shown = _TABLES.search(f"{system}\n")
    box = Toolbox(names, lambda: outdented(shown[1]) if shown else "")
    calls, text = answer_or_draw(Conversation(question, last, results=results), box)
    return text if joins else "\n".join([*_steps(calls, question, box), "join()"])


def _steps(calls: Sequence[Call], question: str, box: Toolbox) -> list[str]:
    """The lines of a plan: the first calls, and behind the look at tables the query that is read off them."""
    kind = read_chart_wish(question)[0] if DRAW in box.names else None
    lines: list[str] = []

    def step(name: str, **arguments: Any) -> str:
        written = ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in arguments.items())
        lines.append(f"{len(lines) + 1}. {name}({written})")
        return f"${len(lines)}"

    for call in calls:
        made = step(call.name, **call.arguments)
        if call.name == "describe_tables":
            part = call.arguments["question"]
            where = {key: value for key, value in call.arguments.items() if key == "database"}
            asked = part if kind is None else counting(part, box.tables)
            rows = step("query_database", query=step("read", question=asked, text=made), **where)
            if kind is not None:
                step(DRAW, kind=kind, title=part, result=rows)
            elif "search" in box.names:
                step("search", query=short(part, MAX_QUERY))
    return lines


def _results(said: str) -> Iterator[Result]:
    """The results in a joiner's prompt, as if the calls had been made one after the other."""
    texts: dict[str, str] = {}
    for number, call, indented in _RESULT.findall(said):
        text = texts[f"${number}"] = outdented(indented)
        arguments = {name: texts.get(str(value), value) for name, value in _arguments(call).items()}
        yield Result(call.partition("(")[0], arguments, number, text.removeprefix("Error: "), text.startswith(_FAILED))


def _arguments(call: str) -> dict[str, Any]:
    try:
        keywords = ast.parse(call, mode="eval").body.keywords  # type: ignore[attr-defined]
        found = {word.arg: ast.literal_eval(word.value) for word in keywords}
    except (SyntaxError, ValueError, AttributeError):
        return {}
    return {name: value.replace("\\$", "$") if isinstance(value, str) else value for name, value in found.items()}
