"""Documents are called by their names, and told apart without the places where they lie."""

from __future__ import annotations

from cairn.retrieval.catalog_records import SourceInfo
from cairn.ui.web.shown_documents import shown_names


def names(*sources: str) -> list[str]:
    return list(shown_names([SourceInfo(one, None, "default", "ready", None, 1, 0.0) for one in sources]).values())


def test_a_name_is_the_files_and_has_no_more_of_its_folders_than_tells() -> None:
    assert names("/home/ann/docs/leave.md", "/home/ann/docs/travel.md") == ["leave.md", "travel.md"]
    assert names("/home/ann/a/x.md", "/home/ann/b/x.md", "/home/ann/y.md") == ["a/x.md", "b/x.md", "y.md"]
    assert names("/home/a/c/x.md", "/home/b/c/x.md") == ["a/c/x.md", "b/c/x.md"]
    assert names(r"C:\Users\ann\x.md", "https://example.org/x") == ["x.md", "https://example.org/x"]
    assert names() == []


def test_the_same_document_in_two_collections_is_no_endless_search() -> None:
    assert names("/a/x.md", "/a/x.md") == ["x.md"]
