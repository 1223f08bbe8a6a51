"""The reranker `judge`: the chat model puts the found passages in order, all in one call.

Listwise, as in RankGPT (Sun et al. 2023, arXiv 2304.09542), without its sliding window: what is found first is short.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from langchain_core.documents import Document

from cairn.chains.bounded_calls import Helper, HelperError
from cairn.chains.rag.search_queries import stage
from cairn.core import event_loop
from cairn.core.passages import INDENT, label_of
from cairn.models.answer_forms import order_of
from cairn.retrieval.search_pipeline import Judge

MOST_PASSAGES = 20
_CHARACTERS = 1_200
_ORDER = re.compile(r"\W*\d+(?:\W+\d+)*\W*")


def make_judge(helper: Helper) -> Judge:
    """For a `CairnRetriever`, which calls it in a thread of its own."""

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
