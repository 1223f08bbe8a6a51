"""The span of a passage that bears out a statement best."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from cairn.rows import cells
from chains.checking.claims import Claim, sentences
from chains.checking.facts import missing_names, names
from chains.checking.numbers import Number, numbers
from chains.checking.roles import terms

_MOST_SENTENCES, _MOST_ROWS = 3, 12
_MOST_CHARACTERS = 700
_LONGEST_PASSAGE = 20_000
_FACT, _HEADED = 3.0, 0.5
_FURTHER = 0.4
_NOISE = re.compile(r"[*_>|`#]")
_BEFORE = re.compile(r"(?:^|[.!?。！？:：;；|\n])[\s\"'“‘(*_>`-]*(?:\d{1,2}[.)]\s*)?$")


@dataclass(frozen=True, slots=True)
class Passage:
    """A source as statements are held against it. `label`: its title and heading, which say what it is about."""

    number: int
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """`text` stands in the passage word for word; `around` is what else there says what it is about."""

    passage: Passage
    text: str
    around: str = ""
    verbatim: bool = False


def verbatim(claim: Claim, passage: Passage) -> Quote | None:
    """The statement itself, as it stands in the passage, but for marks and spaces.

    It must begin where a sentence does, unless it is marked as a quote: what stands before it might turn it round.
    """
    words = re.findall(r"\w+|[^\w\s]", _NOISE.sub(" ", claim.text.strip().rstrip(".。!！;；,，")))
    if not words:
        return None
    pattern = re.compile(r"[\s*_>|`#]*".join(map(re.escape, words)), re.IGNORECASE)
    for match in pattern.finditer(passage.text[:_LONGEST_PASSAGE]):
        whole = re.match(r"\w", passage.text[match.end() : match.end() + 1]) is None
        if (claim.quoted or _BEFORE.search(passage.text[: match.start()])) and (
            claim.quoted or whole or not words[-1].isascii()
        ):
            return Quote(passage, match[0], verbatim=True)
    return None


def best_quote(claim: Claim, passage: Passage) -> Quote | None:
    """Up to three sentences on end, or rows of a table, that have most of the statement's words.

    Its numbers and names count above all.
    """
    text = passage.text[:_LONGEST_PASSAGE]
    parts = [
        _Part(one, terms(text[one.start : one.end]), numbers(text[one.start : one.end])) for one in sentences(text)
    ]
    headings = " ".join([passage.label, *re.findall(r"^#{1,6}\s+(.+)$", text, re.MULTILINE)])
    wanted = _Wanted(terms(claim.text), numbers(claim.text), names(claim.text))
    best: tuple[float, Quote] | None = None
    for first in range(len(parts)):
        around = f"{headings} {parts[first].claim.head}".strip()
        known = _Part(parts[first].claim, terms(around), numbers(around))
        for last in range(first, _last(parts, first)):
            quote = text[parts[first].claim.start : parts[last].claim.end]
            if last > first and len(quote) > _MOST_CHARACTERS:
                break
            score = wanted.found(parts[first : last + 1], known, f"{quote} {around}") - _FURTHER * (last - first)
            if best is None or score > best[0]:
                best = score, Quote(passage, quote, around)
    return best[1] if best else None


def _last(parts: Sequence[_Part], first: int) -> int:
    """Behind the last one that may stand in a quote with the first."""
    rows = takewhile(lambda part: bool(cells(part.claim.text)), parts[first : first + _MOST_ROWS])
    return min(len(parts), first + max(_MOST_SENTENCES, sum(1 for _ in rows)))


@dataclass(frozen=True, slots=True)
class _Part:
    """A sentence of the passage with what can be found in it."""

    claim: Claim
    terms: frozenset[str]
    numbers: Sequence[Number]


@dataclass(frozen=True, slots=True)
class _Wanted:
    terms: frozenset[str]
    numbers: Sequence[Number]
    names: Sequence[str]

    def found(self, parts: Sequence[_Part], around: _Part, text: str) -> float:
        """How much of it the parts have; words of the headings count half."""
        there = frozenset[str]().union(*(part.terms for part in parts))
        figures = [number for part in [*parts, around] for number in part.numbers]
        facts = sum(any(mine.agrees(other) for other in figures) for mine in self.numbers)
        facts += len(self.names) - len(missing_names(self.names, text))
        return len(self.terms & there) + _HEADED * len(self.terms & around.terms - there) + _FACT * facts


def found_in(claim: Claim, passages: Sequence[Passage]) -> list[Quote]:
    """The best quote of each passage; where the statement itself stands in one, that alone."""
    for passage in passages:
        if quote := verbatim(claim, passage):
            return [quote]
    return [quote for passage in passages if (quote := best_quote(claim, passage))]
