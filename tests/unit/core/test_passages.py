from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.documents import Document

from cairn.core.events import listening
from cairn.core.passages import as_source, citing, finding, from_source, metadata_of, number_of, numbered, passage


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
def test_searches_in_parallel_number_the_sources_in_the_order_they_are_told() -> None:
    told: list[str] = []
    found: list[Document] = []

    def listener(type: str, data: Any) -> None:
        told.extend(source["source"] for source in data["sources"])

    def search(first: int) -> None:
        for chunk in range(first, first + 300, 3):
            found.extend(numbered([_passage(number) for number in range(chunk, chunk + 3)]))

    with listening(listener), citing():
        threads = [threading.Thread(target=contextvars.copy_context().run, args=(search, 150 * n)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(told) == len(set(told))
    for document in found:
        assert told[number_of(document) - 1] == metadata_of(document)["source"]


def test_a_passage_that_is_found_twice_at_once_is_one_source() -> None:
    told: list[Any] = []
    with listening(lambda type, data: told.append(data)), citing():
        assert [number_of(one) for one in numbered([_passage(7), _passage(8), _passage(7)])] == [1, 2, 1]
        assert [number_of(one) for one in numbered([_passage(8)])] == [2]
    [data] = told
    assert [source["source"] for source in data["sources"]] == ["7.md", "8.md"]
    assert "call" not in data


def test_what_is_told_names_the_call_that_found_it() -> None:
    told: list[Any] = []
    with listening(lambda type, data: told.append(data)), citing(), finding("c1"):
        numbered([_passage(1)])
    assert told[0]["call"] == "c1"


def test_a_source_that_was_told_is_the_passage_again() -> None:
    found = passage(
        "1", "Text.", "a.md", title="A", page=2, heading="H", start=5, end=10, notices=["page 2 is scanned"]
    )
    again = from_source(as_source(found), 3)
    assert (again.page_content, number_of(again)) == ("Text.", 3)
    assert metadata_of(again) == {**metadata_of(found), "number": 3}


def test_a_source_of_an_older_version_has_no_notices() -> None:
    old = as_source(passage("1", "Text.", "a.md"))
    del old["notices"]  # pyright: ignore[reportGeneralTypeIssues]
    assert as_source(from_source(old, 1)).get("notices") == []


def _passage(chunk: int) -> Document:
    return passage(str(chunk), "text", f"{chunk}.md")
