"""`pearl`: a plan of actions for a question on a long text, corrected until it is in form, carried out, and joined.

After PEARL (arXiv 2305.14564). What a plan defines for itself ends with its question; a plan that stays wrong is
replaced by one step that answers the question from the whole text.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.tools import BaseTool

from cairn.agents.grounding import checked, need_judge
from cairn.agents.pearl.actions import CTX, Action, ActionTools, actions_of, write_actions
from cairn.agents.pearl.pearl_plan import ActionPlan, leaves, read_plan, too_dear
from cairn.agents.plan.plan_progress import JOIN, PlanProgress, earlier_plan
from cairn.agents.plan.plan_prompts import REPLAN, joining, without_answers
from cairn.agents.plan.plan_scheduler import Schedule
from cairn.agents.plan.plan_steps import Step
from cairn.agents.reading.document_pieces import cut, named_passages
from cairn.agents.reading.map_reduce import piece_size, room_for_notes
from cairn.agents.reading.text_reader import TextReader
from cairn.agents.run_progress import in_time, summary
from cairn.agents.tool_calls import ToolCaller
from cairn.chains.bounded_calls import need_writer
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.chains.rag import NOTHING_FOUND
from cairn.core.clean_text import has_cjk
from cairn.core.events import emit
from cairn.core.passages import numbered, write_passages
from cairn.core.strategy import Prompt, Reply, Turn
from cairn.core.task import Task
from cairn.models.token_counts import counter_of
from cairn.prompts.prompt_assembly import RenderedPrompt
from cairn.prompts.template import step

FALLBACK = Action("ANSWER", (CTX, "QUESTION"), "Answer the QUESTION from the text.")
_WORDY = 4
"""What an action is to find takes about so many times the words of the question."""


def pearl(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    """All limits of the task hold over the whole run.

    Raises TaskError where the model writes nothing, an action can't be read, or the limits don't allow a reading.
    """
    need_writer(model, "strategy: pearl")
    need_judge(task, model)
    actions = actions_of(task)

    async def answer(turn: Turn) -> Reply:
        question, passages = await asyncio.to_thread(named_passages, tools, turn.question, task.retrieval)
        if not passages:
            emit("notice", {"text": NOTHING_FOUND[0]})
            return Reply(NOTHING_FOUND[has_cjk(turn.question)])
        run = _Run(task, turn, model, actions, question, passages)
        try:
            return await checked(await in_time(run.budget, run.answer()), model, run.caller)
        finally:
            run.end()

    return StrategyRunnable("pearl", task, answer)


class _Run:
    """One question being answered; nothing of it is left for another one."""

    def __init__(
        self,
        task: Task,
        turn: Turn,
        model: BaseChatModel,
        actions: dict[str, Action],
        question: str,
        passages: Sequence[Document],
    ) -> None:
        self.turn = turn
        self.question = question
        self.caller = ToolCaller(task, turn)
        self.budget = self.caller.budget
        self._corrections = task.pearl.corrections
        self._known = actions
        self._base = self._prompt(turn).messages(actions=write_actions(actions.values()))
        pieces = cut(passages, piece_size(task, model, " ".join([question] * _WORDY)), counter_of(model))
        self._reader = TextReader(task, self.caller, model, pieces, room_for_notes(task, turn, model))
        self._made = ActionTools(self._reader, question, self._whole(passages) if len(pieces) == 1 else None)
        self._progress = PlanProgress()
        self._schedule: Schedule | None = None

    def _prompt(self, turn: Turn) -> Prompt:
        """Without examples of plans that take other actions than there are."""
        if not isinstance(turn.prompt, RenderedPrompt):
            return turn.prompt
        plans = {example["output"]: read_plan(example["output"], self._known, "") for example in turn.prompt.examples}
        return turn.prompt.with_examples([one for one in turn.prompt.examples if not plans[one["output"]].problems])

    def _whole(self, passages: Sequence[Document]) -> str:
        known = numbered(passages)
        self.caller.history.documents = known
        return write_passages(known)

    async def answer(self) -> Reply:
        plan = self._earlier() or await self._planned() or self._fallback()
        if not self.caller.known:
            self._reader.check_cost(self._cost(plan), plan.readings)
        steps = list(plan.steps.values())
        schedule = self._schedule = Schedule(
            {tool.name: tool for tool in self._made.make(plan.actions.values())}, self.caller, self._progress
        )
        for one in steps:
            schedule.add(one)
        self._progress.add_join()
        if not await schedule.finish_within(self._reader.seconds):
            self.budget.stopped_by = "seconds"
            emit("notice", {"text": "Limit reached: seconds. This is the best answer so far."})
        failed = {id for id, seen in schedule.results.items() if seen.error}
        return await self._joined(leaves(steps, failed), schedule)

    def end(self) -> None:
        if self._schedule:
            self._schedule.cancel()
        self._progress.publish()

    def _earlier(self) -> ActionPlan | None:
        """The plan of a run that was broken off. Of the actions that it defined itself only the names were kept."""
        steps, complete = earlier_plan(self.turn.earlier)
        if not steps or not complete:
            return None
        own = {one.tool: Action(one.tool, tuple(one.arguments), one.tool.replace("_", " ").lower()) for one in steps}
        known = {**own, FALLBACK.name: FALLBACK, **self._known}
        return ActionPlan({one.id: one for one in steps}, known)

    async def _planned(self) -> ActionPlan | None:
        """A plan in form, which the model is asked for again with what was wrong; None where it never is."""
        base = without_answers(self._base) if self.turn.untrusted else self._base
        messages: list[BaseMessage] = list(base)
        for left in range(self._corrections, -1, -1):
            said = await self._reader.model.ask(messages, "plan")
            plan = read_plan(said, self._known, self.question)
            problems = plan.problems or self._price(plan)
            if not problems:
                return plan
            then = "goes back to the model" if left else "is given up: the question is answered from the whole text"
            emit("notice", {"text": f"The plan is not in form, and {then}. {' '.join(problems)}"})
            again = step("pearl_again").format_messages(problems="\n".join(f"- {one}" for one in problems))
            messages = [*base, AIMessage(said or "(nothing)"), *again]
        return None

    def _price(self, plan: ActionPlan) -> list[str]:
        """What is wrong with a plan for which too few calls are left."""
        limits = self.budget.limits
        needed, left = self._cost(plan), limits.model_calls - self.budget.model_calls
        return [str(too_dear(plan, needed, left))] if needed > left else []

    def _cost(self, plan: ActionPlan) -> int:
        """Calls of the model, the answer included."""
        return 1 + sum(self._made.calls(one.arguments) for one in plan.steps.values())

    def _fallback(self) -> ActionPlan:
        one = Step("1", FALLBACK.name, {CTX: CTX, "QUESTION": re.sub(r"\$(?=\d)", r"\\$", self.question)})
        return ActionPlan({"1": one}, {FALLBACK.name: FALLBACK})

    async def _joined(self, left: Sequence[Step], schedule: Schedule) -> Reply:
        """The answer from the results that no other step used."""
        errors = [seen.error for one in left if (seen := schedule.results[one.id]).error]
        if errors and len(errors) == len(left):
            raise errors[0]
        self._progress.set(JOIN, "running")
        said = await self._reader.model.answer(joining(self._base, left, schedule.results, self.question, final=True))
        self._progress.set(JOIN, "done")
        text = "" if REPLAN.match(said) else said.strip()
        return Reply(text or summary(self.budget), self.budget.stopped_by)
