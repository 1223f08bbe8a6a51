"""What an answer rests on: whether anything was looked up, what its passages bear out, whether it is one."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from cairn.agents.tool_calls import ToolCaller
from cairn.chains.bounded_calls import Helper, need_writer
from cairn.chains.checks.answer_checks import check
from cairn.core.clean_text import CJK, approximate_tokens, has_cjk, normalise
from cairn.core.errors import ModelAnswerError
from cairn.core.events import Event, also_listening, emit
from cairn.core.strategy import Reply
from cairn.core.task import Task
from cairn.prompts.template import Template, all_steps

NOT_LOOKED_UP = "Nothing was looked up: this is the model's own."
NOT_LOOKED_UP_ZH = "没有查阅任何资料：这是模型自己的说法。"
_LOOKING = frozenset({"tool_finished", "sources", "table"})
_CALL = re.compile(r"(?:\d{1,3}[.)]\s*)?`*\w+\(.*\)`*;?")
_NUMERAL_ZH = "零一二两三四五六七八九十百千万亿"
_TELLING = re.compile(
    rf"\d[\d.,]*|(?<=[^\W\d_]\s)[A-ZÀ-Þ][^\W\d_{CJK}]+|(?<=[{CJK}])[A-Za-z][A-Za-z]+"
    rf"|[{_NUMERAL_ZH}]{{2,}}|[{_NUMERAL_ZH}](?=[个名位条件天年月日元次家])"
)
"""Figures, and capitalised words within a sentence; of Chinese text its figures and foreign names."""
_COPIED = 20
"""Of so many tokens and more, an answer that is nothing but the prompt's wording is a copy."""
_MOSTLY = 0.8
_QUOTED = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|「[^」\n]*」|(?<!\w)'[^'\n]*'(?!\w)")
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*|\n+")


@dataclass
class Lookups:
    """`looked_up`: a tool came back, or there are passages or a query's rows."""

    looked_up: bool = False

    def record(self, type: str) -> None:
        self.looked_up = self.looked_up or type in _LOOKING


@contextmanager
def watching(earlier: Sequence[Event] = ()) -> Generator[Lookups]:
    """What is told inside, and was told before the run was broken off."""
    seen = Lookups()
    for event in earlier:
        seen.record(event.type)
    with also_listening(lambda type, _data: seen.record(type)):
        yield seen


def is_own(reply: Reply, known: str, seen: Lookups) -> bool:
    """Whether a figure or a name in the reply is the model's own: nothing was looked up, and `known`, which is all
    that the model was told, does not have it."""
    return not seen.looked_up and _tells_more_than(reply.text, known)


def tell_own(reply: Reply) -> None:
    """The notice, in the reply's language."""
    chinese = has_cjk(reply.text)
    emit("notice", {"text": NOT_LOOKED_UP_ZH if chinese else NOT_LOOKED_UP})


def _tells_more_than(text: str, known: str) -> bool:
    known = normalise(known)
    return any(normalise(match[0]).rstrip(".,") not in known for match in _TELLING.finditer(text))


def refuse_no_answer(reply: Reply, template: Template, tools: Iterable[BaseTool]) -> None:
    """Raises ModelAnswerError for what is only a call written as text, or a copy of the prompt's own wording."""
    text = reply.text.strip().strip("`").strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and all(map(_CALL.fullmatch, lines)) and _calls_something(lines, [tool.name for tool in tools]):
        raise ModelAnswerError(
            "The model wrote a call in place of an answer.", "Ask again, or use a model that is better at tools."
        )
    if _is_copy(text, [template, *all_steps()]):
        raise ModelAnswerError(
            "The model gave back its instructions in place of an answer.",
            "Ask again, choose a shorter template, or use another model.",
        )


def _calls_something(lines: Sequence[str], tools: Sequence[str]) -> bool:
    """A tool, or a plan's closing call: `f(x)` alone may be what was asked for."""
    names = [re.split(r"\(", re.sub(r"^\d+[.)]\s*", "", line.strip("`")), maxsplit=1)[0] for line in lines]
    return all(name in ("join", "finish", *tools) for name in names)


def _is_copy(text: str, templates: Iterable[Template]) -> bool:
    """What a template quotes is meant to be said as it stands."""
    sentences = [said for piece in _SENTENCE.split(text) if (said := normalise(piece.strip(" -*#>")))]
    sizes = [approximate_tokens(said) for said in sentences]  # of two texts beside each other, whoever wrote them
    if sum(sizes) < _COPIED:
        return False
    wording = [normalise(_QUOTED.sub(" ", part.text)) for template in templates for part in template.parts]
    copied = sum(size for said, size in zip(sentences, sizes, strict=True) if any(said in one for one in wording))
    return copied >= _MOSTLY * sum(sizes)


def need_judge(task: Task, model: BaseChatModel) -> None:
    """Raises TaskError where the model is to judge and can't."""
    if task.citations.check == "judge":
        need_writer(model, "citations.check: judge")


async def checked(reply: Reply, model: BaseChatModel, caller: ToolCaller) -> Reply:
    """The reply as the task's `citations` want it shown. What a limit cut short stays as it is."""
    passages, citations = caller.documents, caller.task.citations
    if reply.stopped_by or not passages:
        return reply
    text = await check(
        reply.text,
        passages,
        citations,
        Helper(model, caller.budget.remaining()),
        question=caller.turn.question,
        cited_only=not citations.only_documents,
    )
    return replace(reply, text=text)
