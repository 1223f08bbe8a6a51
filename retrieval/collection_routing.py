"""Which collections a question belongs to, by a classifier that learned from their own passages.

Naive Bayes over the question's terms (McCallum and Nigam 1998, "A Comparison of Event Models for Naive Bayes Text
Classification"). Its counts are the word index's: how many passages of a collection have a term. So it needs no labels
and no training, and knows what was added a moment ago.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

_EXPECTED = 10
"""So many passages such as all collections have together are added to each one's counts (Zhai and Lafferty 2004, "A
Study of Smoothing Methods"): else a small collection without any of a question's words seems likelier than a large one.
"""
_LEAST = 0.01


def routed(counts: Mapping[str, Sequence[int]], least: float = _LEAST) -> list[str]:
    """The collections whose probability is at least the share `least` of the most probable one's, best first.

    `counts` gives of each collection how many passages it has, then how many of these have each term. A question none
    of whose terms is known belongs to all of them.
    """
    together = [sum(column) for column in zip(*counts.values(), strict=True)]
    shares = {term: count / together[0] for term, count in enumerate(together) if term and count}
    likely = {
        name: sum(log((count[term] + _EXPECTED * share) / (count[0] + _EXPECTED)) for term, share in shares.items())
        for name, count in counts.items()
    }
    best = max(likely.values(), default=0.0)
    return sorted((name for name in likely if likely[name] >= best + log(least)), key=lambda name: -likely[name])
