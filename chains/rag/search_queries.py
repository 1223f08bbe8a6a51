"""What is searched for: the question, made whole from the thread, in other words, or in parts."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from langchain_core.messages import BaseMessage

from cairn.chains.bounded_calls import Helper, HelperError, listed_lines
from cairn.core.clean_text import has_cjk
from cairn.core.events import emit
from cairn.core.filters import parse_filters
from cairn.core.strategy import Turn
from cairn.core.task import Retrieval
from cairn.models.answer_forms import bulleted, one_line
from cairn.retrieval.search_terms import content_terms

_MOST_TOLD = 6
_TOLD_CHARACTERS = 600
_LONGEST_QUESTION = 500
_T = TypeVar("_T")
_MOST_TURNS = 5
_LONGEST = 400
_FEW = 1
_BEFORE = 2
_SHORT = 8
_LEANS = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|thanks|yes|no)\W+)?(?:and|or|but|so|then|also|what about|how about)\b"
    r"|\b(?:it|its|they|them|their|he|him|his|she|her|this|that|these|those|ones?|then|same|else|instead"
    r"|(?<!is )(?<!are )there)\b",
    re.IGNORECASE,
)
_LEANS_ZH = re.compile(
    r"^\W*(?:那|还有|另外|和|如果|要是)|呢(?:\W|$)|它|(?<!其)[他她]|[这那](?!么|样)|该|其(?![他它余中实])"
)


@dataclass(frozen=True, slots=True)
class Queries:
    """`also`: searched with the query, the results fused. `parts`: searched instead, each on its own."""

    query: str
    also: Sequence[str] = ()
    parts: Sequence[str] = ()


async def make_queries(turn: Turn, spec: Retrieval, helper: Helper) -> Queries:
    """Never fails: where a helper call does, the search goes on without it, and a notice says so."""
    query = await _rewrite(turn, spec, helper)
    if spec.expand == "none":
        return Queries(query)
    expand = _EXPANSIONS[spec.expand]
    found = await stage(spec.expand, lambda: expand(query, spec, helper), _describe)
    return found or Queries(query)


async def _rewrite(turn: Turn, spec: Retrieval, helper: Helper) -> str:
    if spec.rewrite == "none" or not turn.history:
        return turn.question
    rewrite = _by_thread if spec.rewrite == "thread" else _by_model
    whole = await stage(f"rewrite by {spec.rewrite}", lambda: rewrite(turn, helper), lambda text: text)
    return whole or turn.question


async def _by_thread(turn: Turn, _helper: Helper) -> str:
    asked = [message.text for message in turn.history if message.type == "human"]
    return complete(turn.question, asked)


async def _by_model(turn: Turn, helper: Helper) -> str:
    said = await helper.ask("rewrite", one_line(), question=turn.question, conversation=_conversation(turn.history))
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if len(lines) != 1 or len(lines[0]) > _LONGEST_QUESTION:
        raise HelperError("its answer was not one question")
    return lines[0].strip('"“”')


async def _multi_query(query: str, spec: Retrieval, helper: Helper) -> Queries:
    said = await helper.ask("multi_query", bulleted(spec.queries), question=query, count=str(spec.queries))
    return Queries(query, also=[other for other in listed_lines(said, spec.queries) if other != query])


async def _hyde(query: str, _spec: Retrieval, helper: Helper) -> Queries:
    """A made-up answer is nearer to the real ones than the question is (Gao et al. 2022, arXiv 2212.10496)."""
    return Queries(query, also=[await helper.ask("hyde", question=query)])


async def _decompose(query: str, spec: Retrieval, helper: Helper) -> Queries:
    said = await helper.ask("decompose", bulleted(spec.queries), question=query, count=str(spec.queries))
    parts = listed_lines(said, spec.queries)
    return Queries(query, parts=parts if len(parts) > 1 else ())


_EXPANSIONS: dict[str, Callable[[str, Retrieval, Helper], Awaitable[Queries]]] = {
    "multi_query": _multi_query,
    "hyde": _hyde,
    "decompose": _decompose,
}


async def stage(name: str, work: Callable[[], Awaitable[_T]], describe: Callable[[_T], str]) -> _T | None:
    """The result of `work`, told as a stage with its time; None, and a notice, where a helper call failed."""
    began = time.perf_counter()
    try:
        result = await work()
        detail = describe(result)
    except HelperError as error:
        emit("notice", {"text": f"Answered without `{name}`: {error}."})
        result, detail = None, f"failed: {error}"
    emit("stage", {"name": name, "detail": detail, "milliseconds": (time.perf_counter() - began) * 1000})
    return result


def _describe(queries: Queries) -> str:
    return " | ".join([*queries.also, *queries.parts]) or "the question is searched for as it is"


def _conversation(history: Sequence[BaseMessage]) -> str:
    """The last turns, each cut to a few lines."""
    names = {"human": "User", "ai": "Assistant"}
    told = [m for m in history if m.type in names][-_MOST_TOLD:]
    return "\n".join(f"{names[m.type]}: {' '.join(m.text.split())[:_TOLD_CHARACTERS]}" for m in told)


def complete(question: str, before: Sequence[str]) -> str:
    """`question` with the one it leans on behind it; where that leans too, with the one before, and so on.

    `before`: what was asked, oldest first. A filter such as `tag:hr` holds for its own question only.
    """
    whole = [question]
    for asked in reversed(before[-_MOST_TURNS:]):
        if not leans(whole[-1]):
            break
        whole.append(parse_filters(asked[:_LONGEST])[0])
    return " ".join(whole)


def leans(question: str) -> bool:
    """Whether it hardly says what it is about, or is short and opens as a second one or points early at the unsaid."""
    content = len(content_terms(question))
    match = (_LEANS_ZH if has_cjk(question) else _LEANS).search(question)
    if match is None or has_cjk(question):
        return match is not None or content <= _FEW
    return content <= (_SHORT if len(content_terms(question[: match.start()])) <= _BEFORE else _FEW)
