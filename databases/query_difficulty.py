"""How hard a query is, as Spider's evaluator defines it (Yu et al. 2018, arXiv 1809.08887; `eval_hardness`).

Its quirks are kept, since published figures have them: aggregates in HAVING do not count, a NOT and each AND and OR
in HAVING do; of a set operation only the first query is looked at. What its grammar lacks: each WITH is a nested query.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, cast

from cairn.databases.sql_text import parsed

if TYPE_CHECKING:
    from sqlglot import exp

Difficulty = Literal["easy", "medium", "hard", "extra"]


@lru_cache(maxsize=20_000)
def difficulty(sql: str, dialect: str = "sqlite") -> Difficulty:
    """The class of a query; what can't be read as one is `extra`."""
    from sqlglot import exp

    tree = parsed(sql, dialect)
    if not isinstance(tree, exp.Query):
        return "extra"
    nested = int(isinstance(tree.unnest(), exp.SetOperation))
    select = _first(tree)
    if select is None:
        return "extra"
    conditions = _Conditions(select)
    nested += conditions.nested + sum(len(cte.expressions) for cte in _withs(tree))
    return _class(_components(select, conditions), _others(select, conditions), nested)


def _class(components: int, others: int, nested: int) -> Difficulty:
    if components <= 1 and others == 0 and nested == 0:
        return "easy"
    if nested == 0 and ((others <= 2 and components <= 1) or (components <= 2 and others < 2)):
        return "medium"
    if nested == 0 and ((others > 2 and components <= 2) or (2 < components <= 3 and others <= 2)):
        return "hard"
    return "hard" if components <= 1 and others == 0 and nested <= 1 else "extra"


def _components(select: exp.Select, conditions: _Conditions) -> int:
    clauses = sum(select.args.get(part) is not None for part in ("where", "group", "order", "limit"))
    return clauses + len(select.args.get("joins") or ()) + conditions.ors + conditions.likes


def _others(select: exp.Select, conditions: _Conditions) -> int:
    order, group = select.args.get("order"), select.args.get("group")
    ordered = [key.this for key in order.expressions] if order is not None else []
    aggregates = sum(_aggregated(projection.unalias()) for projection in select.expressions)
    aggregates += sum(_aggregated(part) for key in ordered for part in _operands(key)) + conditions.quirks
    return sum(
        (
            aggregates > 1,
            len(select.expressions) > 1,
            len(conditions.where) > 1,
            group is not None and len(group.expressions) > 1,
        )
    )


class _Conditions:
    """The conditions of FROM, WHERE and HAVING, flattened over AND and OR."""

    def __init__(self, select: exp.Select) -> None:
        from sqlglot import exp

        def flat(clause: exp.Expr | None) -> list[exp.Expr]:
            return list(_flat(clause)) if clause is not None else []

        def clause(name: str) -> list[exp.Expr]:
            found = select.args.get(name)
            return flat(found.this if found is not None else None)

        self.where = clause("where")
        having = clause("having")
        joined = [condition for join in select.args.get("joins") or () for condition in flat(join.args.get("on"))]
        every = [*joined, *self.where, *having]
        roots = [found.this for name in ("where", "having") if (found := select.args.get(name)) is not None]
        roots += [join.args["on"] for join in select.args.get("joins") or () if join.args.get("on") is not None]
        self.ors = sum(_ors(root) for root in roots)
        self.likes = sum(isinstance(_positive(condition), exp.Like | exp.ILike) for condition in every)
        self.nested = sum(_queries(condition) for condition in every)
        negated = [condition for condition in (*self.where, *having) if _positive(condition) is not condition]
        self.quirks = len(negated) + max(0, len(having) - 1)


def _flat(node: exp.Expr) -> Iterator[exp.Expr]:
    from sqlglot import exp

    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, exp.And | exp.Or):
            waiting += [node.right, node.left]
        elif isinstance(node, exp.Paren):
            waiting.append(node.this)
        else:
            yield node


def _ors(node: exp.Expr) -> int:
    from sqlglot import exp

    count, waiting = 0, [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, exp.And | exp.Or):
            count += isinstance(node, exp.Or)
            waiting += [node.right, node.left]
        elif isinstance(node, exp.Paren):
            waiting.append(node.this)
    return count


def _positive(node: exp.Expr) -> exp.Expr:
    from sqlglot import exp

    return node.this if isinstance(node, exp.Not) else node


def _queries(node: exp.Expr) -> int:
    """How many queries stand in a condition, those inside others not counted."""
    from sqlglot import exp

    count, waiting = 0, [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, exp.Query) and not isinstance(node, exp.Subquery):
            count += 1
        else:
            waiting.extend(node.iter_expressions())
    return count


def _operands(node: exp.Expr) -> list[exp.Expr]:
    from sqlglot import exp

    return [node.left, node.right] if isinstance(node, exp.Binary) else [node]


def _aggregated(node: exp.Expr) -> bool:
    """Whether it begins with one of the five aggregates."""
    from sqlglot import exp

    while isinstance(node, exp.Binary):
        node = node.left
    return isinstance(node, exp.Max | exp.Min | exp.Count | exp.Sum | exp.Avg)


def _first(tree: exp.Expr) -> exp.Select | None:
    from sqlglot import exp

    node: exp.Expr | None = tree
    while isinstance(node, exp.SetOperation | exp.Subquery):
        node = cast("exp.Expr | None", node.this)
    return node if isinstance(node, exp.Select) else None


def _withs(tree: exp.Expr) -> Iterator[exp.Expr]:
    clause = tree.args.get("with_") or tree.args.get("with")
    if clause is not None:
        yield clause
