"""Numbers in the answer against those of the gold answers: in digits, in words or in Chinese, with a unit.

`1,250`, `1250.0`, `一千二百五十` and `twelve hundred and fifty` are one number; `12.5 %` is `0.125` too. A
unit that stands behind the gold number has to stand behind the answer's, if that has one. A gold may be missed by 1e-6
of it, or by what the row's `tolerance` says (a number, or a share as `5%`).
"""

from __future__ import annotations

from collections.abc import Sequence

from cairn.chains.values.quantities import Number, after_final_mark, numbers_in
from cairn.core.answer import Answer
from cairn.evals.cases import Case
from cairn.evals.metrics import Score
from cairn.evals.metrics.answer_text import text_of

_EXACT = 1e-6


def number(case: Case, answer: Answer) -> Score | None:
    """Whether the gold number is among those of the answer; None where no gold answer is a number."""
    return _score(case, numbers_in(text_of(answer)))


def final_number(case: Case, answer: Answer) -> Score | None:
    """Whether the answer ends at the gold number: the first behind its last `answer:`, `A:`, `####` or `答案`, else the
    last of all, as GSM8K is scored (Cobbe et al., arXiv 2110.14168)."""
    text = text_of(answer)
    behind = numbers_in(after_final_mark(text) or "")[:1]
    return _score(case, behind or numbers_in(text)[-1:])


def _score(case: Case, said: Sequence[Number]) -> Score | None:
    golds = [gold for text in case.answers if (gold := _whole(text))]
    if not golds:
        return None
    right = any(_same(gold, one, str(case.extra.get("tolerance", ""))) for gold in golds for one in said)
    told = ", ".join(f"{one.value:.10g}" for one in said[:5]) or "no number"
    return Score(float(right), "" if right else f"{told}, not {golds[0].value:.10g}")


def _whole(text: str) -> Number | None:
    """A gold answer that is one number, with at most a unit."""
    found = numbers_in(text)
    return found[0] if len(found) == 1 and len(text.split()) <= 3 else None


def _same(gold: Number, said: Number, tolerance: str) -> bool:
    if gold.unit and said.unit and gold.unit != said.unit and "%" in (gold.unit, said.unit):
        return False
    values = {said.value} | ({said.value / 100} if said.unit == "%" and not gold.unit else set[float]())
    if gold.unit == "%" and not said.unit:
        values.add(said.value * 100)
    if gold.unit not in ("", "%") and said.unit not in ("", gold.unit) and not _alike(gold.unit, said.unit):
        return False
    return any(abs(value - gold.value) <= _allowed(gold.value, tolerance) for value in values)


def _alike(one: str, other: str) -> bool:
    """`meter` and `meters`, `米` and `米高`."""
    return one.startswith(other) or other.startswith(one)


def _allowed(gold: float, tolerance: str) -> float:
    try:
        share = tolerance.strip().endswith("%")
        said = float(tolerance.strip().rstrip("%"))
    except ValueError:
        return _EXACT * max(1.0, abs(gold))
    return said / 100 * abs(gold) if share else said
