"""How sure it is that a search found what was asked for, 0 to 1, whatever the language."""

from __future__ import annotations

from cairn.retrieval.fusion import Scored

BACKGROUND = 20
"""Fewer passages don't show how near a question is to any passage at all."""


def confidence(lexical: Scored | None, ceiling: float, dense: Scored | None) -> float:
    """The mean of what words and vectors say, or what one of them says where the other is not asked.

    Words: the best BM25 score as a share of the question's ceiling, which rare words of the question that no passage
    has pull down. Vectors: how far the best cosine stands above the last one of the list, as a share of the way to 1.
    """
    said: list[float] = []
    if lexical is not None and ceiling > 0:
        said.append(lexical[0][1] / ceiling if lexical else 0.0)
    if dense is not None and len(dense) >= BACKGROUND:
        best, background = dense[0][1], dense[-1][1]
        said.append((best - background) / max(1 - background, 1e-9))
    if not said:
        return 1.0 if lexical or dense else 0.0
    return sum(min(1.0, max(0.0, value)) for value in said) / len(said)
