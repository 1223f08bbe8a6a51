from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cairn.hit import Hit
from retrieval.compress import ELLIPSIS, compressed, sentences
from retrieval.words import query_weights

TEXT = "Trains run daily. Boats are slow. The ferry leaves at 7:40. Bring food. 渡轮很慢。票价是五元！"


def passage(text: str, start: int = 100) -> Hit:
    return Hit(1, "a.md", None, None, None, start, start + len(text), text, 1.0)


def test_the_sentences_that_matter_are_kept_in_their_order_as_they_stand() -> None:
    kept = compressed(passage(TEXT), 2, query_weights("When does the ferry leave, and which trains run?", 99), None)
    assert kept.text == f"Trains run daily.\n{ELLIPSIS}\nThe ferry leaves at 7:40."
    assert (kept.start, kept.end) == (100, 100 + TEXT.index(" Bring"))


def test_neighbours_are_not_torn_apart() -> None:
    kept = compressed(passage(TEXT), 2, query_weights("渡轮的票价", 99), None)
    assert kept.text == "渡轮很慢。票价是五元！"


def test_vectors_have_a_say() -> None:
    kept = compressed(passage(TEXT), 1, {}, lambda texts: [float("food" in text) for text in texts])
    assert kept.text == "Bring food."


def test_a_short_passage_stays_whole() -> None:
    assert compressed(passage(TEXT), 6, {}, None) == passage(TEXT)


@given(st.text(alphabet='ab.!? \n。！”"c中', max_size=120), st.integers(1, 4))
def test_every_kept_piece_stands_in_the_document_word_for_word(text: str, count: int) -> None:
    assert [text[a:b] for a, b in sentences(text)] == [text[a:b].strip() for a, b in sentences(text)]
    assert "".join("".join(text[a:b] for a, b in sentences(text)).split()) == "".join(text.split())
    kept = compressed(passage(text, 0), count, query_weights("a 中", 9), None)
    place = kept.start
    for piece in kept.text.split(f"\n{ELLIPSIS}\n"):
        assert (place := text.find(piece, place)) >= 0
    assert kept.text.split(f"\n{ELLIPSIS}\n")[0] == text[kept.start :][: len(kept.text.split(f"\n{ELLIPSIS}\n")[0])]
