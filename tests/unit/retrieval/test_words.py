from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval.words import query_terms, terms


def test_word_forms_and_full_width_letters_meet() -> None:
    assert query_terms("Policies") == query_terms("ＰＯＬＩＣＹ") == query_terms("policy's")[:1]


def test_chinese_comes_as_pairs_and_alone() -> None:
    assert query_terms("育儿假") == ["育儿", "儿假"]
    assert query_terms("茶") == ["茶"]
    assert {"茶", "喝茶"} <= set(terms("我喝茶"))


def test_stop_words_are_left_out_unless_nothing_else_is_asked() -> None:
    assert query_terms("What is the budget?") == ["budget"]
    assert query_terms("Who is it?")


@given(st.text(max_size=200))
def test_any_text_gives_terms_without_blanks(text: str) -> None:
    assert all(term and not any(letter.isspace() for letter in term) for term in terms(text))
    assert set(query_terms(text)) <= set(terms(text))
