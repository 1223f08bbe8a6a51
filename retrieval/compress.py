"""Of a passage only the sentences that matter for a question."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from cairn.hit import Hit
from retrieval.words import terms

ELLIPSIS = "…"
"""Alone on a line it stands for sentences left out: what is between two such lines stands so in the document."""
_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+|(?<=[。！？；])[”’」』）]*\s*|\n+")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The spans of a text's sentences and lines, without the blanks around them."""
    begin = 0
    for end in [*(match.end() for match in _END.finditer(text)), len(text)]:
        piece = text[begin:end]
        if piece.strip():
            yield begin + len(piece) - len(piece.lstrip()), begin + len(piece.rstrip())
        begin = max(begin, end)


def compressed(
    hit: Hit, count: int, weights: Mapping[str, float], nearness: Callable[[Sequence[str]], Sequence[float]] | None
) -> Hit:
    """The hit with its `count` sentences that matter most, in their order.

    A sentence matters by the question's terms in it (`weights`) and by its vector's nearness to the question's, each
    as a share of the best sentence's. `start` and `end` are those of the first and the last sentence kept.
    """
    spans = list(sentences(hit.text))
    if len(spans) <= count:
        return hit
    texts = [hit.text[start:end] for start, end in spans]
    matter = _shares([sum(weights.get(term, 0.0) for term in set(terms(text))) for text in texts])
    if nearness is not None:
        matter = matter + _shares(nearness(texts))
    kept = sorted(np.argsort(-matter, kind="stable")[:count].tolist())
    first, last = spans[kept[0]], spans[kept[-1]]
    text = "".join(_joined(hit.text, spans, kept))
    return replace(hit, text=text, start=hit.start + first[0], end=hit.start + last[1])


def _shares(values: Sequence[float]) -> np.ndarray:
    found = np.clip(np.array(values, dtype=np.float64), 0, None)
    return found / (found.max() or 1.0)


def _joined(text: str, spans: Sequence[tuple[int, int]], kept: Sequence[int]) -> Iterator[str]:
    """Neighbours as they stand in the text, white space and all."""
    for place, row in enumerate(kept):
        if place:
            beside = row == kept[place - 1] + 1
            yield text[spans[row - 1][1] : spans[row][0]] if beside else f"\n{ELLIPSIS}\n"
        yield text[slice(*spans[row])]
