"""Actions for strategy `pearl`, mined from the questions of a set and merged; a person looks through them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cairn.agents.pearl.actions import Action, actions_of, merged_actions, read_action, write_actions
from cairn.core.errors import TaskError, UsageError
from cairn.core.task import merged
from cairn.evals.judge import Judge, JudgeError, numbered
from cairn.prompts.task_store import PromptStore

FOLDER = "action_miner"
ANSWER_TOKENS = 800
_AT_ONCE = 10
"""Questions that one call is shown."""


@dataclass
class Mined:
    """`actions`: what is to be kept; `found`: how many were written before they were merged. `failed`: calls that gave
    nothing that can be used."""

    actions: list[Action] = field(default_factory=list[Action])
    found: int = 0
    failed: int = 0


def mine_actions(
    writer: Judge, questions: Sequence[str], known: Sequence[Action], most: int, mined: Mined
) -> Iterator[int]:
    """Ask for the actions that the questions need, then for all of them merged.

    Args:
        writer: The model, with the templates of `FOLDER`.
        questions: Of a set.
        known: Actions that there are already.
        most: How many are to be left.
        mined: What came of it.

    Yields:
        How many of the questions were looked at.

    Raises:
        UsageError: There is no question.
        CairnError: What the model can't be asked for at all.
    """
    if not questions:
        raise UsageError("There are no questions to mine actions from.", "Name a set with questions.")
    groups: list[list[Action]] = [list(known)]
    for first in range(0, len(questions), _AT_ONCE):
        asked = numbered(questions[first : first + _AT_ONCE])
        groups.append(_written(writer, mined, "mine", known=write_actions(known) or "(none)", questions=asked))
        mined.found += len(groups[-1])
        yield min(first + _AT_ONCE, len(questions))
    found = merged_actions(groups)
    if len(found) > len(known):
        found = _written(writer, mined, "merge", actions=write_actions(found), count=str(most)) or found
    mined.actions = found[:most]


def _written(writer: Judge, mined: Mined, template: str, **values: str) -> list[Action]:
    """What is no action, among those that are, is left out."""
    try:
        said = writer.ask(template, None, **values)
    except JudgeError as error:
        error.raise_if_lasting()
        said = ""
    found = merged_actions([[action for line in said.splitlines() if (action := read_action(line))]])
    mined.failed += not found
    return found


def keep_actions(prompts: PromptStore, task: str, actions: Sequence[Action]) -> None:
    """They are the task's in this home, in its `patch.yaml`. Raises TaskError for a task of another strategy."""
    _check_strategy(prompts, task)
    prompts.use(task, merged(prompts.patch(task) or {}, {"pearl": {"actions": [str(action) for action in actions]}}))


def known_actions(prompts: PromptStore, task: str) -> list[Action]:
    """Those of the task. Raises TaskError for a task of another strategy."""
    _check_strategy(prompts, task)
    return list(actions_of(prompts.task(task)).values())


def _check_strategy(prompts: PromptStore, task: str) -> None:
    if (strategy := prompts.task(task).strategy) != "pearl":
        raise TaskError(f"Task {task!r} has no actions: its strategy is {strategy}.", "Name a task of strategy pearl.")
