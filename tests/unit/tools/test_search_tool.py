from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.core.app_database import Database
from cairn.core.errors import StorageError, ToolError
from cairn.core.passages import NOTHING_FOUND, citing, metadata_of, number_of, write_passages
from cairn.core.settings import Home, Settings
from cairn.core.task import Retrieval
from cairn.models.embeddings import make_embeddings
from cairn.retrieval.library import Library
from cairn.tools.search_tool import make_search
from tests.artifacts import called


@pytest.fixture
def library(home: Home, settings: Settings, database: Database, tmp_path: Path) -> Iterator[Library]:
    opened = Library(home, settings, database, make_embeddings(settings))
    (tmp_path / "leave.md").write_text("# Leave\n\n## Parental\n\nParents get 20 weeks.\n\n## Sick\n\nCall in.\n")
    opened.add([tmp_path / "leave.md"])
    yield opened
    opened.close()


def test_passages_come_back_numbered_with_their_place(library: Library, tmp_path: Path) -> None:
    search = make_search(library, Retrieval(k=1))
    with citing():
        text, [passage] = called(search, query="parental leave")
        again = called(search, query="call in sick")[1]
    assert text == write_passages([passage])
    assert text.startswith("[1] Leave > Parental <leave.md>\n")
    assert (number_of(passage), metadata_of(passage)["source"]) == (1, str(tmp_path / "leave.md"))
    assert "20 weeks" in passage.page_content
    assert [number_of(found) for found in again] == [2]


def test_nothing_is_found_is_said(library: Library) -> None:
    assert called(make_search(library, Retrieval(mode="lexical")), query="zebra") == (NOTHING_FOUND, [])


def test_failures_are_the_tools(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    search = make_search(library, Retrieval())
    with pytest.raises(ToolError, match="empty"):
        search.invoke({"query": "  "})

    def away(*_: object, **__: object) -> None:
        raise StorageError("The index is away.", "Wait.")

    monkeypatch.setattr(library, "search", away)
    with pytest.raises(ToolError, match=r"The index is away\. Wait\."):
        search.invoke({"query": "leave"})


def test_a_model_reads_what_it_is_for(library: Library) -> None:
    search = make_search(library, Retrieval())
    assert search.name == "search"
    assert search.description.startswith("Search the user's documents")
    assert list(search.args) == ["query"]
