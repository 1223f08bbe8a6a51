"""The roles of a plan: who writes its steps, who reads one value off a text, who answers from the results.

They are known by the form of what `prompts/steps` and `agents.plan` write: the list of tools, and the heads of results.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage

from cairn.text import clean
from models.builtin.conversation import Conversation, Result
from models.builtin.part import MAX_QUERY, answer
from models.builtin.parts import Part, read_parts
from models.builtin.phrases import manners, short
from models.builtin.sql_adapter import Table, asks_records, concerns, read_overview, read_schema, write_query
from models.builtin.tools import Toolbox

_TOOL = re.compile(r"^- (\w+)\(.*\)$", re.M)
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
        return write_query(match[2], read_schema(re.sub(r"^  ", "", match[1], flags=re.M))).sql or "unknown"
    names = frozenset(_TOOL.findall(system))
    if not names or "join()" not in system:
        return None
    further, results = _STATE.search(last) is not None, _RESULT.search(last) is not None or _NO_STEPS in last
    *before, question = asked[:-1] if (further or results) and len(asked) > 1 else asked or [""]
    if further:
        return "join()"
    parts, tables = read_parts(question.strip(), before), _tables(system)
    if not results:
        return "\n".join([*_steps(parts, names, tables, "question?" in system), "join()"])
    talk = Conversation(question, last, results=tuple(_results(last)))
    return answer(talk, Toolbox(names, tuple(tables)), parts)[1]


def _tables(system: str) -> list[Table]:
    """Of the overview in the description of `query_database`."""
    _, _, after = system.partition("\n- query_database(")
    own = re.split(r"^- ", after, maxsplit=1, flags=re.M)[0]
    return read_overview("\n".join(line.strip() for line in own.splitlines()))


def _steps(parts: Sequence[Part], names: frozenset[str], tables: Sequence[Table], hints: bool) -> list[str]:
    """The lines of a plan; each part's steps need none of another's."""
    lines: list[str] = []

    def step(name: str, **arguments: Any) -> str:
        call = (
            f"{name}({', '.join(f'{key}={json.dumps(value, ensure_ascii=False)}' for key, value in arguments.items())})"
        )
        if call not in [line.partition(". ")[2] for line in lines]:
            lines.append(f"{len(lines) + 1}. {call}")
        return f"${[line.partition('. ')[2] for line in lines].index(call) + 1}"

    for part in parts:
        chosen = concerns(part.asked, tables) if {"describe_tables", "read", "query_database"} <= names else []
        if part.expression and "calculator" in names:
            step("calculator", expression=part.expression)
        elif not manners(part.text):
            if chosen and not part.leans and ("search" not in names or asks_records(part.asked, tables)):
                where = {"database": chosen[0].database} if len({one.database for one in tables}) > 1 else {}
                own = [table.name for table in chosen if table.database == chosen[0].database]
                described = step(
                    "describe_tables",
                    tables=own,
                    **({"question": short(part.asked, MAX_QUERY)} if hints else {}),
                    **where,
                )
                step("query_database", query=step("read", question=part.asked, text=described), **where)
            if "search" in names:
                step("search", query=short(part.asked, MAX_QUERY))
    return lines


def _results(said: str) -> Iterator[Result]:
    """The results in a joiner's prompt, as if the calls had been made one after the other."""
    texts: dict[str, str] = {}
    for number, call, indented in _RESULT.findall(said):
        text = texts[f"${number}"] = re.sub(r"^  ", "", indented, flags=re.M).strip("\n")
        arguments = {name: texts.get(str(value), value) for name, value in _arguments(call).items()}
        failed = text.startswith(_FAILED)
        yield Result(call.partition("(")[0], arguments, number, text.removeprefix("Error: "), failed)


def _arguments(call: str) -> dict[str, Any]:
    try:
        keywords = ast.parse(call, mode="eval").body.keywords  # type: ignore[attr-defined]
        found = {word.arg: ast.literal_eval(word.value) for word in keywords}
    except (SyntaxError, ValueError, AttributeError):
        return {}
    return {name: value.replace("\\$", "$") if isinstance(value, str) else value for name, value in found.items()}
