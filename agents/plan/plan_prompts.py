"""What the planner and the joiner are sent, and what the joiner's answer means.

The planner is never shown what a tool returned, so that nobody who wrote a document can write steps of a plan; it
learns which steps were done, which failed and which were not enough. Only the joiner, who can call nothing, reads
results.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from inspect import cleandoc

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langchain_core.tools import BaseTool

from cairn.agents.plan.plan_progress import written
from cairn.agents.plan.plan_steps import PlanProblem, Step
from cairn.agents.plan.plan_validation import next_number, schema_of
from cairn.agents.thread_context import without_summary
from cairn.core.clean_text import clean
from cairn.models.context_window import EXAMPLE, SMALL_WINDOW, mark_filled
from cairn.prompts.template import step as step_prompt
from cairn.tools.tool_invocation import Observation

REPLAN = re.compile(r"\W{0,3}(?:re-?plan|重新计划|重新规划)\W{0,3}?\s*[:：(（]", re.IGNORECASE)
_NO_STEPS = "(no step was taken)"


def write_tools(tools: Sequence[BaseTool], window: int | None = None) -> str:
    """`- name(argument: type, optional?: type)` for each, with its description indented below.

    For a model with a small window one line each, with the description's first sentence.
    """
    brief = window is not None and window <= SMALL_WINDOW
    return "\n".join(_describe(tool, brief) for tool in tools) or "(none)"


def _describe(tool: BaseTool, brief: bool) -> str:
    schema = schema_of(tool)
    required = set(schema.get("required", ()))
    fields: Mapping[str, Mapping[str, object]] = schema.get("properties", {})
    arguments = [f"{name}{'' if name in required else '?'}: {_type(field)}" for name, field in fields.items()]
    if brief:
        return f"- {tool.name}({', '.join(arguments)}): {_line(tool.description).partition('. ')[0]}"
    about = [f"{name}: {_line(field['description'])}" for name, field in fields.items() if field.get("description")]
    below = indent("\n".join([cleandoc(tool.description), *about]))
    return f"- {tool.name}({', '.join(arguments)})\n{below}"


def _line(text: object) -> str:
    return " ".join(str(text).split())


def _type(field: Mapping[str, object]) -> str:
    """As JSON Schema names it, without the `null` of what may be left out."""
    options = field.get("anyOf")
    if isinstance(options, list):
        return " or ".join(name for option in options if (name := _type(option)) != "null")
    kind = str(field.get("type", "any"))
    items = field.get("items")
    return f"list of {_type(items)}" if kind == "array" and isinstance(items, dict) else kind


def indent(text: str) -> str:
    """Whatever the text holds, no line of it can pass for one of ours."""
    return "\n".join(f"  {line}" for line in clean(text).splitlines())


def write_plan(steps: Sequence[Step]) -> str:
    return "\n".join([*(f"{step.id}. {written(step)}" for step in steps), "join()"])


def joining(
    base: Sequence[BaseMessage],
    steps: Sequence[Step],
    results: Mapping[str, Observation],
    question: str,
    final: bool,
) -> list[BaseMessage]:
    """For the joiner. Each result gives way for itself where the window is small."""
    texts = {f"result {step.id}": indent(results[step.id].text) for step in steps}
    heads = [f"${step.id} = {written(step)}" for step in steps]
    listed = "\n".join(f"{head}\n{text}" for head, text in zip(heads, texts.values(), strict=True)) or _NO_STEPS
    template = step_prompt("plan_finish" if final else "plan_join")
    asked = [
        message.model_copy(update={"additional_kwargs": mark_filled(texts)})
        for message in template.format_messages(results=listed, question=question)
    ]
    return [*base, AIMessage(write_plan(steps)), *asked]


def without_answers(base: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Of the thread only what the user said: earlier answers, and their summary, may quote what others wrote."""
    return [_without_answer(message) for message in base]


def _without_answer(message: BaseMessage) -> BaseMessage:
    marks = message.additional_kwargs
    if message.type == "system":
        return SystemMessage(without_summary(message.text), additional_kwargs=marks)
    if message.type == "ai" and not marks.get(EXAMPLE):
        return AIMessage("(answered)", additional_kwargs=marks)
    return message


def replanning(
    base: Sequence[BaseMessage], steps: Sequence[Step], results: Mapping[str, Observation], reason: str
) -> list[BaseMessage]:
    """For the planner of a further round."""
    states = "\n".join(f"${step.id}: {_became(results.get(step.id))}" for step in steps) or _NO_STEPS
    values = {"states": states, "reason": reason, "next": str(next_number([step.id for step in steps]))}
    return [*base, AIMessage(write_plan(steps)), *step_prompt("plan_again").format_messages(**values)]


def why_again(said: str, steps: Sequence[Step], results: Mapping[str, Observation]) -> str:
    """Why the joiner wants another plan, as the planner may know it.

    Its words are passed on as long as no tool has run; later only the steps they name are, since it has read results.
    """
    if all(isinstance(results[step.id].error, PlanProblem) for step in steps if step.id in results):
        return clean(REPLAN.sub("", said).strip())
    named = [f"${step.id}" for step in steps if re.search(rf"\$\{{?{re.escape(step.id)}(?!\d)", said)]
    return f"Not enough for an answer: {', '.join(named)}." if named else "That was not enough for an answer."


def _became(result: Observation | None) -> str:
    if result is None or result.error is None:
        return "done" if result else "waiting"
    return f"not run: {result.error}" if isinstance(result.error, PlanProblem) else "failed"
