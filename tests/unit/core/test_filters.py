from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.filters import Filters, parse_filters


@pytest.mark.parametrize(
    ("asked", "left", "filters"),
    [
        ("tag:hr leave", "leave", Filters(tags=("hr",))),
        ("leave TAG:hr tag:2025", "leave", Filters(tags=("hr", "2025"))),
        ("tag：人事 年假有几天？", "年假有几天？", Filters(tags=("人事",))),
        ('source:"my notes.md" who pays?', "who pays?", Filters(source="my notes.md")),
        ("title:“年度 报告” 利润", "利润", Filters(title="年度 报告")),
        ("author:kim source:https://a.example/b?c=1 x", "x", Filters(author="kim", source="https://a.example/b?c=1")),
        ("lang:zh-CN x", "x", Filters(language="zh")),
        ("after:2025 before:2025-02 x", "x", Filters(after="2025-01-01", before="2025-02-28")),
        ("x after:2024-2-9 before:2024", "x", Filters(after="2024-02-09", before="2024-12-31")),
        ("tag:hr", "", Filters(tags=("hr",))),
    ],
)
def test_filters_are_read_from_the_question(asked: str, left: str, filters: Filters) -> None:
    assert parse_filters(asked) == (left, filters)


@pytest.mark.parametrize(
    "asked",
    [
        "what happens after:lunch",
        "after:2025-13",
        "before:2025-02-30",
        "title: the whole story",
        "subtitle:x",
        "at 10:30  is it open?",
        "lang:english",
        'tag:""',
        "metatag:hr",
        "",
    ],
)
def test_what_only_looks_like_a_filter_stays_in_the_question(asked: str) -> None:
    assert parse_filters(asked) == (asked, Filters())


def test_filters_are_told_as_they_are_written() -> None:
    assert str(parse_filters("tag:hr x after:2025 source:a.md")[1]) == "tag:hr source:a.md after:2025-01-01"


@given(st.text(max_size=80), st.sampled_from(["tag:", "after:", "source：", "before:", 'title:"']))
def test_any_question_is_read(text: str, name: str) -> None:
    left, filters = parse_filters(text + " " + name + text)
    assert isinstance(left, str)
    assert filters != Filters() or left == text + " " + name + text
