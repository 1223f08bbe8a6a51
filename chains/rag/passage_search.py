"""Searching on the way to an answer: told as calls of the search tool, which they are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from langchain_core.documents import Document
from langchain_core.tools import BaseTool

from cairn.chains.rag.search_queries import Queries
from cairn.core.errors import CairnError, TaskError
from cairn.core.passages import number_of, write_passages
from cairn.retrieval.retriever import CairnRetriever
from cairn.retrieval.search_pipeline import Judge
from cairn.tools.search_tool import SearchTool, find
from cairn.tools.tool_invocation import observe

_TOOL = "search"


def retriever_of(tools: Sequence[BaseTool], judge: Judge | None = None) -> CairnRetriever:
    """That of the search tool, with `judge`. Raises TaskError."""
    for tool in tools:
        if isinstance(tool, SearchTool):
            return tool.retriever.model_copy(update={"judge": judge})
    raise TaskError("This way of answering needs the tool 'search'.", "Add it to `tools` in the task.")


async def search(retriever: CairnRetriever, queries: Queries) -> tuple[str, list[Document]]:
    """The passages for a query, or for each part of it at once: as the prompt takes them, and as Documents.

    Raises ToolError where every search failed.
    """
    if not queries.parts:
        found = await _search(retriever, queries.query, queries.also)
        return write_passages(found), found
    share = max(1, retriever.max_tokens // len(queries.parts))
    retriever = retriever.model_copy(update={"max_tokens": share})
    done = await asyncio.gather(*(_search(retriever, part) for part in queries.parts), return_exceptions=True)
    errors = [outcome for outcome in done if isinstance(outcome, BaseException)]
    unforeseen = [error for error in errors if not isinstance(error, CairnError)]
    if unforeseen or len(errors) == len(done):
        raise [*unforeseen, *errors][0]
    return _by_part(queries.parts, [[] if isinstance(found, BaseException) else found for found in done])


async def _search(retriever: CairnRetriever, query: str, also: Sequence[str] = ()) -> list[Document]:
    found: list[Document] = []

    async def call() -> str:
        found.extend(await asyncio.to_thread(find, retriever, query, also))
        return write_passages(found)

    arguments: dict[str, Any] = {"query": query} | ({"also": list(also)} if also else {})
    observation = await observe(_TOOL, arguments, call)
    if observation.error is not None:
        raise observation.error
    return found


def _by_part(parts: Sequence[str], found: Sequence[Sequence[Document]]) -> tuple[str, list[Document]]:
    """Under each sub-question its passages; one that was there before is only named again."""
    context: list[str] = []
    known: dict[int, Document] = {}
    for part, documents in zip(parts, found, strict=True):
        own = {number_of(document): document for document in documents}
        fresh = [document for number, document in own.items() if number not in known]
        again = [f"[{number}]" for number in own if number in known]
        see = f" (see {', '.join(again)} too)" if again and fresh else f" (see {', '.join(again)})" if again else ""
        context.append(f"For the question: {' '.join(part.split())}{see}")
        context += [write_passages(fresh)] if fresh or not again else []
        known |= own
    return "\n\n".join(context), list(known.values())
