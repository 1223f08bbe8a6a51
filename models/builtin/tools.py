"""The tools as they were bound: which of them the builtin model knows how to use, and what the others want."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.builtin.sql import Table, read_overview

KNOWN = frozenset(
    ["calculator", "search", "query_database", "describe_tables", "list_tables", "remember", "recall", "forget"]
)


@dataclass(frozen=True)
class Toolbox:
    """`names` of the known tools; `form` is a tool of typed fields that is to be filled in from the text.

    `hints`: `describe_tables` takes the question and tells which values of it stand where.
    """

    names: frozenset[str] = frozenset()
    tables: tuple[Table, ...] = ()
    form: Mapping[str, Any] | None = None
    forced: bool = False
    hints: bool = False


def read_tools(tools: Sequence[Mapping[str, Any]], tool_choice: Any = None) -> Toolbox:
    """From OpenAI-style schemas; `tool_choice` as LangChain passes it."""
    functions = [tool["function"] for tool in tools if isinstance(tool.get("function"), Mapping)]
    by_name: dict[str, Mapping[str, Any]] = {str(function.get("name")): function for function in functions}
    names = frozenset(by_name) & KNOWN
    tables = read_overview(str(by_name.get("query_database", {}).get("description") or ""))
    wanted = tool_choice.get("function", {}).get("name") if isinstance(tool_choice, Mapping) else tool_choice
    unknown = {name: function for name, function in by_name.items() if name not in KNOWN}
    form = unknown.get(str(wanted)) or (next(iter(unknown.values()), None) if not names else None)
    hints = "question" in str(by_name.get("describe_tables", {}).get("parameters"))
    return Toolbox(names, tuple(tables), form, bool(form and tool_choice not in (None, "auto", "none")), hints)
