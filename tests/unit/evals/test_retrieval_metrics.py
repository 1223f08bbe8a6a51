"""Metrics of passages and citations, each on a ranking worked out by hand."""

from __future__ import annotations

from math import log2
from typing import Any

import pytest

from cairn.core.answer import Answer, Citation
from cairn.core.events import Statement, StatementState
from cairn.core.source import Source
from cairn.evals.cases import Case, SourceGold
from cairn.evals.metrics.citation_match import cited, quoted
from cairn.evals.metrics.passage_matching import holds, matches
from cairn.evals.metrics.retrieval_ranking import hit, mrr, ndcg, precision, recall


def passage(source: str, **more: Any) -> Source:
    given: dict[str, Any] = {"title": None, "page": None, "heading": None, "start": None, "end": None, "quote": ""}
    return Source(source=source, **{**given, **more})


def found(*names: str, **more: Any) -> Answer:
    return Answer(run="r", answer="x", sources=[passage(name) for name in names], **more)


def case(*names: str) -> Case:
    return Case("1", "?", sources=tuple(SourceGold(name) for name in names))


RANKED = found("x.md", "a.md", "y.md", "b.md", "a.md")


def test_a_ranking_worked_out_by_hand() -> None:
    wanted = case("a.md", "b.md", "c.md")
    assert hit(wanted, RANKED).value == 1
    assert recall(wanted, RANKED).value == pytest.approx(2 / 3)
    assert recall(wanted, RANKED, k=3).value == pytest.approx(1 / 3)
    assert precision(wanted, RANKED).value == pytest.approx(3 / 5)
    assert mrr(wanted, RANKED).value == pytest.approx(1 / 2)
    best = 1 + 1 / log2(3) + 1 / 2
    assert ndcg(wanted, RANKED).value == pytest.approx((1 / log2(3) + 1 / log2(5)) / best)
    assert ndcg(wanted, RANKED, k=1).value == 0
    assert recall(wanted, RANKED).reason == "not among the passages: c.md"


def test_nothing_found_is_zero_and_says_so() -> None:
    for metric in (hit, recall, precision, mrr, ndcg):
        score = metric(case("a.md"), found())
        assert (score.value, score.reason) == (0, "no passage was found")


def test_a_source_that_several_passages_are_counts_once() -> None:
    assert ndcg(case("a.md"), found("a.md", "a.md")).value == 1


@pytest.mark.parametrize(
    ("gold", "given", "right"),
    [
        (SourceGold("leave.md"), passage("/docs/hr/leave.md"), True),
        (SourceGold("hr/leave.md"), passage("C:\\docs\\HR\\leave.md"), True),
        (SourceGold("leave"), passage("/docs/leave.md"), True),
        (SourceGold("ave.md"), passage("/docs/leave.md"), False),
        (SourceGold("https://a.org/x#y"), passage("https://a.org/x#y"), True),
        (SourceGold("Annual report"), passage("/docs/r.pdf", title="Annual Report"), True),
        (SourceGold("r.pdf", page=3), passage("r.pdf", page=3), True),
        (SourceGold("r.pdf", page=3), passage("r.pdf", page=4), False),
        (SourceGold("a.md", heading="Sick leave"), passage("a.md", heading="Leave > Sick Leave"), True),
        (SourceGold("a.md", heading="Leave > Sick leave"), passage("a.md", heading="Leave > Sick leave"), True),
        (SourceGold("a.md", heading="Leave > Sick leave"), passage("a.md", heading="Rules > Sick leave"), False),
        (SourceGold("a.md", heading="Sick"), passage("a.md"), False),
        (SourceGold(text="twenty seven days"), passage("a.md", quote="You get twenty seven days, paid."), True),
        (SourceGold("b.md", text="twenty seven days"), passage("a.md", quote="You get twenty seven days."), False),
    ],
)
def test_which_passage_is_a_gold_source(gold: SourceGold, given: Source, right: bool) -> None:
    assert matches(gold, given) is right


@pytest.mark.parametrize(
    ("text", "there", "right"),
    [
        ("a b c d e f g h i j k l", "x a b c d e f g", True),
        ("a b c d e f g h i j k l", "l k j i h g f e d c b a", False),
        ("one two three four", "one two three", False),
        ("27", "27 days", True),
        ("27", "270 days", False),
        ("年假为二十七天", "员工的年假为二十七天。", True),
        ("年假为二十七天", "病假为二十七个工作日", False),
    ],
)
def test_a_passage_that_holds_or_overlaps_a_text(text: str, there: str, right: bool) -> None:
    assert holds(text, there) is right


def test_a_citation_that_points_to_the_gold() -> None:
    answer = RANKED.model_copy(update={"citations": [Citation(marker=1, source=0), Citation(marker=4, source=3)]})
    assert cited(case("b.md"), answer).value == 1
    assert cited(case("a.md"), answer).reason == "cited: x.md, b.md"
    assert cited(case("a.md"), RANKED).reason == "cited: nothing"


def test_the_quoted_share() -> None:
    states: list[StatementState] = ["quoted", "differs", "not_checked", "supported"]
    statements = [
        Statement(text=state, state=state, source=None, quote=None, reason=None, judge=None) for state in states
    ]
    score = quoted(Case("1", "?"), RANKED.model_copy(update={"statements": statements}))
    assert score is not None and (score.value, score.reason) == (0.5, "not borne out: differs")
    assert quoted(Case("1", "?"), RANKED) is None
