"""The answer's text against the gold answers, of which the best counts; by words, so that case and marks don't matter.

`exact` and `f1` as SQuAD's official script defines them (Rajpurkar et al., arXiv 1606.05250), in Chinese by characters
as CMRC 2018 does. A class that a text was put into is held against the gold label.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from cairn.core.answer import Answer
from cairn.core.clean_text import normalise
from cairn.evals.cases import Case
from cairn.evals.metrics import Score
from cairn.evals.metrics.answer_text import text_of, words_of


def exact(case: Case, answer: Answer) -> Score:
    """Whether the answer is one of the gold answers, and nothing else."""
    said = words_of(text_of(answer))
    right = any(said == words_of(gold) for gold in case.answers)
    return Score(float(right), "" if right else f"not {_shown(case.answers)}")


def f1(case: Case, answer: Answer) -> Score:
    """The harmonic mean of precision and recall of the words."""
    said = words_of(text_of(answer))
    best = max(word_f1(words_of(gold), said) for gold in case.answers)
    return Score(best, f"{best:.2f} of the words of {_shown(case.answers)}" if best < 1 else "")


def holds_answer(case: Case, answer: Answer) -> Score:
    """Whether one of the gold answers stands in the answer, word for word."""
    right = any(stands_in(gold, text_of(answer)) for gold in case.answers)
    return Score(float(right), "" if right else f"does not say {_shown(case.answers)}")


def contains(case: Case, answer: Answer) -> Score:
    """Whether the answer says each of the texts in `contains`."""
    lacking = [text for text in case.contains if not stands_in(text, text_of(answer))]
    return Score(float(not lacking), f"does not say {_shown(lacking, ' and ')}" if lacking else "")


def regex(case: Case, answer: Answer) -> Score:
    """Whether each of the expressions in `matches` is found in the answer, as it was written."""
    lacking = [expression for expression in case.matches if not re.search(expression, answer.answer or "")]
    return Score(float(not lacking), f"does not match {_shown(lacking, ' and ')}" if lacking else "")


def word_f1(gold: Sequence[str], said: Sequence[str]) -> float:
    """1 of two empty texts."""
    if not gold or not said:
        return float(not gold and not said)
    shared = sum((Counter(gold) & Counter(said)).values())
    return 2 * shared / (len(gold) + len(said))


def stands_in(text: str, said: str) -> bool:
    """By whole words: `18` does not stand in `180`."""
    wanted, words = words_of(text), words_of(said)
    size = len(wanted)
    return any(words[n : n + size] == wanted for n in range(len(words) - size + 1))


def _shown(golds: Sequence[str], between: str = " or ") -> str:
    return between.join(repr(gold[:80]) for gold in golds[:3])


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
