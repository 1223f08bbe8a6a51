"""`rewrite: thread`: which questions lean on the one before them, and what they are completed with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.chains.rag.search_queries import complete, leans


@pytest.mark.parametrize(
    "question",
    [
        "And for part-timers?",
        "What about Lisbon?",
        "Who pays for it?",
        "How do I apply?",
        "Why?",
        "Thanks! And the hotel?",
        "那兼职员工呢？",
        "儿童呢？",
        "它由谁审批？",
        "怎么申请？",
        "多久？",
    ],
)
def test_a_follow_up_leans_on_what_was_asked_before(question: str) -> None:
    assert leans(question)


@pytest.mark.parametrize(
    "question",
    [
        "How long is the sabbatical?",
        "What happens if my laptop is stolen while I have it at home?",
        "Who is Amina Yusuf?",
        "Is there a car park?",
        "parental leave",
        "电动车的押金是多少？",
        "公司在哪里？",
        "其他城市的住宿上限是多少？",
    ],
)
def test_a_whole_question_is_left_alone(question: str) -> None:
    assert complete(question, ["Which colour do the bins for paper have?", "纸张放进哪个垃圾桶？"]) == question


def test_it_is_searched_with_the_question_before_it() -> None:
    assert complete("And for part-timers?", ["How many days of leave do staff have?"]) == (
        "And for part-timers? How many days of leave do staff have?"
    )
    assert complete("那兼职员工呢？", ["全职员工的年假有多久？"]) == "那兼职员工呢？ 全职员工的年假有多久？"


def test_a_chain_of_follow_ups_keeps_its_subject_and_no_other_one() -> None:
    asked = ["Who is the landlord of the office?", "How many people work in Aldermere?", "What about Chengdu?"]
    assert complete("And in Bergen?", asked) == f"And in Bergen? {asked[2]} {asked[1]}"


def test_a_filter_holds_for_its_own_question_only() -> None:
    assert complete("And in Bergen?", ["How many people work here? tag:hr after:2023"]) == (
        "And in Bergen? How many people work here?"
    )


def test_what_has_nothing_before_it_stays() -> None:
    assert complete("And for part-timers?", []) == "And for part-timers?"


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=7))
def test_any_question_comes_out_beginning_with_itself(question: str, before: list[str]) -> None:
    assert complete(question, before).startswith(question)
