"""Which collections a question belongs to, by a classifier that learned from their own passages.

Naive Bayes over the question's terms (McCallum and Nigam 1998, "A Comparison of Event Models for Naive Bayes Text
Classification"). Its counts are the word index's: how many passages of a collection have a term. So it needs no labels
and no training, and knows what was added a moment ago.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

_SMOOTH = 0.5
_LEAST = 0.01


def routed(counts: Mapping[str, Sequence[int]], least: float = _LEAST) -> list[str]:
    """The collections whose probability is at least the share `least` of the most probable one's, best first.

    `counts` gives of each collection how many passages it has, then how many of these have each term. A question none
    of whose terms is known belongs to all of them.
    """
    known = [
        term for term in range(1, min(map(len, counts.values()), default=0)) if any(c[term] for c in counts.values())
    ]
    likely = {
        name: sum(log((count[term] + _SMOOTH) / (count[0] + 2 * _SMOOTH)) for term in known)
        for name, count in counts.items()
    }
    best = max(likely.values(), default=0.0)
    return sorted((name for name in likely if likely[name] >= best + log(least)), key=lambda name: -likely[name])
