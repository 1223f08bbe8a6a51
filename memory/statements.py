"""A fact taken apart: whom it is about, what it says of them, and whether it says yes or no.

By patterns for what people say of themselves, in English (`memory.english`) and Chinese (`memory.chinese`): where they
live and work, what they prefer. What fits none of them is a row of words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cairn.text import CJK, clean, normalise
from memory import chinese, english
from memory.numerals import digits_for_words

USER = ""
_CHINESE_FIRST = re.compile(rf"\W*[{CJK}]")
_NO = frozenset(["not", "never", "no", "non", "hardly", "without", "不", "没", "非", "别", "无", "未"])


@dataclass(frozen=True, slots=True)
class Statement:
    """`subject` is USER or who else it is about; `relation` is one of the patterns' names, or empty for a row of words.

    `value` are English stems or Chinese characters. `negated` is also what was so once and is not any more; `when` are
    the conditions that it holds under.
    """

    subject: str
    relation: str
    value: tuple[str, ...]
    negated: bool
    when: frozenset[str]


@lru_cache(maxsize=4096)
def read_statement(text: str) -> Statement:
    """`text` taken apart; any text can be."""
    text = digits_for_words(_plain(text))
    parts = chinese.read(text) if _CHINESE_FIRST.match(text) else english.read(text)
    relation, negated = ("like", not parts.negated) if parts.relation == "dislike" else (parts.relation, parts.negated)
    return Statement(parts.subject, relation, parts.value, negated, parts.when)


def says(text: str, fact: str) -> bool:
    """Whether `text` says `fact` in so many words, in a row, and no `not` before them."""
    wanted, words = _words(fact), _words(text)
    places = [n for n in range(len(words) - len(wanted) + 1) if words[n : n + len(wanted)] == wanted]
    return bool(wanted) and any(not _NO.intersection(words[max(0, n - 2) : n]) for n in places)


def _words(text: str) -> Sequence[str]:
    text = _plain(text)
    return (
        chinese.words(chinese.without_me(text))
        if _CHINESE_FIRST.match(text)
        else english.words(english.spelt_out(text))
    )


def _plain(text: str) -> str:
    return normalise(clean(text)).replace("’", "'").rstrip(".!。！ ")
