from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import UsageError
from cairn.core.source import Source
from cairn.ui.web.document_html import AROUND, document_html
from cairn.ui.web.page_texts import text
from tests.unit.ui.web.test_safe import Reading

LETTERS = st.text(st.sampled_from("ab *_#->|`[]()$\n<&中."), max_size=80)


def shown(document: str | None, name: str, start: int, end: int, quotes: tuple[str, ...] = ()) -> Reading:
    def read(_source: str) -> str:
        if document is None:
            raise UsageError("There is no such document.")
        return document

    home: Any = SimpleNamespace(workspace=SimpleNamespace(library=SimpleNamespace(text=read)))
    quote = (document or "A passage.")[start:end]
    source = Source(source=name, title=None, page=None, heading=None, start=start, end=end, quote=quote)
    return Reading(document_html(home, source, quotes, text))


def marked(document: str, name: str, start: int, end: int) -> str:
    home: Any = SimpleNamespace(workspace=SimpleNamespace(library=SimpleNamespace(text=lambda _: document)))
    source = Source(source=name, title=None, page=None, heading=None, start=start, end=end, quote=document[start:end])
    return " ".join(re.findall(r"<mark>(.*?)</mark>", document_html(home, source, (), text), re.DOTALL))


def test_markdown_looks_as_it_does_with_the_passage_marked() -> None:
    document = "# A\n\nOne **two** three.\n\n- four\n- five\n\nsix"
    seen = shown(document, "a.md", document.index("**two"), document.index("five") + 4)
    assert {"h1", "strong", "li", "mark"} <= {tag for tag, _ in seen.tags}
    assert marked(document, "a.md", document.index("**two"), document.index("five") + 4).split() == [
        "two", "three.", "four", "five"
    ]  # fmt: skip


def test_above_a_passage_stands_what_its_document_lost() -> None:
    home: Any = SimpleNamespace(workspace=SimpleNamespace(library=SimpleNamespace(text=lambda _: "Text.")))
    source = Source(source="a.txt", title=None, page=None, heading=None, start=0, end=5, quote="Text.")
    assert "scanned" not in document_html(home, source, (), text)
    source["notices"] = ["page 2 is scanned", "<b>"]
    assert "page 2 is scanned; &lt;b&gt;" in document_html(home, source, (), text)


def test_other_texts_are_shown_as_they_are() -> None:
    seen = shown("* not a list *", "a.txt", 2, 5)
    assert "* not a list *" in seen.text and ("mark", {}) in seen.tags


@given(LETTERS, st.integers(0, 40), st.integers(0, 40), st.sampled_from(["a.md", "a.txt"]))
def test_marking_adds_and_loses_nothing(document: str, start: int, length: int, name: str) -> None:
    with_marks, without = shown(document, name, start, start + length), shown(document, name, 0, 0)
    assert re.sub("[^ab中]", "", with_marks.text) == re.sub("[^ab中]", "", without.text)


def test_of_a_long_document_what_is_far_away_is_left_out_and_counted() -> None:
    document = "\n\n".join(f"Paragraph {n}." for n in range(5000))
    at = document.index("Paragraph 2500.")
    seen = shown(document, "a.md", at, at + 15)
    assert len(seen.text) < 3 * AROUND
    assert "characters before this are not shown" in seen.text and "characters after this" in seen.text


@pytest.mark.parametrize("name", ["a.md", "a.pdf"])
def test_of_a_document_that_is_gone_the_passage_is_shown(name: str) -> None:
    seen = shown(None, name, 0, 10)
    assert "There is no such document." in seen.text and "A passage." in seen.text


def test_of_a_paragraph_without_an_end_a_part_is_shown() -> None:
    document = "A good sentence.\n\n" + "\\\\(" * 40_000
    seen = shown(document, "a.md", 0, 16)
    assert len(seen.text) < 3 * AROUND
