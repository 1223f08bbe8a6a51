"""The parts of a question that may be a value: quoted texts, names, runs of words, of CJK characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cairn.core.clean_text import CJK, clean, has_cjk, normalise
from cairn.databases.linking.schema_lexicon import QUOTED, stems

_LONGEST_QUESTION = 2_000
_MOST_WORDS = 8
_MOST_CHARACTERS = 16
_WORDS = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_SENTENCE_ENDS = re.compile(r"[.!?:;。！？：；]\s*$")
_COMMON_WORDS = "number name names many much total average maximum minimum count first last all each every"
_COMMON = frozenset(_COMMON_WORDS.split())


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` of a question. `named`: it is quoted or capitalised like a name."""

    text: str
    start: int
    end: int
    words: int
    named: bool = False
    quoted: bool = False

    @cached_property
    def key(self) -> str:
        return folded(self.text)

    @property
    def variants(self) -> list[str]:
        """The key as it may be stored: in the singular, in the plural."""
        key = self.key
        found = [key[:-3] + "y"] if key.endswith("ies") else []
        if key.endswith("es"):
            found.append(key[:-2])
        if key.endswith("s"):
            found.append(key[:-1])
        return [*found, key + "s"] if len(key) > 2 and not has_cjk(key) else []

    @property
    def weight(self) -> float:
        """How sure a value it is that is found for it."""
        return 4 * self.quoted + 2 * self.named + min(self.words, 4)


def folded(text: str) -> str:
    """For finding a value: words in lower case without accents, one blank apart."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", normalise(clean(text))))
    return " ".join(_WORDS.findall(unicodedata.normalize("NFC", plain)))


def spans(question: str, names: frozenset[str] = frozenset()) -> Iterator[Span]:
    """All parts worth looking up, quoted and longer ones first. A single word in lower case is none when it is
    a stem of `names` or says nothing."""
    text = clean(question)[:_LONGEST_QUESTION]
    for match in QUOTED.finditer(text):
        inner = match[0][1:-1].strip()
        yield Span(inner, match.start(), match.end(), len(inner.split()), named=True, quoted=True)
    words = list(_WORDS.finditer(text))
    for count in range(_MOST_WORDS, 0, -1):
        for first in range(len(words) - count + 1):
            run = words[first : first + count]
            start, end = run[0].start(), run[-1].end()
            if count > 1 and has_cjk(run[0][0]) and end - start > _MOST_CHARACTERS:
                continue
            named = _named(text, run)
            if count > 1 or _worth(run[0][0], named, names):
                yield Span(text[start:end], start, end, count, named)
    yield from _characters(words)


def _named(text: str, run: list[re.Match[str]]) -> bool:
    """Capitalised where a sentence does not begin, or with digits among letters."""
    first = run[0][0]
    if any(character.isdigit() for character in first) and any(map(str.isalpha, first)):
        return True
    before = text[: run[0].start()]
    begins = not before.strip() or _SENTENCE_ENDS.search(before) is not None
    capital = first[:1].isupper() and (not begins or first[1:2].isupper() or (len(run) > 1 and run[1][0][:1].isupper()))
    return capital and run[-1][0][:1].isupper()


def _worth(word: str, named: bool, names: frozenset[str]) -> bool:
    if has_cjk(word):
        return len(word) > 1
    if word.isdigit() or (len(word) < 2 and not (named and word not in "AI")):
        return False
    if named:
        return True
    stemmed = stems(word)
    return bool(stemmed) and word.lower() not in _COMMON and names.isdisjoint(stemmed)


def _characters(words: list[re.Match[str]]) -> Iterator[Span]:
    """Parts of runs of CJK characters, which have no blanks between words; longer ones first."""
    runs = [word for word in words if has_cjk(word[0])]
    for count in range(_MOST_CHARACTERS, 1, -1):
        for run in runs:
            for at in range(len(run[0]) - count + 1):
                start = run.start() + at
                yield Span(run[0][at : at + count], start, start + count, 1 + count // 2)
