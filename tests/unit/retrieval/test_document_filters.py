"""Filters let exactly the right documents through, and the best passages within them are found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cairn.core.filters import Filters
from cairn.retrieval import dense_index, lexical_index
from cairn.retrieval.catalog_records import Entry
from cairn.retrieval.dense_index import Vectors, nearest
from cairn.retrieval.library import Library
from cairn.retrieval.load import Document, Section
from cairn.retrieval.ranked_lists import deepened
from cairn.retrieval.splitting import Piece


def entry(name: str, text: str, *tags: str, **about: str) -> Entry:
    document = Document(about.pop("title", None), text, [Section(0, len(text))], **about)  # pyright: ignore
    piece = Piece(text, 0, len(text), None, None, 0, len(text))
    return Entry(name, "d", "r", document, (piece,), tags=frozenset(tags))


ENTRIES = [
    entry("/docs/HR/Leave.md", "Parents get leave.", "hr", title="Elternzeit ÄÖ", author="Ada Lovelace", language="en"),
    entry("/docs/hr/pay.md", "Pay comes monthly.", "hr", "money", date="2024-12-31"),
    entry("/docs/销售/报告.md", "销售报告。", "销售", "money", language="zh", date="2025-01-01"),
    entry("https://example.org/x", "A page.", date="2026-03-05"),
]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (Filters(source="hr/"), {"Leave.md", "pay.md"}),
        (Filters(source="ＬＥＡＶＥ"), {"Leave.md"}),
        (Filters(source="报告"), {"报告.md"}),
        (Filters(tags=("HR",)), {"Leave.md", "pay.md"}),
        (Filters(tags=("hr", "money")), {"pay.md"}),
        (Filters(tags=("销售",)), {"报告.md"}),
        (Filters(title="elternzeit äö"), {"Leave.md"}),
        (Filters(author="lovelace"), {"Leave.md"}),
        (Filters(language="ZH"), {"报告.md"}),
        (Filters(after="2025-01-01"), {"报告.md", "x"}),
        (Filters(before="2025-01-01"), {"pay.md", "报告.md"}),
        (Filters(after="2025-01-01", before="2025-12-31", tags=("money",)), {"报告.md"}),
        (Filters(source="%"), set[str]()),
        (Filters(title=""), {"Leave.md", "pay.md", "报告.md", "x"}),
    ],
)
def test_documents_pass_when_all_filters_hold(library: Library, filters: Filters, names: set[str]) -> None:
    library._catalog.put("default", ENTRIES)
    library._catalog.put("other", ENTRIES)
    passing = library._catalog.matching(filters, ["default"])
    assert passing is not None
    ids = library._catalog.chunk_ids(["default"], passing, 100)
    assert {Path(hit.source).name for hit in library._catalog.hits(ids).values()} == names
    assert {hit.collection for hit in library._catalog.hits(ids).values()} <= {"default"}


def test_no_filter_is_none_at_all(library: Library) -> None:
    assert library._catalog.matching(Filters(), ["default"]) is None


@pytest.fixture
def many(library: Library) -> Library:
    """300 documents on a few words; every tenth is tagged `few`, every second `half`."""
    words = np.random.default_rng(7)
    entries: list[Entry] = []
    for number in range(300):
        text = " ".join(f"word{word}" for word in words.zipf(1.6, 30) % 50) + f" name{number}"
        tags = [tag for tag, every in (("few", 10), ("half", 2)) if number % every == 0]
        entries.append(entry(f"{number}", text, *tags))
    library._catalog.put("default", entries)
    library._follow(None)
    return library


@pytest.mark.parametrize("tag", ["few", "half"])
@pytest.mark.parametrize("few", [0, 1000])
def test_the_best_within_the_filter_are_found(
    many: Library, monkeypatch: pytest.MonkeyPatch, tag: str, few: int
) -> None:
    """Whether few documents or many pass: `few` is the bound between the two ways of searching."""
    monkeypatch.setattr(dense_index, "_EXACT", few)
    monkeypatch.setattr(lexical_index, "_MOST_SOURCES", few)
    catalog, birth = many._catalog, many._catalog.position().birth
    sources = catalog.matching(Filters(tags=(tag,)), ["default"])
    assert sources
    inside = set(catalog.chunk_ids(["default"], sources, 1000))
    for query in ("word1 word3", "word2 name4", "word49"):
        words = many._lexical.search(query, ["default"], 1000)
        assert many._lexical.search(query, ["default"], 9, sources) == [hit for hit in words if hit[0] in inside][:9]
        vectors = many._dense.search(birth, query, ["default"], 1000)
        found = many._dense.search(birth, query, ["default"], 9, sources)
        expected = [hit for hit in vectors if hit[0] in inside][:9]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-5)
        assert {id for id, _ in found} <= inside


def test_nothing_passes_a_filter_that_nobody_meets(many: Library) -> None:
    catalog, nobody = many._catalog, frozenset[int]()
    assert many._lexical.search("word1", ["default"], 5, nobody) == []
    assert many._dense.search(catalog.position().birth, "word1", ["default"], 5, nobody) == []


def test_the_exact_search_and_the_graph_agree(many: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    birth = many._catalog.position().birth
    exact = many._dense.search(birth, "word1 name7", ["default"], 5)
    monkeypatch.setattr(dense_index, "_EXACT", 0)
    by_graph = many._dense.search(birth, "word1 name7", ["default"], 5)
    assert [score for _, score in exact] == pytest.approx([score for _, score in by_graph], abs=1e-5)
    vectors = many._dense.vectors(birth, [exact[0][0], 999_999])
    assert list(vectors) == [exact[0][0]]


def test_deepening_goes_on_until_enough_pass_or_nothing_is_left() -> None:
    depths: list[int] = []

    def search(depth: int) -> list[tuple[int, float]]:
        depths.append(depth)
        return [(id, -id) for id in range(min(depth, 100))]

    assert deepened(search, lambda ids: [id for id in ids if id > 40], 2) == [(41, -41), (42, -42)]
    assert deepened(search, lambda ids: [id for id in ids if id > 97], 5) == [(98, -98), (99, -99)]
    assert depths == [6, 24, 96, 15, 60, 240]


def test_vectors_are_fetched_once() -> None:
    vectors, asked = Vectors(), list[list[int]]()

    def fetch(ids: list[int]) -> dict[int, np.ndarray]:
        asked.append(list(ids))
        return {id: np.array([1, id], dtype=np.float32) for id in ids if id < 5}

    assert set(vectors.of("i", [1, 2, 9], fetch)) == {1, 2}
    assert nearest(vectors.of("i", [1, 2, 3], fetch), [0, 1], 2)[0][0] == 3
    assert set(vectors.of("j", [1], fetch)) == {1}
    assert asked == [[1, 2, 9], [3], [1]]
    assert nearest({}, [1.0], 3) == []
