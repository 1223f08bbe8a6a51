"""The tools as they were bound: which of them the builtin model knows how to use, and the tables that they tell of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.builtin.schema import Table, read_schema

KNOWN = frozenset(
    ["calculator", "search", "query_database", "describe_tables", "list_tables", "remember", "recall", "forget"]
)


@dataclass(frozen=True)
class Toolbox:
    """`names` of the known tools, and the tables in the description of `query_database`."""

    names: frozenset[str] = frozenset()
    tables: tuple[Table, ...] = ()


def read_tools(tools: Sequence[Mapping[str, Any]]) -> Toolbox:
    """From OpenAI-style schemas."""
    functions = [tool["function"] for tool in tools if isinstance(tool.get("function"), Mapping)]
    by_name = {str(function.get("name")): str(function.get("description") or "") for function in functions}
    return Toolbox(frozenset(by_name) & KNOWN, tuple(read_schema(by_name.get("query_database", ""))))
