"""The `search` tool: passages of the user's documents, numbered as sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import Field

from cairn.core.errors import CairnError, ToolError
from cairn.core.passage_text import write_passages
from cairn.core.task import Retrieval, Task
from cairn.tools.tool_home import ToolHome
from cairn.tools.tool_invocation import READS

if TYPE_CHECKING:
    from cairn.retrieval.retriever import CairnRetriever, Searchable


class SearchTool(StructuredTool):
    """What a model calls, with what makes its retriever, for strategies that search themselves."""

    make_retriever: Callable[[], Any] = Field(exclude=True, repr=False)

    @property
    def retriever(self) -> CairnRetriever:
        """Over the library, which is opened now if it was not."""
        return self.make_retriever()


def search_tools(home: ToolHome, task: Task) -> list[BaseTool]:
    """The group `search` of a task; the documents are opened by the first search."""
    return [_over(lambda: home.library, task.retrieval)]


def make_search(library: Searchable, retrieval: Retrieval) -> SearchTool:
    """The tool over one library, searching as `retrieval` says. Its artifact is the passages' Documents."""
    return _over(lambda: library, retrieval)


def _over(library: Callable[[], Searchable], retrieval: Retrieval) -> SearchTool:
    def retriever() -> CairnRetriever:
        from cairn.retrieval.retriever import CairnRetriever

        return CairnRetriever.from_library(library(), retrieval)

    def search(query: str) -> tuple[str, list[Document]]:
        """Search the user's documents (handbooks, policies, manuals, notes) and return the passages that fit best.

        The passages are numbered: cite them as [1], [2]. Ask for one thing at a time, in the documents' language,
        with the words that would stand in the text.

        Args:
            query: What to look for: keywords or a question.
        """
        found = find(retriever(), query)
        return write_passages(found), found

    form = "content_and_artifact"
    tool = SearchTool.from_function(search, make_retriever=retriever, metadata=READS, response_format=form)
    assert isinstance(tool, SearchTool)  # noqa: S101 (from_function makes one of its own class)
    return tool


def find(retriever: CairnRetriever, query: str, also: Sequence[str] = ()) -> list[Document]:
    """The best passages; `also` are further phrasings. Raises ToolError."""
    if not query.strip():
        raise ToolError("The query is empty.", "Say what to look for.")
    try:
        return retriever.invoke(query, {"run_name": "search"}, also=also)
    except ToolError:
        raise
    except CairnError as error:
        raise ToolError(error.message, error.hint) from error
