"""How a model's tokens differ from the approximation, learned from what its server counted.

A text is described by how much of each class it has: words of plain and of accented languages, letters of other
scripts, digits, signs. Each class costs so many tokens by a first guess; what is learned is a ratio for each, by a
regression on the last counted prompts that holds to the guess where it knows nothing, and to the many where one is odd.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

GUESS = {
    "messages": 4.0,
    "plain_words": 0.5,
    "plain_letters": 0.25,  # of a word from the fifth on
    "accented": 0.25,  # letters in a paragraph that has accents
    "accents": 0.25,  # those that have one, once more
    "foreign": 0.25,  # Latin letters in a table, or a paragraph of another script: mostly names and codes
    "cyrillic": 0.25,
    "han": 1.0,
    "kana": 1.0,
    "hangul": 1.0,
    "other": 0.5,
    "digits": 0.5,
    "signs": 1.0,
    "lines": 0.5,
}
"""Tokens by class: of each piece, or each letter."""
_LEAST, _MOST = 0.5, 4.0
_HOLD = 0.002  # how strongly a ratio stays at 1: a class of 5 % in one prompt moves it half way
_ODD = 0.1  # relative error from which a count weighs less
_ROUNDS = 8
_KEPT = 40
_SHORT = 100
_KNOWN = 0.02
_LATIN = "A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff"
_ACCENT = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_FOREIGN = re.compile("[\u0370-\u1dff\u2e80-\ud7ff]")
_PER_BAR = 40
_PER_ACCENT = 300  # letters to one with an accent: fewer in languages that write them, more where a name has one
_PARAGRAPH = re.compile(r"\n\s*\n")
_PIECES = re.compile(
    rf"(?P<latin>[{_LATIN}]+)|(?P<digits>[0-9]+)|(?P<cyrillic>[\u0400-\u052f]+)|(?P<han>[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)"
    r"|(?P<kana>[\u3040-\u30ff]+)|(?P<hangul>[\uac00-\ud7af]+)|(?P<lines>\n+|[ \t]{2,})|(?P<signs>[!-/:-@\[-`{-~])"
    r"|(?P<other>[^\x00-\x7f\s])"
)


class TokenRatios:
    """One for all copies of a model. `samples`: of each counted prompt its classes, and last the tokens counted."""

    def __init__(self, samples: Iterable[Sequence[int]] = ()) -> None:
        self.samples = [list(sample) for sample in samples if len(sample) == len(GUESS) + 1 and sample[-1] > 0]
        self._ratios: list[float] | None = None

    def __bool__(self) -> bool:
        return bool(self.samples)

    def tokens(self, text: str) -> int:
        """Of a text, without what separates messages."""
        return round(self._counted(_classes(text)))

    def message_tokens(self, texts: Iterable[str]) -> int:
        """Of a prompt whose messages have these texts."""
        return round(self._counted(_prompt(texts)))

    def learn(self, texts: Iterable[str], counted: int) -> bool:
        """Whether a prompt that its server `counted` tells anything new; what may have been cut is not learned from."""
        classes = _prompt(texts)
        expected = self._counted(classes)
        off = counted / expected if expected else 0
        if counted < _SHORT or not _LEAST < off < _MOST or (self.samples and abs(off - 1) < _KNOWN):
            return False
        self.samples.append([*classes, counted])
        if len(self.samples) > _KEPT:
            self._forget_one()
        self._ratios = None
        return True

    def _forget_one(self) -> None:
        """The oldest of those that are most alike, so that what was learned of another language stays."""
        mostly = [_main_class(sample) for sample in self.samples]
        self.samples.pop(mostly.index(max(mostly, key=mostly.count)))

    def _counted(self, classes: Sequence[int]) -> float:
        if self._ratios is None:
            self._ratios = _fitted(self.samples) if self.samples else [1.0] * len(GUESS)
        return sum(a * b * c for a, b, c in zip(self._ratios, GUESS.values(), classes, strict=True))


def _prompt(texts: Iterable[str]) -> list[int]:
    each = [_classes(text) for text in texts]
    return [len(each), *(sum(column) for column in list(zip(*each, strict=True))[1:])] if each else [0] * len(GUESS)


@lru_cache(128)  # instructions and tools are the same in every question
def _classes(text: str) -> tuple[int, ...]:
    found = dict.fromkeys(GUESS, 0)
    starts = [0, *(match.start() for match in _PARAGRAPH.finditer(text)), len(text)]
    for start, end in pairwise(starts):
        table = (end - start) < _PER_BAR * text.count("|", start, end)
        foreign = table or _FOREIGN.search(text, start, end) is not None
        accented = (end - start) < _PER_ACCENT * len(_ACCENT.findall(text, start, end))
        for match in _PIECES.finditer(text, start, end):
            kind, length = str(match.lastgroup), match.end() - match.start()
            if kind != "latin":
                found[kind] += length if kind != "lines" else 1
            elif foreign:
                found["foreign"] += length
            elif accented:
                found["accented"] += length
                found["accents"] += len(_ACCENT.findall(match[0]))
            else:
                found["plain_words"] += 1
                found["plain_letters"] += max(0, length - 4)
    return tuple(found.values())


def _main_class(sample: Sequence[int]) -> int:
    parts = [guess * count for guess, count in zip(list(GUESS.values())[1:], sample[1:-1], strict=True)]
    return parts.index(max(parts))


def _fitted(samples: Sequence[Sequence[int]]) -> list[float]:
    """Least squares of relative errors with weights of Cauchy, each ratio drawn to 1 and bounded."""
    import numpy as np

    table = np.array(samples, dtype=float)
    shares = table[:, :-1] * np.array(list(GUESS.values())) / table[:, -1:]
    ratios, weights = np.ones(len(GUESS)), np.ones(len(table))
    for _ in range(_ROUNDS):
        weighted = shares.T * weights
        ratios = np.linalg.solve(weighted @ shares + _HOLD * np.eye(len(GUESS)), weighted.sum(axis=1) + _HOLD)
        ratios = np.clip(ratios, _LEAST, _MOST)
        weights = 1 / (1 + ((shares @ ratios - 1) / _ODD) ** 2)
    return ratios.tolist()
