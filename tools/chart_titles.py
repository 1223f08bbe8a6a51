"""What a column is called in a chart: `COUNT(*)` and `SUM(orders.total)` as people say it."""

from __future__ import annotations

import re

_NAMES: dict[str, tuple[str, str]] = {
    "Count": ("count", "数量"),
    "Sum": ("total of {of}", "{of} 合计"),
    "Avg": ("average of {of}", "{of} 平均值"),
    "Min": ("lowest {of}", "{of} 最小值"),
    "Max": ("highest {of}", "{of} 最大值"),
}
_PLAIN = re.compile(r"[^\W\d]\w*")
_LONGEST = 200


def title_of(column: str, chinese: bool = False) -> str:
    """An alias with spaces for its underscores; an expression by what it counts or adds up, else by its one column.

    >>> title_of("COUNT(*)"), title_of("order_count"), title_of("SUM(orders.total)"), title_of("SUM(total)", True)
    ('count', 'order count', 'total of total', 'total 合计')
    """
    if _PLAIN.fullmatch(column):
        return column.replace("_", " ").strip() or column
    return _of_expression(column, chinese) if "(" in column and len(column) <= _LONGEST else column


def _of_expression(column: str, chinese: bool) -> str:
    from sqlglot import exp, parse_one  # 100 ms
    from sqlglot.errors import SqlglotError

    try:
        tree = parse_one(column)
    except (SqlglotError, RecursionError):
        return column
    names = {found.name for found in tree.find_all(exp.Column)}
    of = names.pop().replace("_", " ") if len(names) == 1 else ""
    said = _NAMES.get(type(tree).__name__, ("{of}", "{of}"))[chinese]
    return said.format(of=of) if of or "{of}" not in said else column
