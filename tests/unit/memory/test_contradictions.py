from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.contradictions import compare
from memory.numerals import digits_for_words
from memory.statements import read_statement, says
from models.builtin.words import listed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lives in Berlin", "lives in Paris"),
        ("I live in Berlin.", "The user has moved to Paris"),
        ("prefers metric units", "prefers imperial units"),
        ("prefers tea over coffee", "prefers coffee over tea"),
        ("My favourite colour is green", "favorite color is orange"),
        ("likes coffee", "doesn't like coffee"),
        ("loves coffee", "hates coffee"),
        ("eats red meat", "never eats meat"),
        ("I smoke", "I quit smoking"),
        ("lives in Berlin", "used to live in Berlin"),
        ("has two children", "has 3 children"),
        ("has no siblings", "has two siblings"),
        ("is a nurse", "is a teacher"),
        ("is single", "is married to Ann"),
        ("The deadline of the kitchen is 3 May", "The deadline of the kitchen is 4 June"),
        ("wants answers in German", "prefers answers in English"),
        ("reports to Ann", "My manager is Mehmet"),
        ("住在北京", "我搬到上海了"),
        ("偏好公制单位", "偏好英制单位"),
        ("用户有两个孩子", "有三个孩子"),
        ("我是素食者", "我不再是素食者"),
        ("吸烟", "戒烟了"),
        ("lives in Paris", "lives in 柏林"),
    ],
)
def test_what_can_not_both_hold_contradicts(old: str, new: str) -> None:
    assert compare(old, new) == compare(new, old) == "contradicts"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lives in Berlin", "works in Paris"),
        ("lives in Berlin", "lives in Germany"),
        ("lives in Berlin", "lives in Berlin, near the zoo"),
        ("lives in Berlin during the week", "lives in Hamburg at weekends"),
        ("lives in Berlin", "used to live in Paris"),
        ("My sister lives in Oslo", "My brother lives in Bergen"),
        ("prefers metric units", "prefers short answers"),
        ("prefers quiet rooms", "prefers large rooms"),
        ("prefers aisle seats on planes", "prefers window seats on trains"),
        ("speaks French", "speaks German"),
        ("likes tea", "likes coffee"),
        ("likes coffee", "does not like coffee ice cream"),
        ("is a teacher", "is a father"),
        ("has a dog", "has a cat"),
        ("visited Japan in 2019", "visited Japan in 2022"),
        ("is not a doctor", "is a nurse"),
        ("My hobby is chess", "My hobby is climbing"),
        ("会说英语", "会说法语"),
        ("以前住在成都", "住在杭州"),
        ("在北京工作", "在华为工作"),
        ("我的姐姐住在广州", "我的弟弟住在深圳"),
        ("", "lives in Berlin"),
        ("!", "?"),
    ],
)
def test_what_can_both_hold_or_is_not_sure_is_kept(old: str, new: str) -> None:
    assert compare(old, new) == compare(new, old) == "apart"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("prefers metric units", "The user prefers metric units."),
        ("I live in Berlin now", "lives in Berlin"),
        ("has two children", "has 2 children"),
        ("Likes TEA", "I like tea"),
        ("我喜欢茶", "用户喜欢茶"),
        ("ｌikes tea", "likes tea"),
    ],
)
def test_the_same_in_other_words_is_one_fact(old: str, new: str) -> None:
    assert compare(old, new) == compare(new, old) == "same"


PIECES = [
    *listed("I the user's not never prefers likes is are lives in at as over to be called 2 three Berlin metric units"),
    *listed("without , . 我 不 是 喜欢 住在 北京 的 三 个 偏好 单位 没有 以前 在 工作"),
    "\ud800",
    "\x00",
]
TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(PIECES),
        max_size=12,
    ).map(" ".join),
)


@given(TEXTS, TEXTS)
def test_any_two_texts_are_compared_the_same_way_round_and_back(one: str, other: str) -> None:
    assert compare(one, other) == compare(other, one)
    assert compare(one, one) == "same"


@given(TEXTS)
def test_any_text_is_taken_apart(text: str) -> None:
    assert read_statement(text) == read_statement(text)
    says(text, text)


@pytest.mark.parametrize(
    ("question", "fact", "said"),
    [
        ("Please remember that I prefer metric units.", "prefers metric units", True),
        ("Remember: I don't like tea", "likes tea", False),
        ("Remember: I don't like tea", "doesn't like tea", True),
        ("I am not allergic to nuts. What do the documents say?", "is allergic to nuts", False),
        ("What do the documents say about units?", "prefers metric units", False),
        ("What do the documents say?", "", False),
        ("请记住我喜欢喝茶，谢谢", "喜欢喝茶", True),
        ("我不喜欢喝茶", "喜欢喝茶", False),
    ],
)
def test_what_the_user_has_just_said_is_known_from_what_others_wrote(question: str, fact: str, said: bool) -> None:
    assert says(question, fact) is said


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("three children", "3 children"),
        ("thirty-four years, twenty days", "34 years, 20 days"),
        ("one of them", "one of them"),
        ("今年三十一岁", "今年31岁"),
        ("两个孩子，一百二十人", "2个孩子，120人"),
        ("一直喜欢", "一直喜欢"),
    ],
)
def test_numbers_in_words_are_numbers(text: str, digits: str) -> None:
    assert digits_for_words(text) == digits
