"""How far the confidence of answers, the share of tries that agreed, is from how often they are right."""

from __future__ import annotations

from collections.abc import Iterable


def brier(pairs: Iterable[tuple[float, float]]) -> float | None:
    """The Brier score (Brier, 1950) of pairs of a confidence and a score, both from 0 to 1: their mean squared
    difference, so less is better. None without any pair."""
    squares = [(confidence - score) ** 2 for confidence, score in pairs]
    return sum(squares) / len(squares) if squares else None
