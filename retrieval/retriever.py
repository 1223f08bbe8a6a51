"""A library as a LangChain retriever: what everything above retrieval searches by."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from cairn.core.errors import UsageError
from cairn.core.filters import Filters
from cairn.core.passages import numbered
from cairn.core.task import Retrieval
from cairn.retrieval.hit import Hit, as_documents
from cairn.retrieval.search_pipeline import Judge

_OF_RAG = frozenset({"rewrite", "expand", "queries"})


@runtime_checkable
class Searchable(Protocol):
    """What a retriever asks of a `Library`."""

    def search(
        self,
        query: str,
        spec: Retrieval,
        *,
        also: Sequence[str] = (),
        where: Filters = ...,
        judge: Judge | None = None,
    ) -> list[Hit]: ...


class CairnRetriever(BaseRetriever, Retrieval):
    """Finds passages in a library: sync and async, alone or within anyone's chain.

        >>> from cairn import CairnRetriever, Filters, retriever
        >>> found = retriever(k=8, where=Filters(source="benefits"))
        >>> isinstance(found, CairnRetriever)
        True

    Each option of `core.task.Retrieval` is a field and does what it does in a task, but for `rewrite`, `expand` and
    `queries`: these are steps that strategy `rag` takes before it searches, since they need a conversation or a chat
    model. `where` narrows before the cut, as `tag:hr` in a query does. `judge` is called for the reranker of that name.
    (`tags` and `metadata` are LangChain's own, for tracing.)

    A passage's Document has a text, an id that is the same in every search, and the metadata of
    `core.passages.PassageMetadata`. Within a run of Cairn its number is the one that the run cites it by.
    """

    library: Searchable = Field(repr=False, exclude=True)
    where: Filters = Filters()
    judge: Judge | None = Field(default=None, repr=False, exclude=True)

    @classmethod
    def from_library(
        cls,
        library: Searchable,
        retrieval: Retrieval | None = None,
        *,
        where: Filters | None = None,
        judge: Judge | None = None,
        **options: Any,
    ) -> CairnRetriever:
        """A retriever over one library.

        Args:
            library: Where to search.
            retrieval: A task's options, to begin with; else the defaults.
            where: Which documents to search: of a source, tag, date...
            judge: Puts passages in order for the reranker `judge`, which otherwise changes nothing.
            options: Options of `core.task.Retrieval` that replace those, such as `k=8` or `collections=["hr"]`.

        Returns:
            The retriever.

        Raises:
            UsageError: for an option that a search alone can't do.
            ValidationError: for an option that there is not, or a value that it can't have.
        """
        if refused := sorted(_OF_RAG & options.keys()):
            raise UsageError(
                f"A retriever can't do `{refused[0]}`, which needs a conversation or a chat model.",
                "Leave it out here, and set it in a task with strategy `rag`.",
            )
        given = {**(retrieval or Retrieval()).model_dump(), **options}
        return cls(library=library, where=where or Filters(), judge=judge, **given)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, also: Sequence[str] = ()
    ) -> list[Document]:
        """`also`: further phrasings, whose results are fused with the query's."""
        return self._search(query, also)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, also: Sequence[str] = ()
    ) -> list[Document]:
        return await asyncio.to_thread(self._search, query, also)

    def _search(self, query: str, also: Sequence[str]) -> list[Document]:
        hits = self.library.search(query, self, also=also, where=self.where, judge=self.judge)
        return numbered(as_documents(hits))
