"""The `search` tool: passages of the user's documents, numbered as sources."""

from __future__ import annotations

from langchain_core.tools import BaseTool, tool

from cairn.errors import CairnError, ToolError
from cairn.passages import cite
from cairn.task import Retrieval
from retrieval.library import Library


def make_search(library: Library, retrieval: Retrieval) -> BaseTool:
    """The tool over one library, searching as the task's `retrieval` says."""

    @tool
    def search(query: str) -> str:
        """Search the user's documents (handbooks, policies, manuals, notes) and return the passages that fit best.

        The passages are numbered: cite them as [1], [2]. Ask for one thing at a time, in the documents' language,
        with the words that would stand in the text.

        Args:
            query: What to look for: keywords or a question.
        """
        if not query.strip():
            raise ToolError("The query is empty.", "Say what to look for.")
        try:
            hits = library.search(
                query,
                mode=retrieval.mode,
                k=retrieval.k,
                max_tokens=retrieval.max_tokens,
                collections=retrieval.collections,
            )
        except ToolError:
            raise
        except CairnError as error:
            raise ToolError(error.message, error.hint) from error
        return cite(hits)

    return search
