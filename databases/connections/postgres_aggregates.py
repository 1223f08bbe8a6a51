"""Aggregates that keep every value they are given: PostgreSQL bounds neither their memory nor their time.

`work_mem` does not count what they hold, and a cancel waits while a value of a gigabyte is copied. So a query with one
is planned first, and refused where the plan expects too much in one value.
"""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

GATHERING = frozenset(
    {
        *("string_agg", "array_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "range_agg"),
        "array",
    }
)
MOST_ROWS = 10_000
MOST_BYTES = 64_000_000
_NAMES = "|".join(sorted(GATHERING))
_ARRAY = re.compile(r"\barray\s*\(", re.IGNORECASE)
_CALL = re.compile(rf"\b(?:{_NAMES})\s*\(", re.IGNORECASE)


def gathers(sql: str) -> bool:
    return _CALL.search(sql) is not None


def too_much(plan: str, sql: str) -> str | None:
    """Of `EXPLAIN (FORMAT JSON, VERBOSE)` of `sql`: what the query would gather, where that is too much."""
    arrays = _ARRAY.search(sql) is not None
    for node in _nodes(json.loads(plan)[0]["Plan"]):
        rows, size = _gathered(node, arrays)
        if rows > MOST_ROWS:
            return f"it would gather about {rows:,.0f} rows in one value"
        if size > MOST_BYTES:
            return f"it would gather about {size / 1_000_000:,.0f} MB"
    return None


def _gathered(node: dict[str, Any], arrays: bool) -> tuple[float, float]:
    """The rows that end in one value of this node, and the bytes in all its values, as far as the planner knows.

    `arrays`: a subquery of it may be one that an array is made of.
    """
    if arrays and node.get("Parent Relationship") in ("InitPlan", "SubPlan") and "CTE" not in node["Subplan Name"]:
        return node["Plan Rows"], node["Plan Rows"] * node["Plan Width"]
    if node["Node Type"] not in ("Aggregate", "WindowAgg") or not any(map(gathers, node.get("Output", []))):
        return 0, 0
    groups = max(node["Plan Rows"], 1) if node["Node Type"] == "Aggregate" else 1
    below = [plan for plan in node.get("Plans", []) if plan["Parent Relationship"] == "Outer"]
    rows = max((plan["Plan Rows"] for plan in below), default=0)
    return rows / groups, max((plan["Plan Rows"] * plan["Plan Width"] for plan in below), default=0)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)
