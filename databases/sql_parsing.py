"""SQL read for comparing, never for running: as a tree, or not at all."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

_LONGEST = 20_000


@lru_cache(maxsize=2_000)
def parsed(sql: str, dialect: str) -> exp.Expr | None:
    """The tree of one statement, None where there is none. It is kept: copy it before changing it."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    if len(sql) > _LONGEST:
        return None
    try:
        trees = [tree for tree in sqlglot.parse(sql, dialect=dialect) if tree is not None]
    except (SqlglotError, ValueError, RecursionError):
        return None
    return trees[0] if len(trees) == 1 else None
