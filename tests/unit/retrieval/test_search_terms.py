from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cairn.retrieval.search_terms import query_terms, query_weights, terms


def test_word_forms_and_full_width_letters_meet() -> None:
    assert query_terms("Policies") == query_terms("ＰＯＬＩＣＹ") == query_terms("policy's")[:1]


def test_word_forms_of_other_scripts_meet() -> None:
    assert query_terms("недель") == query_terms("неделю")
    assert query_terms("المكتبة") == query_terms("المكتبات")
    assert query_terms("βιβλία") == query_terms("βιβλίου")
    assert query_terms("Bücher") == ["bücher"]  # German, French…: a Latin word does not say whose it is


def test_chinese_comes_as_pairs_and_alone() -> None:
    assert query_terms("育儿假") == ["育儿", "儿假"]
    assert query_terms("茶") == ["茶"]
    assert {"茶", "喝茶"} <= set(terms("我喝茶"))


def test_stop_words_are_left_out_unless_nothing_else_is_asked() -> None:
    assert query_terms("What is the budget?") == ["budget"]
    assert query_terms("Who is it?")


def test_words_that_only_ask_do_not_count() -> None:
    assert query_weights("年假有几天？", 99).keys().isdisjoint({"几", "几天", "有几"})
    assert query_weights("谁负责预算？", 99) == query_weights("负责预算", 99)
    assert {"几何", "吗啡", "哪吒"} <= query_weights("几何 吗啡 哪吒", 99).keys()
    assert query_weights("谁？", 99) == {"谁": 1.0}


def test_pairs_count_whole_and_single_characters_half() -> None:
    assert query_weights("育儿假 plan", 99) == {"育儿": 1, "儿假": 1, "plan": 1, "育": 0.5, "儿": 0.5, "假": 0.5}
    assert query_weights("育儿假", 2) == {"育儿": 1, "儿假": 1}


@given(st.text(max_size=200))
def test_any_text_gives_terms_without_blanks(text: str) -> None:
    assert all(term and not any(letter.isspace() for letter in term) for term in terms(text))
    assert set(query_terms(text)) <= set(terms(text))
    assert set(query_weights(text, 50)) <= set(terms(text))
