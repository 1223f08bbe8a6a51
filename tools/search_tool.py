"""The `search` tool: passages of the user's documents, numbered as sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from langchain_core.documents import Document
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import Field

from cairn.core.clean_text import TokenCount
from cairn.core.errors import CairnError, ToolError
from cairn.core.passages import write_passages
from cairn.core.task import Retrieval, Task
from cairn.tools.tool_home import ToolHome
from cairn.tools.tool_invocation import READS

if TYPE_CHECKING:
    from cairn.retrieval.retriever import CairnRetriever, Searchable


class SearchTool(StructuredTool):
    """What a model calls, with what makes its retriever, for strategies that search themselves."""

    open: Callable[[], Any] = Field(exclude=True, repr=False)

    @cached_property
    def retriever(self) -> CairnRetriever:
        """Made for the first search, which opens the documents."""
        return self.open()


def search_tools(home: ToolHome, task: Task, _count: TokenCount) -> list[BaseTool]:
    """The group `search` of a task."""
    return [_search_tool(lambda: home.library, task.retrieval)]


def make_search(library: Searchable, retrieval: Retrieval) -> SearchTool:
    """The tool over one library, searching as the task's `retrieval` says. Its artifact is the passages' Documents."""
    return _search_tool(lambda: library, retrieval)


def _search_tool(open: Callable[[], Searchable], retrieval: Retrieval) -> SearchTool:
    def search(query: str) -> tuple[str, list[Document]]:
        """Search the user's documents (handbooks, policies, manuals, notes) and return the passages that fit best.

        The passages are numbered: cite them as [1], [2]. Ask for one thing at a time, in the documents' language,
        with the words that would stand in the text.

        Args:
            query: What to look for: keywords or a question.
        """
        found = find(made.retriever, query)
        return write_passages(found), found

    def retriever() -> CairnRetriever:
        from cairn.retrieval.retriever import CairnRetriever

        return CairnRetriever.from_library(open(), retrieval)

    tool = SearchTool.from_function(search, open=retriever, metadata=READS, response_format="content_and_artifact")
    made = cast(SearchTool, tool)  # from_function makes one of its own class
    return made


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
