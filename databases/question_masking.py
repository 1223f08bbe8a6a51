"""Questions without their subject: words of the schema and values replaced by marks (DAIL-SQL's masked question).

Gao et al. 2023, arXiv 2308.15363: "How many singers are from France?" becomes "How many _ are from #?", which is near
to questions of the same form about anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from cairn.core.clean_text import CJK, normalise
from cairn.databases.linking.schema_text import Schema
from cairn.databases.sql_text import parsed
from cairn.retrieval.search_terms import query_terms, terms

NAME, VALUE = "_", "#"
_PARTS = re.compile(rf"[{CJK}]+|[^\W\d_{CJK}]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
QUOTED = re.compile(r"'[^']{1,80}'(?!\w)|\"[^\"]{1,80}\"|“[^”]{1,80}”|‘[^’]{1,80}’|「[^」]{1,80}」|《[^》]{1,80}》")
_PIECES = re.compile(rf"[{NAME}{VALUE}]|[{CJK}]+|\d+(?:[.,]\d+)*|[^\W_{CJK}]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_IS_CJK = re.compile(f"[{CJK}]")
_RARE = "qxzj"
_FORM = "number name many much total average maximum minimum count most least"
"""Words that say what is asked for rather than of what, though schemas have columns called so."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about: the stems of names (CJK names whole), and values in the words they are stored in."""

    names: frozenset[str]
    values: tuple[str, ...] = ()


def words_of(name: str) -> list[str]:
    """A name's words: `shipToCity_id` has `ship`, `To`, `City`, `id`."""
    return _PARTS.findall(_CAMEL.sub(" ", name))


def subject_of_schema(schema: Schema, values: Iterable[str] = ()) -> Subject:
    """Of a question asked of a database."""
    names = [name for table in schema.tables for name in (table.name, *(column.name for column in table.columns))]
    return Subject(_stems(tuple(names)), tuple(values))


@lru_cache(maxsize=20_000)
def subject_of_query(sql: str, dialect: str = "sqlite") -> Subject:
    """Of the question that a query answers, whose database need not be there."""
    from sqlglot import exp

    tree = parsed(sql, dialect)
    if tree is None:
        return Subject(frozenset())
    names = [node.name for node in tree.find_all(exp.Table, exp.Column)]
    values = [node.name.strip("%") for node in tree.find_all(exp.Literal) if node.is_string]
    return Subject(_stems(tuple(names)), tuple(value for value in values if value))


@lru_cache(maxsize=256)
def _stems(names: tuple[str, ...]) -> frozenset[str]:
    words = {word for name in names for word in words_of(name) if not word.isdigit()}
    return frozenset(stem for word in words if len(word) > 1 for stem in stems(word)) - frozenset(terms(_FORM))


def mask(question: str, subject: Subject) -> str:
    """The question with `_` for each run of schema words and `#` for each value or number."""
    text = QUOTED.sub(f" {VALUE} ", question)
    for value in sorted(subject.values, key=len, reverse=True):
        bound = "" if _IS_CJK.search(value) else r"\b"
        text = re.sub(f"{bound}{re.escape(value)}{bound}", f" {VALUE} ", text, flags=re.IGNORECASE)
    marked: list[str] = []
    for piece in _marked(text, subject.names):
        if not (piece in (NAME, VALUE) and marked and marked[-1] == piece):
            marked.append(piece)
    return " ".join(marked)


def _marked(text: str, names: frozenset[str]) -> Iterator[str]:
    for piece in _PIECES.findall(text):
        if _NUMBER.fullmatch(piece):
            yield VALUE
        elif _IS_CJK.match(piece):
            yield from _without(piece, [name for name in names if _IS_CJK.match(name)])
        else:
            yield NAME if not names.isdisjoint(stems(piece)) else piece


def _without(run: str, names: list[str]) -> list[str]:
    """A run of CJK text with a mark for each name in it."""
    if not names:
        return [run]
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return [piece if n % 2 == 0 else NAME for n, piece in enumerate(re.split(f"({pattern})", run)) if piece]


@lru_cache(maxsize=50_000)
def stems(word: str) -> tuple[str, ...]:
    """A word's stem; nothing for one that nearly every question has; CJK stays whole."""
    if _IS_CJK.match(word):
        return (normalise(word),)
    content = set(query_terms(f"{word} {_RARE}"))  # alone a stop word would stay
    return tuple(stem for stem in terms(word) if stem in content)
