"""A query without its names and values, so that queries of other databases can be compared (DAIL-SQL's skeleton).

Gao et al. 2023, "Text-to-SQL Empowered by Large Language Models", arXiv 2308.15363: joins, lists and comparisons are
folded, `SELECT a, b FROM s JOIN t ON s.x = t.x WHERE y > 3` becomes `select _ from _ where _`.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from cairn.databases.sql_text import parsed

if TYPE_CHECKING:
    from sqlglot import exp

ALIKE = 0.85
"""From this similarity on two skeletons count as one, as in DAIL-SQL."""

_TOKENS = re.compile(r"_(?!\w)|\w+|[<>!=]+|\|\||[^\w\s]")
_VALUES = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\b\d+(?:\.\d+)?\b")
_KEYWORDS = """
    all and any as asc avg between by case cast count cross desc distinct else end except exists from full group having
    in inner intersect is join left like limit max min not null offset on or order outer over partition right select
    set sum then union using values when where with
"""
_WORDS = frozenset(_KEYWORDS.split())
_FOLDS = [
    (re.compile(pattern), text)
    for pattern, text in (
        (r"\b_ \. _(?!\S)", "_"),
        (r"(?<!\S)on _ (?:=|<|>|!=|<=|>=) _(?: (?:and|or) _ (?:=|<|>|!=|<=|>=) _)*(?!\S)", ""),
        (r"(?<!\S)on _(?: (?:and|or) _)*(?!\S)", ""),
        (r"(?<!\S)(?:left |right |full |inner |cross |outer )*join _(?!\S)", ""),
        (r"(?<!\S)_ (?:, _(?!\S) ?)+", "_ "),
        (r"(?<!\S)_ (?:=|!=|<>|>|>=|<|<=) _(?!\S)", "_"),
        (r"(?<!\S)where _(?: (?:and|or) _(?!\S))+", "where _"),
        (r"order by (?!_ )\S+ \( _ \)", "order by _"),
        (r"(?<!\S)asc(?!\S)", ""),
        (r"\s+", " "),
    )
]


@lru_cache(maxsize=20_000)
def skeleton(sql: str, dialect: str = "sqlite") -> str:
    """The query's skeleton, in lower case, its parts one blank apart; of text that is no query, as far as it goes."""
    tree = parsed(sql, dialect)
    text = _from_tree(tree, dialect) if tree is not None else _from_text(sql)
    text = " ".join(_TOKENS.findall(text))
    before = None
    while text != before:
        before = text
        for pattern, folded in _FOLDS:
            text = pattern.sub(folded, text)
    return text.strip()


@lru_cache(maxsize=100_000)
def similarity(a: str, b: str) -> float:
    """Jaccard's index of two skeletons as multisets of words: 1 for equal ones, 0 for nothing in common."""
    left, right = Counter(a.split()), Counter(b.split())
    every = (left | right).total()
    return (left & right).total() / every if every else 1.0


def _from_tree(tree: exp.Expr, dialect: str) -> str:
    from sqlglot import exp

    def blank(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column | exp.Table | exp.Literal | exp.Boolean):
            return exp.to_identifier("_")
        if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal | exp.Identifier):
            return exp.to_identifier("_")
        if isinstance(node, exp.Alias):
            return node.this
        if isinstance(node, exp.Subquery | exp.CTE) and node.args.get("alias"):
            node.set("alias", exp.to_identifier("_") if isinstance(node, exp.CTE) else None)
        return node

    try:
        return tree.transform(blank).sql(dialect=dialect, comments=False).lower()
    except (ValueError, RecursionError):
        return _from_text(tree.sql())


def _from_text(sql: str) -> str:
    """Without a tree: known words stay, and names of functions; all else is a name or a value."""
    words = _TOKENS.findall(_VALUES.sub(" _ ", sql).lower().strip().rstrip(";"))
    return " ".join(
        word if word in _WORDS or not word[0].isalnum() or words[i + 1 : i + 2] == ["("] else "_"
        for i, word in enumerate(words)
    )
