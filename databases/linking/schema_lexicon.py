"""A schema's words, so that a question's can be looked up among them: names, comments, sample values."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cairn.core.clean_text import CJK, has_cjk, normalise
from cairn.databases.linking.schema_text import Schema, Table
from cairn.retrieval.search_terms import query_terms, terms

if TYPE_CHECKING:
    from cairn.databases.linking.schema_text import Column

Scores = npt.NDArray[np.float32]
_SHORTENED = 0.6
_SHORTEST = 3
_BESIDE = 0.5
_SHORT_SAMPLE = 40
_PARTS = re.compile(rf"[{CJK}]+|[^\W\d_{CJK}]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
QUOTED = re.compile(r"'[^']{1,80}'(?!\w)|\"[^\"]{1,80}\"|“[^”]{1,80}”|‘[^’]{1,80}’|「[^」]{1,80}」|《[^》]{1,80}》")
_RARE = "qxzj"


class Lexicon:
    """Units are numbered: the tables in their order, then all columns in theirs (table t's begin at `first[t]`)."""

    def __init__(self, schema: Schema) -> None:
        self.tables: Sequence[Table] = schema.tables
        self.columns: list[tuple[int, Column]] = [(t, c) for t, table in enumerate(self.tables) for c in table.columns]
        self.first: list[int] = [len(self.tables)]
        for table in self.tables:
            self.first.append(self.first[-1] + len(table.columns))
        self.size = self.first[-1]
        names = [_terms(table.name) for table in self.tables] + [_terms(column.name) for _, column in self.columns]
        counts = Counter(term for name in names for term in set(name))
        self._rare = {term: math.log(1 + len(names) / count) for term, count in counts.items()}
        self._postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for unit, name in enumerate(names):
            self._post(unit, name, 1.0)
        for unit, texts in enumerate(self._beside()):
            for text in texts:
                self._post(unit, query_terms(text), _BESIDE)
        self.owner = np.array([*range(len(self.tables)), *(t for t, _ in self.columns)], dtype=np.int64)

    def _beside(self) -> Iterable[list[str]]:
        """What tells of a unit beside its name: a comment, the values."""
        for table in self.tables:
            yield [table.comment] if table.comment else []
        for _, column in self.columns:
            samples = [value for value in column.samples if isinstance(value, str) and len(value) <= _SHORT_SAMPLE]
            yield [*([column.comment] if column.comment else []), *samples]

    def _post(self, unit: int, terms: Sequence[str], weight: float) -> None:
        """Each term bears the share of the text that it is, rare ones more."""
        rare = {term: self._rare.get(term, 1.0) for term in terms}
        whole = sum(rare.values())
        for term, share in rare.items():
            self._postings[term].append((unit, weight * share / whole))

    @cached_property
    def _beginnings(self) -> dict[str, list[str]]:
        """Terms by their first letters, for `dept` and `department`."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for term in self._postings:
            if len(term) >= _SHORTEST:
                found[term[:_SHORTEST]].append(term)
        return dict(found)

    def scores(self, question: str) -> Scores:
        """For each unit how much of its name the question says, 0 to about 1; less for comments and values."""
        scores = np.zeros(self.size, dtype=np.float32)
        for posted in self._found(question):
            scores[list(posted)] += list(posted.values())
        return np.minimum(scores, 1.0)

    def _found(self, question: str) -> Iterable[dict[int, float]]:
        """For each term of the question the units it is in, with what it weighs there."""
        for term in _said(question):
            found: dict[int, float] = {}
            for other in [term, *self._like(term)]:
                for unit, weight in self._postings.get(other, ()):
                    found[unit] = max(found.get(unit, 0.0), weight * (1.0 if other == term else _SHORTENED))
            yield found

    def _like(self, term: str) -> list[str]:
        if len(term) < _SHORTEST:
            return []
        near = self._beginnings.get(term[:_SHORTEST], ())
        return [other for other in near if other != term and (other.startswith(term) or term.startswith(other))]

    @cached_property
    def texts(self) -> list[str]:
        """What each unit is called, in words, for an embedding model."""
        named = [" ".join(words_of(table.name)) for table in self.tables]
        columns = [" ".join([named[t], *words_of(column.name)]) for t, column in self.columns]
        told = [table.comment or "" for table in self.tables] + [column.comment or "" for _, column in self.columns]
        return [
            f"{text}. {comment}" if comment else text for text, comment in zip([*named, *columns], told, strict=True)
        ]


def _terms(name: str) -> list[str]:
    return query_terms(" ".join(words_of(name)))


def _said(question: str) -> list[str]:
    """The question's terms, and neighbouring words as one: "birth date" may be called `birthdate`."""
    words = words_of(question)
    joined = " ".join(a + b for a, b in pairwise(words) if a.isascii() and b.isascii())
    return list(dict.fromkeys([*query_terms(" ".join(words)), *(query_terms(joined) if joined else ())]))


def words_of(name: str) -> list[str]:
    """A name's words: `shipToCity_id` has `ship`, `To`, `City`, `id`."""
    return _PARTS.findall(_CAMEL.sub(" ", name))


@lru_cache(maxsize=50_000)
def stems(word: str) -> tuple[str, ...]:
    """A word's stem; nothing for one that nearly every question has; CJK stays whole."""
    if has_cjk(word):
        return (normalise(word),)
    content = set(query_terms(f"{word} {_RARE}"))  # alone a stop word would stay
    return tuple(stem for stem in terms(word) if stem in content)
