"""Metrics: what each answer is held against, a module for each kind, and how those that a case has gold for are made.

A metric is a function `(case, answer) -> Score`, or a class that is made once for an evaluation with what it may ask,
`(home, judge)`, and whose object is called so. It is registered by one line in `core/registry.py`, with the gold fields
that it needs, and computed for every case that has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from langchain_core.language_models import BaseChatModel

from cairn.core.answer import Answer
from cairn.core.errors import UsageError
from cairn.core.registry import Plugin, find, listed
from cairn.evals.cases import GOLDS, Case

if TYPE_CHECKING:
    from cairn.agents.workspace import Workspace

JUDGE = "judge"
"""Among a metric's `needs`: it asks a judge model."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a metric says of one answer.

    >>> from cairn import Score
    >>> Score(0.5, "one of two names")
    Score(value=0.5, reason='one of two names', kind=None)

    Args:
        value: From 0 to 1, where more is better; of a truth value 0.0 or 1.0. None: it could not be judged, which is
            counted apart and never averaged.
        reason: In words, for people and for a model that is to mend the prompt.
        kind: What sorts scores of one sort, as `other columns`.
    """

    value: float | None
    reason: str = ""
    kind: str | None = None


class Metric(Protocol):
    """Judges one answer; called from several threads.

    >>> from cairn import Score
    >>> def brief(case, answer):
    ...     return Score(float(len(answer.answer or "") < 200))
    """

    def __call__(self, case: Case, answer: Answer) -> Score | None:
        """How good the answer is; None where the metric has nothing to say of this case."""
        ...


def make_metric(name: str, home: Workspace, judge: BaseChatModel | None = None) -> Metric:
    """The metric registered as `name`.

    Args:
        name: As `cairn plugins` lists it.
        home: The databases, documents and templates that it may ask.
        judge: The model that judges, None where there is none.

    Returns:
        The metric.

    Raises:
        UsageError: There is none of that name, it can't be imported or made, or it has the form of an earlier version.
    """
    made: Any = find("metric", name).load()
    if isinstance(made, type):
        try:
            made = made(home, judge)
        except TypeError as error:
            raise UsageError(
                f"The metric {name} can't be made: {error}.",
                "A class is made with (home, judge), and its object called with (case, answer); a function is called "
                "with (case, answer). Metrics of version 1, made with (open, strict), have to be rewritten.",
            ) from error
    if not callable(made) or hasattr(made, "judge"):
        raise UsageError(
            f"The metric {name} has the form of an earlier version, with `judge(database, gold, predicted)`.",
            "Make it a function of (case, answer) that gives a Score: see docs/extending.md.",
        )
    return cast(Metric, made)


def applicable(case: Case, judged: bool) -> list[Plugin]:
    """The metrics that this case has the gold for; those that ask a judge where there is one. Raises UsageError."""
    return [plugin for plugin in listed("metric") if all(_has(case, need, judged, plugin) for need in plugin.needs)]


def _has(case: Case, need: str, judged: bool, plugin: Plugin) -> bool:
    if need == JUDGE:
        return judged
    if need not in GOLDS:
        told = f"The metric {plugin.name} needs {need!r}, which no case has."
        raise UsageError(told, f"There are: {', '.join((*GOLDS, JUDGE))}.")
    return case.has(need)


def scored(metric: Metric, case: Case, answer: Answer) -> Score | None:
    """What the metric says. One that fails costs its own score, not an evaluation whose answers were paid for."""
    try:
        score = metric(case, answer)
    except Exception as error:  # whatever somebody's metric does
        return Score(None, f"the metric failed: {type(error).__name__}: {error}", "failed")
    if score is None or isinstance(score, Score):  # pyright: ignore[reportUnnecessaryIsInstance]
        return score
    return Score(None, f"the metric gave {score!r}, which is no Score", "failed")
