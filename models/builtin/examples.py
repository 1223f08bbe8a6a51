"""The nearest of the examples in a prompt: a baseline for classification, without a language model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from cairn.text import normalise
from models.builtin.words import content_terms

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
    weights = {term: math.log((1 + len(bags)) / (0.5 + count)) for term, count in seen.items()}
    asked = _bag(text)
    scores = [_cosine(asked, bag, weights) for bag in bags]
    return examples[scores.index(max(scores))][1] if max(scores) >= _ALIKE else None


def _bag(text: str) -> Counter[str]:
    plain = normalise(text[:MAX_TEXT])
    grams = Counter(f"\0{plain[i : i + _GRAM]}" for i in range(max(1, len(plain) - _GRAM + 1)))
    words = Counter(content_terms(plain))
    return Counter({term: 1 + math.log(n) for term, n in (grams + words + words).items()})  # type: ignore[arg-type]


def _cosine(a: Counter[str], b: Counter[str], weights: dict[str, float]) -> float:
    dot = sum(value * b[term] * weights.get(term, 0) ** 2 for term, value in a.items() if term in b)
    return dot / ((_norm(a, weights) * _norm(b, weights)) or 1)


def _norm(bag: Counter[str], weights: dict[str, float]) -> float:
    most = max(weights.values(), default=1)
    return math.sqrt(sum((value * weights.get(term, most)) ** 2 for term, value in bag.items()))
