from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.clean_text import approximate_tokens
from cairn.retrieval.catalog_records import recipe
from cairn.retrieval.load import Document, Section, load_markdown, load_text
from cairn.retrieval.splitting import Piece, split, splitting


def pieces(text: str, size: int = 40, overlap: int = 8) -> list[Piece]:
    return split(load_markdown(text.encode(), "x"), size, overlap)


def test_sections_are_not_mixed() -> None:
    found = pieces("# A\nOne.\n\n## B\nTwo.\n")
    assert [(piece.heading, piece.text) for piece in found] == [(None, "# A\nOne."), ("B", "## B\nTwo.")]


def test_a_long_section_becomes_even_chunks_that_overlap_by_a_sentence() -> None:
    sentences = [f"Sentence number {number} says something." for number in range(20)]
    found = pieces(" ".join(sentences), 60, 12)
    sizes = [approximate_tokens(piece.text) for piece in found]
    assert max(sizes) <= 60 and min(sizes) >= 40
    assert all(piece.text.startswith("Sentence") and piece.text.endswith(".") for piece in found)
    assert all(later.start < earlier.end for earlier, later in itertools.pairwise(found))


def test_code_stays_whole_where_it_fits() -> None:
    code = "```py\nfor x in y:\n\n    print(x)\n```"
    found = pieces("Some words before it. " * 6 + "\n\n" + code + "\n\n" + "Words after it. " * 8)
    assert any(code in piece.text for piece in found)


def test_chinese_is_cut_at_the_ends_of_sentences() -> None:
    found = pieces("员工每年享有十五天带薪年假。" * 12, 40, 0)
    assert len(found) > 3
    assert all(piece.text.endswith("。") for piece in found)


def test_a_run_without_any_place_to_cut_is_cut_anywhere() -> None:
    text = "x" * 5000
    found = split(load_text(text.encode(), "x"), 40, 0)
    assert "".join(piece.text for piece in found) == text
    assert all(approximate_tokens(piece.text) <= 40 for piece in found)


ROWS = [f"Name: Person {number}; About: Came in {number}. Left again. Likes tea, e.g. green." for number in range(40)]


@pytest.mark.parametrize(
    "rows",
    [ROWS, [f"| Person {number} | Came. Left again! | tea |" for number in range(40)]],
)
def test_rows_are_not_cut_in_half(rows: list[str]) -> None:
    text = "\n".join(rows)
    found = split(Document(None, text, [Section(0, len(text))]), 60, 12)
    assert len(found) > 5
    assert [line for piece in found for line in piece.text.split("\n")] == rows


def test_a_row_larger_than_a_chunk_is_cut_all_the_same() -> None:
    text = "\n".join([*ROWS[:2], "Name: Long; About: " + "It goes on. " * 60, *ROWS[2:4]])
    found = split(Document(None, text, [Section(0, len(text))]), 60, 12)
    assert all(approximate_tokens(piece.text) <= 60 for piece in found)
    assert {ROWS[0], ROWS[3]} <= {line for piece in found for line in piece.text.split("\n")}


def test_a_chunk_is_read_in_its_section() -> None:
    text = "# A\n" + "One sentence here. " * 30 + "\n## B\n" + "Another sentence there. " * 30
    document = load_markdown(text.encode(), "x")
    found = split(document, 40, 8)
    parents = {(piece.heading, piece.parent_start, piece.parent_end) for piece in found}
    assert len(parents) == 2 and len(found) > 6
    assert all(piece.parent_start <= piece.start and piece.end <= piece.parent_end for piece in found)


def test_of_a_long_section_a_chunk_is_read_in_the_chunks_around() -> None:
    text = "".join(f"Sentence number {number} says something of no weight. " for number in range(400))
    found = split(load_text(text.encode(), "x"), 100, 0)
    starts, ends = {piece.start for piece in found}, {piece.end for piece in found}
    for piece in found:
        assert piece.parent_start in starts and piece.parent_end in ends
        assert piece.parent_start <= piece.start and piece.end <= piece.parent_end
        assert 800 < approximate_tokens(text[piece.parent_start : piece.parent_end]) <= 1000
    middle = found[len(found) // 2]
    assert middle.parent_start < middle.start and middle.end < middle.parent_end


def test_another_size_or_overlap_is_another_recipe() -> None:
    assert len({recipe(), recipe(100, 10), recipe(240, 10)}) == 3
    assert recipe(100, 10).endswith("/" + splitting(100, 10))


TEXT = st.text(alphabet=st.sampled_from("ab cd. \n\n#`中文。，!-\t\u3000é|:;"), min_size=1, max_size=600)


@given(TEXT, st.integers(10, 60), st.integers(0, 9))
def test_chunks_are_exact_spans_that_lose_nothing_and_fit(text: str, size: int, overlap: int) -> None:
    if not text.strip():
        return
    document = load_text(text.encode(), "x")
    found = split(document, size, overlap)
    covered = set[int]()
    for piece in found:
        assert piece.parent_start <= piece.start and piece.end <= piece.parent_end
        assert document.text[piece.start : piece.end] == piece.text == piece.text.strip()
        assert approximate_tokens(piece.text) <= size
        covered.update(range(piece.start, piece.end))
    assert all(place in covered or letter.isspace() for place, letter in enumerate(document.text))
