"""The class that a text was put into, against the gold label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cairn.core.answer import Answer
from cairn.core.clean_text import normalise
from cairn.evals.cases import Case
from cairn.evals.metrics import Score
from cairn.evals.metrics.answer_text import text_of


def label(case: Case, answer: Answer) -> Score:
    """Whether the answer is the gold label. `kind`: the label that was given, for the confusion of labels."""
    given, gold = _label(text_of(answer)), _label(case.label or "")
    right = given == gold
    return Score(float(right), "" if right else f"{given!r}, not {case.label!r}", given[:80] or "none")


def _label(text: str) -> str:
    return normalise(text).strip(" .。\"'`*")


def macro_f1(pairs: Iterable[tuple[str, str]]) -> float | None:
    """The mean over the gold labels of each label's F1, of pairs (gold, given); None of nothing.

    A label that was given and is nobody's gold counts as an error where it was given (scikit-learn's `labels=`).
    """
    both = Counter((_label(gold), _label(given)) for gold, given in pairs)
    golds, givens = Counter[str](), Counter[str]()
    for (gold, given), count in both.items():
        golds[gold] += count
        givens[given] += count
    shares = [2 * both[name, name] / (golds[name] + givens[name]) for name in golds]
    return sum(shares) / len(shares) if shares else None
