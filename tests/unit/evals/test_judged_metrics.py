"""What a judge says, on cases with known values; and what a judge that fails does to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cairn.agents.workspace import Workspace
from cairn.core.answer import Answer
from cairn.core.errors import ModelUnavailable
from cairn.core.settings import Home, load_settings
from cairn.core.source import Source
from cairn.evals.cases import Case
from cairn.evals.elo import Duel, duels, elo, prefer, ratings
from cairn.evals.eval_report import summarise
from cairn.evals.eval_runner import Outcome, Scoring, Wish
from cairn.evals.judge import Judge, JudgeError
from cairn.evals.metrics import Score
from cairn.evals.metrics.judged_answers import (
    AnswerRelevancy,
    ContextPrecision,
    ContextRecall,
    Faithfulness,
    JudgedMetric,
    Rubric,
)
from tests.scripted import ScriptedModel


@pytest.fixture
def workspace(home: Home) -> Iterator[Workspace]:
    opened = Workspace(load_settings(home.root, samples=False, embeddings="hash"))
    yield opened
    opened.close()


CASE = Case("1", "How long is the leave?", answers=("The leave is 27 days. It is paid!",), rubric="Names the days.")


def answer(text: str = "27 days, paid [1].", passages: int = 2) -> Answer:
    place: dict[str, Any] = {"title": None, "page": None, "heading": None, "start": None, "end": None}
    sources = [Source(source=f"{n}.md", quote=f"passage {n}", **place) for n in range(passages)]
    return Answer(run="r", answer=text, sources=sources)


def judged(
    made: Callable[[Workspace, Any], JudgedMetric], workspace: Workspace, *said: Any, of: Answer | None = None
) -> Score:
    model = ScriptedModel(*said)
    score = made(workspace, model)(CASE, of or answer())
    model.assert_done()
    assert score is not None
    return score


def test_faithfulness(workspace: Workspace) -> None:
    score = judged(Faithfulness, workspace, "- It is 27 days.\n- It is paid.", "1: yes\n2: no, nothing says so")
    assert score == Score(0.5, "It is paid. (nothing says so)")
    assert Faithfulness(workspace, ScriptedModel())(CASE, answer(passages=0)) is None
    assert Faithfulness(workspace, ScriptedModel())(CASE, answer("")) is None


def test_answer_relevancy(workspace: Workspace) -> None:
    same = judged(AnswerRelevancy, workspace, f"- {CASE.question}\n- {CASE.question}")
    other = judged(AnswerRelevancy, workspace, "- 颜色是什么？")
    assert same.value == pytest.approx(1) and other.value is not None and other.value < 0.3


def test_context_precision_and_recall(workspace: Workspace) -> None:
    precision = judged(ContextPrecision, workspace, "1: yes\n2: no\n3: yes", of=answer(passages=3))
    assert precision.value == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert judged(ContextPrecision, workspace, "1: no\n2: 否").value == 0
    assert judged(ContextRecall, workspace, "1: yes\n2: no") == Score(0.5, "It is paid!")
    assert judged(ContextRecall, workspace, of=answer(passages=0)).value == 0


def test_rubric(workspace: Workspace) -> None:
    assert judged(Rubric, workspace, "It names them.\nScore: 3") == Score(0.75, "It names them.")


@pytest.mark.parametrize(
    ("metric", "said", "told"),
    [
        (Faithfulness, [ModelUnavailable("The server is away.")], "the judge failed: The server is away."),
        (Faithfulness, ["No statements."], "the judge wrote no list"),
        (Faithfulness, ["- One.\n- Two.", "1: yes"], "said nothing of 2 of 2"),
        (ContextRecall, [""], "the judge said nothing"),
        (Rubric, ["Good!"], "gave no verdict"),
        (Rubric, ["Score: 7"], "gave no verdict"),
    ],
)
def test_a_judge_that_fails_gives_no_value(
    workspace: Workspace, metric: type[JudgedMetric], said: list[Any], told: str
) -> None:
    score = judged(metric, workspace, *said)
    assert (score.value, score.kind) == (None, "judge failed") and told in score.reason


def test_a_template_of_ones_own_takes_the_packaged_ones_place(workspace: Workspace) -> None:
    folder = workspace.home.prompts / "judge"
    folder.mkdir()
    (folder / "rubric.md").write_text("Grade {{answer}} for {{question}} by {{rubric}}.", "utf-8")
    model = ScriptedModel("score: 4")
    Rubric(workspace, model)(CASE, answer("27"))
    assert model.requests[0][0].text == "Grade 27 for How long is the leave? by Names the days.."


@pytest.mark.parametrize(
    ("said", "preferred"),
    [
        (["better: 1", "better: 2"], "first"),
        (["better: 2", "Better: 1"], "second"),
        (["better: 1", "better: 1"], "tie"),
        (["better: neither", "better: 2"], "tie"),
    ],
)
def test_a_judge_that_only_goes_by_the_order_prefers_nothing(
    workspace: Workspace, said: list[str], preferred: str
) -> None:
    judge = Judge(ScriptedModel(*said), workspace.prompts)
    assert prefer(judge, CASE, answer("a"), answer("b")) == preferred


def test_no_judge_is_said(workspace: Workspace) -> None:
    with pytest.raises(JudgeError, match="set `judge`"):
        Judge(None, workspace.prompts).ask("rubric")


def test_elo_of_a_known_table() -> None:
    # 30 to 10: odds of three to one are 400 * log10(3) = 190.8 points; a prior of half a game hardly moves it
    duels = [Duel(str(n), "a", "b", float(n < 30)) for n in range(40)]
    values = elo(["a", "b"], duels)
    assert values["a"] - values["b"] == pytest.approx(190.8, abs=5)
    assert (values["a"] + values["b"]) / 2 == pytest.approx(1000)
    told = ratings(duels, draws=200)
    assert told["a"].low < told["a"].value < told["a"].high and told["a"].low > 1000
    assert elo(["a", "b"], [Duel("1", "a", "b", 0.5)])["a"] == pytest.approx(1000)
    assert elo(["a", "b", "c"], [Duel("1", "a", "b", 1), Duel("1", "b", "c", 1)])["c"] < 1000


def test_duels_of_three_configurations(workspace: Workspace) -> None:
    """A judge that prefers the longer answer in either order, and fails on one case."""

    def longer(messages: list[Any]) -> str:
        first, second = messages[-1].text.split("Answer 1:")[1].split("Answer 2:")
        if "broken" in first + second:
            return "no verdict"
        return f"better: {1 if len(first.strip()) > len(second.strip()) else 2}"

    texts = {"a": ("x", "x"), "b": ("xx", "xx"), "c": ("xxx", "broken")}
    answers = {
        name: {str(n): (Case(str(n), "?"), answer(text)) for n, text in enumerate(both)} for name, both in texts.items()
    }
    found, failed = duels(Judge(ScriptedModel(*[longer] * 20), workspace.prompts), answers, workers=1)
    assert [(duel.case, duel.first, duel.second, duel.result) for duel in found] == [
        ("0", "a", "b", 0), ("1", "a", "b", 0), ("0", "a", "c", 0), ("0", "b", "c", 0),
    ]  # fmt: skip
    assert list(failed) == ["1"]
    rated = ratings(found, draws=50)
    assert rated["a"].value < rated["b"].value < rated["c"].value


def test_what_the_judge_took_stands_beside_what_the_answer_took(workspace: Workspace) -> None:
    model = ScriptedModel("- It is 27 days.", "1: yes", *["4: good\nSCORE: 4"] * 9)
    case = Case("1", "How long is the leave?", rubric="Names the days.")
    scoring = Scoring(workspace, [case], workspace.chat_model(model))
    record = scoring.record(Wish(case), Outcome(answer()))
    assert record.judge_usage is not None and record.judge_usage["calls"] == len(model.requests) > 0
    report = summarise([record])
    assert report.judge_calls == len(model.requests) and report.calls is None
    assert report.as_dict()["judge"]["calls"] == len(model.requests)
