"""The nearest of the examples in a prompt: a baseline for classification, without a language model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from cairn.core.clean_text import normalise
from cairn.language.words import content_terms

MAX_TEXT = 4000
_GRAM = 4
# Chosen on support tickets, of which none stays below, and on texts about anything else, of which most do.
_ALIKE = 0.05


def nearest(text: str, examples: Sequence[tuple[str, str]]) -> str | None:
    """The output of the example whose input is most like `text`, of equals the first; None when none is alike.

    Cosine over words (stems, CJK bigrams) and character 4-grams, each weighted by its rarity among the examples.
    """
    bags = [_bag(given) for given, _ in examples]
    seen = Counter(term for bag in bags for term in bag)
    asked, *given = (_weighted(bag, seen, len(bags)) for bag in (_bag(text), *bags))
    scores = [sum(weight * bag.get(term, 0) for term, weight in asked.items()) for bag in given]
    return examples[scores.index(max(scores))][1] if max(scores) >= _ALIKE else None


def _bag(text: str) -> Counter[str]:
    plain = normalise(text[:MAX_TEXT])
    grams = [f"\0{plain[i : i + _GRAM]}" for i in range(max(1, len(plain) - _GRAM + 1))]
    return Counter([*grams, *content_terms(plain) * 2])


def _weighted(bag: Counter[str], seen: Counter[str], of: int) -> dict[str, float]:
    """Of length 1; a term that no example holds weighs as much as the rarest."""
    weights = {term: (1 + math.log(n)) * math.log((1 + of) / (0.5 + (seen[term] or 1))) for term, n in bag.items()}
    length = math.hypot(*weights.values()) or 1
    return {term: weight / length for term, weight in weights.items()}
