"""How large a query grows when a database puts each derived column's expression in the place of its name.

Ten times `x` of a subquery, ten times of the next, seven deep, are ten million expressions for PostgreSQL's planner,
which neither bounds their memory nor hears a cancel meanwhile.
"""

from __future__ import annotations

from collections import Counter

from sqlglot import exp

MOST = 10_000


def growth(tree: exp.Expr) -> int:
    """An upper bound on how often the innermost column of a chain of subqueries and WITH queries is written out."""
    ctes = {cte.alias.lower(): cte.this for cte in tree.find_all(exp.CTE)}
    return _growth(tree, ctes, {})


def _growth(node: exp.Expr, ctes: dict[str, exp.Expr], known: dict[int, int]) -> int:
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
