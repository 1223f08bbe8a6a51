"""The `search` tool: passages of the user's documents, numbered as sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from langchain_core.tools import BaseTool, StructuredTool

from cairn.core.errors import CairnError, ToolError
from cairn.core.hit import Hit
from cairn.core.passage_text import cite
from cairn.core.task import Retrieval, Task
from cairn.tools.tool_home import ToolHome
from cairn.tools.tool_invocation import READS

if TYPE_CHECKING:
    from cairn.retrieval.search_pipeline import Judge


@runtime_checkable
class Searchable(Protocol):
    """What is asked of a `Library`."""

    def search(
        self, query: str, spec: Retrieval, *, also: Sequence[str] = (), judge: Judge | None = None
    ) -> list[Hit]: ...


@dataclass(frozen=True, slots=True)
class Searcher:
    """One library, searched as the task's `retrieval` says: for the tool and for strategies that search themselves."""

    library: Searchable
    retrieval: Retrieval

    def find(self, query: str, also: Sequence[str] = (), judge: Judge | None = None) -> list[Hit]:
        """The best passages; `also` and `judge` are those of `Library.search`. Raises ToolError."""
        if not query.strip():
            raise ToolError("The query is empty.", "Say what to look for.")
        try:
            return self.library.search(query, self.retrieval, also=also, judge=judge)
        except ToolError:
            raise
        except CairnError as error:
            raise ToolError(error.message, error.hint) from error


class SearchTool(StructuredTool):
    """What a model calls, with the searcher behind it."""

    searcher: Searcher


class LateLibrary:
    """The documents of a home, opened by the first search."""

    def __init__(self, home: ToolHome) -> None:
        self._home = home

    def search(self, query: str, spec: Retrieval, *, also: Sequence[str] = (), judge: Judge | None = None) -> list[Hit]:
        """As `Library.search`."""
        return self._home.library.search(query, spec, also=also, judge=judge)


def search_tools(home: ToolHome, task: Task) -> list[BaseTool]:
    """The group `search` of a task."""
    return [make_search(LateLibrary(home), task.retrieval)]


def make_search(library: Searchable, retrieval: Retrieval) -> SearchTool:
    """The tool over one library, searching as the task's `retrieval` says."""
    searcher = Searcher(library, retrieval)

    def search(query: str) -> str:
        """Search the user's documents (handbooks, policies, manuals, notes) and return the passages that fit best.

        The passages are numbered: cite them as [1], [2]. Ask for one thing at a time, in the documents' language,
        with the words that would stand in the text.

        Args:
            query: What to look for: keywords or a question.
        """
        return cite(searcher.find(query))

    tool = SearchTool.from_function(search, searcher=searcher, metadata=READS)
    assert isinstance(tool, SearchTool)  # noqa: S101 (from_function makes one of its own class)
    return tool
