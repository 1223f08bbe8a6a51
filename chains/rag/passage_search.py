"""Searching on the way to an answer: told as calls of the search tool, which they are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.tools import BaseTool

from cairn.chains.rag.search_queries import Queries
from cairn.core.errors import CairnError, TaskError
from cairn.core.hit import Hit
from cairn.core.passage_text import cite, read_passages
from cairn.core.run_traces import traced
from cairn.retrieval.search_pipeline import Judge, within
from cairn.tools.search_tool import Searcher, SearchTool
from cairn.tools.tool_invocation import observe

_TOOL = "search"


@dataclass(frozen=True, slots=True)
class Found:
    """`context`: the numbered passages as the prompt takes them; `hits` by their numbers."""

    context: str
    hits: dict[int, Hit]


def searcher_of(tools: Sequence[BaseTool]) -> Searcher:
    """Raises TaskError."""
    for tool in tools:
        if isinstance(tool, SearchTool):
            return tool.searcher
    raise TaskError("This way of answering needs the tool 'search'.", "Add it to `tools` in the task.")


async def find(searcher: Searcher, queries: Queries, judge: Judge | None = None) -> Found:
    """The passages for a query, or for each part of it at once. Raises ToolError where every search failed."""
    if not queries.parts:
        return _found(await _search(searcher, queries.query, queries.also, judge))
    room = max(1, searcher.retrieval.max_tokens // len(queries.parts))
    searches = [_search(searcher, part, (), judge, room) for part in queries.parts]
    done = await asyncio.gather(*searches, return_exceptions=True)
    errors = [outcome for outcome in done if isinstance(outcome, BaseException)]
    unforeseen = [error for error in errors if not isinstance(error, CairnError)]
    if unforeseen or len(errors) == len(done):
        raise [*unforeseen, *errors][0]
    return _by_part(queries.parts, [[] if isinstance(hits, BaseException) else hits for hits in done])


async def _search(
    searcher: Searcher, query: str, also: Sequence[str], judge: Judge | None, room: int | None = None
) -> list[Hit]:
    """`room`: at most so many tokens of passages, where several searches share the prompt."""
    found: list[Hit] = []

    async def call() -> str:
        hits = await asyncio.to_thread(searcher.find, query, also, judge)
        found.extend(hits if room is None else within(hits, len(hits), room))
        return cite(found)

    arguments: dict[str, Any] = {"query": query} | ({"also": list(also)} if also else {})
    observation = await observe(_TOOL, arguments, traced(_TOOL, "retriever", arguments)(call))
    if observation.error is not None:
        raise observation.error
    return found


def _found(hits: Sequence[Hit]) -> Found:
    context = cite(hits)
    return Found(context, {passage.number: hit for passage, hit in zip(read_passages(context), hits, strict=True)})


def _by_part(parts: Sequence[str], found: Sequence[Sequence[Hit]]) -> Found:
    """Under each sub-question its passages; one that was there before is only named again."""
    context: list[str] = []
    known: dict[int, Hit] = {}
    for part, hits in zip(parts, found, strict=True):
        own = _found(hits)
        fresh = [hit for number, hit in own.hits.items() if number not in known]
        again = [f"[{number}]" for number in own.hits if number in known]
        see = f" (see {', '.join(again)} too)" if again and fresh else f" (see {', '.join(again)})" if again else ""
        context.append(f"For the question: {' '.join(part.split())}{see}")
        context += [cite(fresh)] if fresh or not again else []
        known |= own.hits
    return Found("\n\n".join(context), known)
