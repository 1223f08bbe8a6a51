"""`tree`: the best of several lines of thought is searched for, and the answer given from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from cairn.chains.bounded_calls import LimitReached, need_writer
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.chains.tree.tree_calls import TreeCalls
from cairn.chains.tree.tree_search import Path, TreeSearch
from cairn.core.answer import Answer
from cairn.core.errors import ModelAnswerError
from cairn.core.events import emit
from cairn.core.registry import find
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task

Check = Callable[[str, Answer], float]


def tree(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    """Tree of thoughts. Raises TaskError where the model writes nothing of its own, or the checker is none."""
    need_writer(model, "strategy: tree")
    check: Check | None = find("checker", task.tree.checker).load() if task.tree.checker else None

    async def answer(turn: Turn) -> Reply:
        calls = TreeCalls(task, turn, model)
        found = await TreeSearch(task.tree, calls.propose, calls.value).best()
        paths = [thought.path for thought in found] or [()]
        try:
            text = await (_checked(calls, paths, turn.question, check) if check else calls.answer(paths[0]))
        except LimitReached as limit:
            return _cut_off(paths[0], calls.stopped_by or limit.reason)
        return Reply(text, calls.stopped_by)

    return StrategyRunnable("tree", task, answer)


async def _checked(calls: TreeCalls, paths: Sequence[Path], question: str, check: Check) -> str:
    """The answer that the checker gives most, the earliest of equals; none is asked for after one that is right."""
    best, text = -1.0, ""
    for path in paths:
        try:
            said = await calls.answer(path)
        except LimitReached:
            if best < 0:
                raise
            break
        if (score := check(question, Answer(run=None, answer=said))) > best:
            best, text = score, said
        if best >= 1:
            break
    return text


def _cut_off(path: Path, limit: str) -> Reply:
    """The thoughts themselves, where no answer from them could be asked for. Raises ModelAnswerError without any."""
    if not path:
        raise ModelAnswerError(f"Limit reached: {limit}. There was no answer yet.", f"Raise `limits.{limit}`.")
    emit("notice", {"text": f"Limit reached: {limit}. These are the steps so far."})
    return Reply("\n".join(path), limit)
