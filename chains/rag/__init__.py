"""`rag`: search first, then answer from what was found; the template decides how."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from cairn.chains.bounded_calls import Helper, HelperError, need_writer
from cairn.chains.checks.answer_checks import check
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable, in_time
from cairn.chains.rag.search_queries import Queries, make_queries, stage
from cairn.core import event_loop
from cairn.core.clean_text import has_cjk
from cairn.core.errors import CairnError, TaskError
from cairn.core.events import emit, silent
from cairn.core.passages import INDENT, label_of, number_of, write_passages
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.models.answer_forms import order_of
from cairn.models.guarded_model import guarded
from cairn.retrieval.retriever import CairnRetriever
from cairn.retrieval.search_pipeline import Judge
from cairn.tools.search_tool import SearchTool, find
from cairn.tools.tool_invocation import observe

NOTHING_FOUND = ("Nothing about this was found in the documents.", "在文档中没有找到与此有关的内容。")
_TOOL = "search"
MOST_PASSAGES = 20
_CHARACTERS = 1_200
_ORDER = re.compile(r"\W*\d+(?:\W+\d+)*\W*")


def rag(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    """Make the question whole, search, answer from the passages, and check the answer against them.

    Each of these steps is what `task.retrieval` and `task.citations` say. Raises TaskError for a step that this model
    can't do, ToolError, ModelError.
    """
    need_writer(model, *_written(task))
    spec = task.citations
    chat_model = guarded(model)

    async def answer(turn: Turn) -> Reply:
        helper = Helper(model, task.limits)
        queries = await make_queries(turn, task.retrieval, helper)
        judge = make_judge(helper) if "judge" in task.retrieval.rerank else None
        context, found = await search(retriever_of(tools, judge), queries)
        if not found:
            emit("notice", {"text": NOTHING_FOUND[0]})
            if spec.only_documents:
                return Reply(NOTHING_FOUND[has_cjk(turn.question)])
        held_back = spec.check != "none" and spec.unverified == "drop"
        with silent() if held_back else nullcontext():
            asked = chat_model.ainvoke(turn.prompt.messages(context=context))
            left = max(helper.seconds_left, task.limits.seconds / 2)  # however long the indexes took to open
            said = await in_time(left, asked, task.limits.seconds)
        stopped_by = said.stopped_by if isinstance(said, Reply) else None
        return Reply(await check(said.text, found, spec, helper, question=turn.question), stopped_by)

    return StrategyRunnable("rag", task, answer)


def _written(task: Task) -> list[str]:
    """The settings for which the model has to write something of its own."""
    retrieval = task.retrieval
    asked = {
        "retrieval.rewrite: model": retrieval.rewrite == "model",
        f"retrieval.expand: {retrieval.expand}": retrieval.expand != "none",
        "retrieval.rerank: [judge]": "judge" in retrieval.rerank,
        "citations.check: judge": task.citations.check == "judge",
    }
    return [name for name, wanted in asked.items() if wanted]


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


def make_judge(helper: Helper) -> Judge:
    """The reranker `judge`, for a `CairnRetriever`, which calls it in a thread of its own: all passages in one call.

    Listwise, as in RankGPT (Sun et al. 2023, arXiv 2304.09542), without its sliding window: what comes first is short.
    """

    def judge(query: str, documents: list[Document]) -> list[Document]:
        async def work() -> list[Document]:
            return await reranked(query, documents, helper)

        def describe(found: list[Document]) -> str:
            return " > ".join(str(documents.index(one) + 1) for one in found[:MOST_PASSAGES])

        async def told() -> list[Document] | None:
            return await stage("judge", work, describe)

        return (event_loop.wait(told()) if len(documents) > 1 else None) or documents

    return judge


async def reranked(query: str, documents: Sequence[Document], helper: Helper) -> list[Document]:
    """The passages in the model's order; those that it does not name, or was not shown, follow. Raises HelperError."""
    shown = list(documents[:MOST_PASSAGES])
    said = await helper.ask(
        "rerank",
        order_of(len(shown)),
        question=query,
        passages="\n\n".join(map(_write, range(1, len(shown) + 1), shown)),
    )
    order = read_order(said, len(shown))
    rest = [n for n in range(len(shown)) if n not in order]
    return [shown[n] for n in [*order, *rest]] + list(documents[MOST_PASSAGES:])


def read_order(said: str, count: int) -> list[int]:
    """`[2] > [1]` as indices from 0. Raises HelperError for an answer that is not an order of 1 to `count`."""
    lines = [line for line in said.splitlines() if _ORDER.fullmatch(line)]
    order = [int(number) - 1 for number in re.findall(r"\d+", lines[-1])] if lines else []
    if not order or len(set(order)) != len(order) or not set(order) <= set(range(count)):
        raise HelperError("its answer was not an order of the passages")
    return order


def _write(number: int, document: Document) -> str:
    lines = document.page_content[:_CHARACTERS].splitlines()
    return "\n".join([f"[{number}] {label_of(document)}", *(INDENT + line for line in lines)])
