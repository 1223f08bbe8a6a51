"""Tool calls against the gold calls, by name and arguments, as the Berkeley Function-Calling Leaderboard compares them.

Its AST match (Patil et al., 2024, gorilla.cs.berkeley.edu): as many calls as the gold has, in any order, each of a
gold call's name; no argument that the gold has not; each of the gold's arguments there unless "" is among its
alternatives; a value equal to one of the alternatives, texts without regard to case, blanks and punctuation. An
alternative is one item of a list; a gold that is no list is the only one, so a value that is a list stands in a list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from cairn.core.answer import Answer, Step
from cairn.evals.cases import CallGold, Case
from cairn.evals.metrics import Score

_LOOSE = re.compile(r"[\s,./\-_*^]+")


def tool_calls(case: Case, answer: Answer) -> Score:
    """Whether the calls that were made are the gold calls."""
    left = [step for step in answer.steps if step.within is None]  # not those of a task that was asked
    for gold in _most_demanding_first(case.tool_calls):
        step = next((step for step in left if difference(gold, step) is None), None)
        if step is None:
            return Score(0.0, _told(gold, answer.steps), "calls")
        left.remove(step)
    if left:
        return Score(0.0, f"{left[0].tool} was called, too", "further calls")
    return Score(1.0)


def _most_demanding_first(golds: Sequence[CallGold]) -> list[CallGold]:
    """A call that several golds fit goes to the one that takes the fewest."""
    return sorted(golds, key=lambda gold: sum(len(_alternatives(value)) for value in gold.arguments.values()))


def difference(gold: CallGold, step: Step) -> str | None:
    """In what a call differs from the gold call; None where it is right."""
    if step.tool != gold.name:
        return f"{step.tool} was called, not {gold.name}"
    if unknown := [name for name in step.arguments if name not in gold.arguments]:
        return f"{unknown[0]} was given"
    for name, value in gold.arguments.items():
        alternatives = _alternatives(value)
        if name not in step.arguments:
            if "" not in alternatives:
                return f"{name} is missing"
        elif not any(same_value(one, step.arguments[name]) for one in alternatives):
            return f"{name} is {step.arguments[name]!r}, not {' or '.join(map(repr, alternatives[:3]))}"
    return None


def _told(gold: CallGold, steps: Sequence[Step]) -> str:
    same_name = [step for step in steps if step.tool == gold.name]
    if not same_name:
        called = ", ".join(step.tool for step in steps[:5]) or "nothing"
        return f"{gold.name} was not called, but {called}"
    return f"{gold.name}: {difference(gold, same_name[0]) or 'called too seldom'}"


def _alternatives(value: Any) -> list[Any]:
    return cast(list[Any], value) if isinstance(value, list) else [value]


def same_value(gold: Any, said: Any) -> bool:
    """Tolerant of how a value is typed: `5`, `5.0` and `"5"` are one, a truth value is no number."""
    if isinstance(gold, Mapping):
        wanted = cast(Mapping[str, Any], gold)
        given = cast(Mapping[str, Any], said) if isinstance(said, Mapping) else {}
        return set(wanted) == set(given) and all(
            any(same_value(one, given[name]) for one in _alternatives(wanted[name])) for name in wanted
        )
    if isinstance(gold, list):
        items, given = cast(list[Any], gold), cast(list[Any], said) if isinstance(said, list) else None
        return given is not None and len(items) == len(given) and all(map(same_value, items, given))
    if isinstance(gold, bool) or isinstance(said, bool):
        return str(gold).casefold() == str(said).casefold()
    try:
        return float(gold) == float(said)
    except (TypeError, ValueError):
        return isinstance(said, str) and _LOOSE.sub("", str(gold)).casefold() == _LOOSE.sub("", said).casefold()
