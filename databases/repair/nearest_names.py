"""The real names that a wrong one is most like."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

_SHOWN = 30
_ALIKE = 0.6


def nearest(name: str, known: Iterable[str], head: str) -> str:
    """A hint: up to three names like `name`, else all of them after `head`."""
    names = list(dict.fromkeys(known))
    matcher = SequenceMatcher(b=name.lower())
    scores: dict[str, float] = {}
    for other in names:
        matcher.set_seq1(other.lower())
        scores[other] = matcher.ratio()
    close = [other for other in sorted(names, key=lambda o: scores[o], reverse=True) if scores[other] >= _ALIKE][:3]
    if close:
        return f"Did you mean {' or '.join(close)}?"
    more = ", …" if len(names) > _SHOWN else ""
    return f"{head} {', '.join(names[:_SHOWN])}{more}." if names else "Look at the tables first."
