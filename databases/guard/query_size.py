"""What a small query may make of itself in the database: long texts, and expressions written out over and over.

Ten times `x` of a subquery, ten times of the next, seven deep, are ten million expressions for PostgreSQL's planner,
which puts each derived column's expression in the place of its name, neither bounds their memory nor hears a cancel
meanwhile.
"""

from __future__ import annotations

import re
from collections import Counter

from sqlglot import exp

from cairn.core.errors import SqlRefused
from cairn.databases.guard.guard_rules import Rules

MAX_LENGTH = 10_000
MAX_GATHERED = 100
MAX_COPIES = 10_000


def longest_text(tree: exp.Expr, rules: Rules) -> int:
    """How long a text one call may make: short ones beside aggregates that keep all they are given."""
    gathers = any(call.name.lower() in rules.gathering for call in tree.find_all(exp.Anonymous))
    return MAX_GATHERED if gathers else MAX_LENGTH


def check_length(node: exp.Anonymous, name: str, rules: Rules, longest: int) -> None:
    """Raises SqlRefused for a call that may make a longer text."""
    length = _length(node, rules)
    if length is None:
        raise SqlRefused(f"{name}() needs a plain number as its length.", f"Write one, at most {longest}.")
    outer = node.find_ancestor(exp.Anonymous)
    while outer is not None:  # lengths in one another multiply
        length *= (_length(outer, rules) or 1) if outer.name.lower() in rules.sized else 1
        outer = outer.find_ancestor(exp.Anonymous)
    if length > longest:
        raise SqlRefused(f"{name}() makes a text of more than {longest} characters here.", "Write a smaller length.")


def _length(node: exp.Anonymous, rules: Rules) -> int | None:
    position = rules.sized[node.name.lower()]
    length = node.expressions[position] if len(node.expressions) > position else None
    if not isinstance(length, exp.Literal) or not re.fullmatch(r"[0-9]{1,5}", length.this):
        return None
    return int(length.this)


def check_growth(tree: exp.Expr) -> None:
    """Raises SqlRefused where one column may be written out more than `MAX_COPIES` times."""
    ctes = {cte.alias.lower(): cte.this for cte in tree.find_all(exp.CTE)}
    if _growth(tree, ctes, {}) > MAX_COPIES:
        raise SqlRefused("The query uses its own columns too often.", "Repeat less, in fewer subqueries.")


def _growth(node: exp.Expr, ctes: dict[str, exp.Expr], known: dict[int, int]) -> int:
    """An upper bound on how often the innermost column of a chain of subqueries and WITH queries is written out."""
    if id(node) not in known:
        known[id(node)] = 1  # a recursive one is materialized
        known[id(node)] = _computed(node, ctes, known)
    return known[id(node)]


def _computed(node: exp.Expr, ctes: dict[str, exp.Expr], known: dict[int, int]) -> int:
    inner = [one for one in node.find_all(exp.Table, exp.Select) if one is not node]
    queries = [ctes.get(one.name.lower(), one) if isinstance(one, exp.Table) else one for one in inner]
    below = (_growth(query, ctes, known) for query in queries if not isinstance(query, exp.Table))
    return _most_repeated(node) * max(below, default=1)


def _most_repeated(node: exp.Expr) -> int:
    """How often one column stands in one expression of a SELECT, at most."""
    if not isinstance(node, exp.Select):
        return 1
    counts = (Counter(column.name for column in part.find_all(exp.Column)) for part in node.expressions)
    return max((max(count.values(), default=1) for count in counts), default=1)
