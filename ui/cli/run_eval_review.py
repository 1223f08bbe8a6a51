"""`cairn eval review`: what is to become a set, one by one. Each decision is kept at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cairn.core.errors import UsageError
from cairn.evals.asked_before import Said, all_feedback, row_of
from cairn.evals.set_review import REVIEWED, Draft, change_of
from cairn.memory.feedback_store import FeedbackStore
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.terminal import chosen, note, say, typed

_CHOICES = "a(ccept), r(efuse), e(dit), l(ater), q(uit): "
_SHOWN = 2000
Decide = Callable[[Any, str], bool]
"""Does what the letter says with an item; whether that could be done."""


def review_draft(path: Path) -> None:
    draft = Draft(path)

    def decide(number: int, letter: str) -> bool:
        if letter == "e":
            return _edited(lambda text: draft.edit(number, change_of(text)))
        if letter == "a" and not draft.has_gold(number):
            note("It does not say what is right: e(dit) it, as `the answer` or `refuse=true`.")
            return False
        draft.decide(number, letter == "a")
        return True

    def show(number: int) -> str:
        values = {key: value for key, value in draft.values(number).items() if key != REVIEWED}
        return "\n".join(f"{key}: {value}" for key, value in values.items())

    _step_through(draft.waiting(), show, decide)


def review_feedback(home: Path | None) -> None:
    with opened(home) as app:

        def decide(said: Said, letter: str) -> bool:
            store = FeedbackStore(app.workspace.database, said.user)
            if letter == "e":
                return _edited(lambda text: store.review(said.feedback.run, "accepted", _correction(said, text)))
            if letter == "a" and row_of(app.workspace, said) is None:
                note("It does not say what would have been right: e(dit) it, or r(efuse).")
                return False
            store.review(said.feedback.run, "accepted" if letter == "a" else "refused")
            return True

        waiting = [said for said in all_feedback(app.workspace) if said.feedback.reviewed is None]
        _step_through(waiting, _shown, decide)


def _shown(said: Said) -> str:
    feedback = said.feedback
    lines = [
        *(f"before: {text}" for text in said.before),
        f"question: {said.question}",
        f"answer: {said.answer.answer or said.answer.error or '(none)'}",
        *(f"query: {table.sql}" for table in said.answer.tables if table.sql and not table.lookup),
        f"said to be {feedback.verdict}" + (f": {feedback.reason}" if feedback.reason else ""),
        *(f"would have been right: {value}" for value in (feedback.correction or {}).values() if value),
    ]
    return "\n".join(lines)


def _correction(said: Said, text: str) -> dict[str, Any]:
    """A text is the right answer; `sql=…` the right query."""
    if not text:
        raise UsageError("Nothing was written.", "Write what is right.")
    name, equals, value = text.partition("=")
    if equals and name.strip().casefold() in ("sql", "query"):
        database = (said.feedback.correction or {}).get("database")
        return {"sql": value.strip(), "database": database}
    return {"answer": text}


def _edited(edit: Callable[[str], object]) -> bool:
    text = typed("right is (a text, NAME=VALUE, or JSON): ")
    if not text:
        return False
    try:
        edit(text)
    except UsageError as error:
        note(str(error))
        return False
    return True


def _step_through(items: Sequence[Any], show: Callable[[Any], str], decide: Decide) -> None:
    if not items:
        note("There is nothing to look through.")
        return
    decided = 0
    for number, item in enumerate(items, 1):
        say(f"\n[{number} of {len(items)}]\n{show(item)[:_SHOWN]}")
        while (letter := chosen(_CHOICES, "arelq")) in ("a", "r", "e"):
            if decide(item, letter):
                decided += 1
                break
        if letter in ("q", None):
            break
    note(f"{decided} decided, {len(items) - decided} are left.")
