"""The tools as they were bound: which of them the builtin model knows how to use, and what the others want."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.builtin.sql import Table, read_overview

KNOWN = frozenset(
    ["calculator", "search", "query_database", "describe_tables", "list_tables", "remember", "recall", "forget"]
)


@dataclass(frozen=True)
class Toolbox:
    """`names` of the known tools; `form` is a tool of typed fields that is to be filled in from the text."""

    names: frozenset[str] = frozenset()
    tables: tuple[Table, ...] = ()
    form: Mapping[str, Any] | None = None
    forced: bool = False
    several_databases: bool = field(default=False)


def read_tools(tools: Sequence[Mapping[str, Any]], tool_choice: Any = None) -> Toolbox:
    """From OpenAI-style schemas; `tool_choice` as LangChain passes it."""
    functions = [tool["function"] for tool in tools if isinstance(tool.get("function"), Mapping)]
    by_name = {str(function.get("name")): function for function in functions}
    names = frozenset(by_name) & KNOWN
    query = by_name.get("query_database")
    tables = tuple(read_overview(str(query.get("description") or ""))) if query else ()
    forced = _forced(tool_choice)
    unknown = [function for name, function in by_name.items() if name not in KNOWN]
    wanted = by_name.get(forced) if forced and forced not in KNOWN else None
    form = wanted or (unknown[0] if unknown and not names else None)
    databases = {table.database for table in tables}
    return Toolbox(names, tables, form, bool(form and tool_choice not in (None, "auto", "none")), len(databases) > 1)


def _forced(tool_choice: Any) -> str | None:
    if isinstance(tool_choice, Mapping):
        function = tool_choice.get("function")
        return str(function.get("name")) if isinstance(function, Mapping) else None
    return tool_choice if isinstance(tool_choice, str) else None
