"""What a model is to learn, in the form of the chat API: the prompt that the task sends, and the answer that is right.

The prompt is made by the very strategy that asks, without examples: a tuned model knows them. What would teach
something wrong is no row, with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from cairn.agents.prompt_preview import Request, render
from cairn.agents.workspace import Workspace
from cairn.chains.classify import match_label
from cairn.core.answer import Answer
from cairn.core.clean_text import has_cjk, normalise
from cairn.core.errors import CairnError
from cairn.core.task import Task, merged
from cairn.evals.asked_before import Said, row_of
from cairn.evals.case_reading import read_case
from cairn.evals.cases import CallGold, Case
from cairn.evals.eval_runner import patch_of
from cairn.evals.metrics.passage_matching import holds
from cairn.evals.set_formats import Row
from cairn.models.training_notes import RowNotes, question_digest

Message = dict[str, Any]
_AGENTS = ("react", "react_text", "plan")
_SEARCHES = ("tree", "map_reduce", "pearl")
"""What is sent first is not what the answer is given to."""
_NO_EXAMPLES = {"examples": {"selector": "none"}}


class NotTrainable(Exception):
    """Why something is no row."""


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """`id`: of the case or run. `kind`: what is learned, or the label. `doubts`: what is to be told of it.

    `task`, `prompt`: whose prompt it is, and the digest of what that says whatever is asked. `group`: the case's.
    """

    id: str
    question: str
    kind: str
    messages: list[Message]
    tools: list[dict[str, Any]]
    doubts: tuple[str, ...] = ()
    task: str = ""
    prompt: str | None = None
    group: str | None = None

    @property
    def notes(self) -> RowNotes:
        return RowNotes(question_digest(self.question), self.task, self.prompt, self.group)

    def texts(self) -> list[str]:
        """All that is in it, the arguments of calls too."""
        return [json.dumps(message, ensure_ascii=False) for message in self.messages]

    def as_json(self) -> dict[str, Any]:
        return {"messages": self.messages, **({"tools": self.tools} if self.tools else {})}


def row_of_case(
    workspace: Workspace, task_name: str, case: Case, patch: Mapping[str, Any] | None = None
) -> TrainingRow:
    """A case's prompt with its gold as the answer. Raises NotTrainable."""
    task, request = _rendered(workspace, task_name, case, patch or {})
    reply, kind = _reply(workspace, task, case, request)
    messages, doubts = [*request.messages, reply], tuple(_doubts(task, case, request))
    of = (task_name, request.prompt, case.group)
    return TrainingRow(case.id, case.question, kind, messages, request.tools, doubts, *of)


def row_of_feedback(workspace: Workspace, said: Said) -> TrainingRow:
    """An answer that was accepted, as it was given, or the correction. Raises NotTrainable."""
    row, answer = row_of(workspace, said), said.answer
    if row is None or answer.task is None:
        raise NotTrainable("it does not say what is right")
    case = read_case(Row(said.feedback.run, {key: value for key, value in row.items() if value is not None}), "1")
    if said.feedback.correction or answer.strategy not in ("rag", "react", "direct"):
        return row_of_case(workspace, answer.task, case)
    if wrong := {one["state"] for one in answer.statements or []} & {"differs", "unsupported"}:
        raise NotTrainable(f"its statements are not borne out by their passages ({', '.join(sorted(wrong))})")
    task, request = _rendered(workspace, answer.task, case, {})
    if task.strategy != answer.strategy:
        raise NotTrainable(f"it was answered by strategy {answer.strategy}, and the task is now of another")
    if answer.strategy == "rag" and not _same_passages(answer, request):
        raise NotTrainable("its passages are others by now")
    messages = [*request.messages, *_steps(answer), {"role": "assistant", "content": answer.answer}]
    open_ones = [one for one in answer.statements or [] if one["state"] == "not_checked"]
    doubts = ("holds statements that nobody checked",) if open_ones else ()
    kind = "calls" if answer.steps else "answer"
    of = (answer.task, request.prompt, case.group)
    return TrainingRow(case.id, case.question, kind, messages, request.tools, doubts, *of)


def _rendered(workspace: Workspace, name: str, case: Case, patch: Mapping[str, Any]) -> tuple[Task, Request]:
    """What the task would send, with what was said before in its place. Raises NotTrainable."""
    changes = merged(merged(_NO_EXAMPLES, patch), patch_of(case))
    try:
        task = workspace.prompts.task(name).patched(changes)
        if task.strategy in _SEARCHES:
            raise NotTrainable(f"strategy {task.strategy} asks other things before the answer")
        request = render(workspace, name, case.question, changes)
    except CairnError as error:
        raise NotTrainable(f"the task can't be asked it: {error.message}") from error
    if not request.messages:
        raise NotTrainable("the task answers it without a model")
    before = [{"role": role, "content": text} for role, text in case.history]
    request.messages = [*request.messages[:-1], *before, request.messages[-1]]
    return task, request


def _reply(workspace: Workspace, task: Task, case: Case, request: Request) -> tuple[Message, str]:
    """The gold as the task's model would have to write it, and its kind."""
    if case.tool_calls:
        return _calls([_call(one) for one in case.tool_calls]), "calls"
    if task.strategy in _AGENTS:
        raise NotTrainable("an agent would learn to answer without its tools: only answers that were given teach calls")
    if case.refuse:
        return _text(_declining(workspace, task, case)), "refuse"
    match task.strategy:
        case "sql":
            return _text(f"```sql\n{_given(case.query, 'query')}\n```"), "query"
        case "classify":
            label = match_label(_given(case.label, "label"), task.labels) if task.labels else case.label
            return _text(_given(label, "label of the task's")), str(label)
        case "extract":
            fields = _given(case.fields, "fields")
            if request.tools:
                return _calls([(request.tools[0]["function"]["name"], dict(fields))]), "fields"
            return _text(json.dumps(fields, ensure_ascii=False)), "fields"
        case _:
            return _text(_given(case.answers, "answer")[0]), "answer"


def _given(value: Any, name: str) -> Any:
    if not value:
        raise NotTrainable(f"it has no {name}")
    return value


def _declining(workspace: Workspace, task: Task, case: Case) -> str:
    """The sentence by which the template declines, in the question's language."""
    try:
        sentences = workspace.prompts.template(task.name, task.template).head.no_answer
    except CairnError:
        sentences = ()
    alike = [one for one in sentences if has_cjk(one) == has_cjk(case.question)]
    return str(_given(next(iter(alike), None), "sentence to decline by in its template (`no_answer`)"))


def _call(gold: CallGold) -> tuple[str, dict[str, Any]]:
    """Of an argument's alternatives the first; one that may be left out is."""
    arguments = {
        name: cast(list[Any], value)[0] if isinstance(value, list) and value else value
        for name, value in gold.arguments.items()
        if not (isinstance(value, list) and "" in value)
    }
    return gold.name, arguments


def _calls(calls: Sequence[tuple[str, dict[str, Any]]], first: int = 1) -> Message:
    made = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)},
        }
        for number, (name, arguments) in enumerate(calls, first)
    ]
    return {"role": "assistant", "content": None, "tool_calls": made}


def _text(text: str) -> Message:
    return {"role": "assistant", "content": text}


def _steps(answer: Answer) -> list[Message]:
    """The calls of an agent, one after the other, each with what came back."""
    if answer.strategy not in _AGENTS:
        return []
    messages: list[Message] = []
    for number, step in enumerate((step for step in answer.steps if step.within is None), 1):
        messages.append(_calls([(step.tool, step.arguments)], number))
        messages.append({"role": "tool", "tool_call_id": f"call_{number}", "content": step.result or step.error or ""})
    return messages


def _same_passages(answer: Answer, request: Request) -> bool:
    """Whether the prompt has the passages that the answer's numbers mean, in their order."""
    prompt = _squeezed("\n".join(str(message["content"]) for message in request.messages))
    place = 0
    for source in answer.sources:
        place = prompt.find(_squeezed(source["quote"])[:80], place)
        if place < 0:
            return False
    return True


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _doubts(task: Task, case: Case, request: Request) -> list[str]:
    if task.strategy != "rag" or case.refuse or not case.answers:
        return []
    prompt = "\n".join(str(message["content"]) for message in request.messages)
    found = ["cites nothing"] if "[" not in case.answers[0] else []
    quotes = [source.text for source in case.sources if source.text] or [case.answers[0]]
    if not all(holds(quote, prompt) or normalise(quote) in normalise(prompt) for quote in quotes):
        found.append("does not stand in the passages of its prompt")
    return found
