"""More than one try at a question: votes, judges, checkers, and an answer that is looked at before it is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import cairn
from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.errors import ModelUnavailable, TaskError
from cairn.core.settings import Settings
from cairn.ui.cli.event_printer import Printer
from tests.scripted import ScriptedModel, calls


@pytest.fixture
def app(settings: Settings) -> Iterator[Cairn]:
    opened = Cairn(settings)
    yield opened
    opened.close()


def ask(app: Cairn, *answers: Any, question: str = "How many?", **patch: Any) -> tuple[Answer, ScriptedModel]:
    model = ScriptedModel(*answers)
    return app.ask(question, task="math", patch={"strategy": "direct", **patch}, model=model), model


def test_what_most_tries_say_stands_however_they_word_it(app: Cairn) -> None:
    said = ["It is 7.", "12 kg", "So:\n\nAnswer: 12.0 kg", "十二。", "答案：7"]
    answer, model = ask(app, *said, tries={"n": 5, "adaptive": False})
    assert (answer.answer, answer.confidence) == ("12 kg", 3 / 5)
    assert answer.usage.calls == 5
    model.assert_done()


def test_each_try_is_told_as_it_ends(app: Cairn, capsys: pytest.CaptureFixture[str]) -> None:
    handle = app.start(
        "How many?",
        task="math",
        patch={"strategy": "direct", "tries": {"n": 3, "adaptive": False}},
        model=ScriptedModel("1", ModelUnavailable("It is away."), "1"),
    )
    printer = Printer()
    for event in app.follow(handle.run):
        printer.show(event)
    told = capsys.readouterr().err
    assert all(f"· try {n} of 3" in told for n in (1, 2, 3))
    assert told.index("try 3 of 3") < told.index("One of 3 tries failed")


def test_no_more_tries_are_made_than_can_turn_the_vote(app: Cairn) -> None:
    answer, _ = ask(app, "42", "42", "42", tries={"n": 5})
    assert (answer.answer, answer.confidence, answer.usage.calls) == ("42", 1.0, 3)
    answer, _ = ask(app, "1", "2", "1", "1", tries={"n": 5})
    assert (answer.answer, answer.usage.calls) == ("1", 4)


def test_too_few_that_agree_are_no_answer(app: Cairn) -> None:
    answer, _ = ask(app, "1", "2", "3", tries={"n": 3, "at_least": 0.5})
    assert (answer.answer or "").startswith("I am not certain enough")
    answer, _ = ask(app, "1", "2", "3", question="多少？", tries={"n": 3, "at_least": 0.5})
    assert (answer.answer or "").startswith("我不够确定")


def test_a_try_that_fails_costs_its_vote_and_all_of_them_the_answer(app: Cairn) -> None:
    answer, _ = ask(app, ModelUnavailable("It is away."), "5", "5", tries={"n": 3})
    assert (answer.answer, answer.confidence) == ("5", 2 / 3)
    assert any("One of 3 tries failed: It is away." in notice for notice in answer.notices)
    answer, _ = ask(app, *[ModelUnavailable("It is away.")] * 2, tries={"n": 2})
    assert (answer.answer, answer.error) == (None, "It is away.")


def test_a_judge_chooses_among_different_answers_only(app: Cairn) -> None:
    answer, _ = ask(app, "red", "a deep blue", "red", "The second is fuller.\nbest: 2", tries={"n": 3, "by": "judge"})
    assert (answer.answer, answer.confidence, answer.usage.calls) == ("a deep blue", None, 4)
    answer, _ = ask(app, "red", "red", tries={"n": 2, "by": "judge"})
    assert (answer.answer, answer.usage.calls) == ("red", 2)


def test_a_judge_who_names_none_leaves_the_first_with_a_notice(app: Cairn) -> None:
    answer, _ = ask(app, "red", "blue", "Hm, both are fine.", tries={"n": 2, "by": "judge"})
    assert answer.answer == "red"
    assert any("not judged" in notice for notice in answer.notices)


def test_a_checker_ends_the_tries_at_the_first_that_is_right(app: Cairn) -> None:
    def is_even(question: str, answer: cairn.Answer) -> float:
        return float(int(answer.answer or 1) % 2 == 0)

    cairn.register(cairn.Plugin("checker", "even", is_even))
    answer, _ = ask(app, "1", "3", "4", tries={"n": 9, "by": "checker", "checker": "even"})
    assert (answer.answer, answer.usage.calls) == ("4", 3)
    answer, _ = ask(app, "1", "3", tries={"n": 2, "by": "checker", "checker": "even", "at_least": 1})
    assert (answer.answer or "").startswith("I am not certain enough")


def test_only_the_chosen_try_tells_what_it_did(app: Cairn) -> None:
    sums = [calls(("calculator", {"expression": each})) for each in ("1+1", "6*7", "40+2")]
    said = [*sums, "2", "42", "42"]
    answer, _ = ask(app, *said, strategy="react", tries={"n": 3, "adaptive": False})
    assert answer.answer == "42"
    assert [step.arguments["expression"] for step in answer.steps] == ["6*7"]


@pytest.mark.parametrize(
    ("tries", "named"),
    [
        ({"n": 3, "by": "checker"}, "tries.checker"),
        ({"n": 3, "checker": "result"}, "tries.checker"),
        ({"n": 3, "by": "checker", "checker": "nonesuch"}, "nonesuch"),
    ],
)
def test_what_can_not_be_tried_is_said_before_anything_is_asked(app: Cairn, tries: Any, named: str) -> None:
    with pytest.raises(TaskError, match=named):
        ask(app, tries=tries)


def test_an_answer_that_passes_is_given_as_it_is(app: Cairn) -> None:
    answer, model = ask(app, "Seven.", "pass", reflect={"rounds": 2})
    assert (answer.answer, answer.usage.calls) == ("Seven.", 2)
    model.assert_done()


def test_what_is_wrong_is_told_and_the_answer_given_again(app: Cairn) -> None:
    said = ["Seven.", "fail: It does not give the unit.", "Seven kilograms.", "Pass."]
    answer, model = ask(app, *said, reflect={"rounds": 2, "rubric": "Every figure has its unit."})
    assert answer.answer == "Seven kilograms."
    assert "Every figure has its unit." in model.requests[1][0].text
    assert [message.text for message in model.requests[2]][-2] == "Seven."
    assert "It does not give the unit." in model.requests[2][-1].text


def test_it_ends_when_nothing_changes_or_the_rounds_are_over(app: Cairn) -> None:
    answer, _ = ask(app, "7", "fail: no", "7.", reflect={"rounds": 5})
    assert (answer.answer, answer.usage.calls) == ("7.", 3)
    answer, _ = ask(app, "1", "fail: no", "2", "fail: no", "3", reflect={"rounds": 2})
    assert (answer.answer, answer.usage.calls) == ("3", 5)


def test_a_look_that_says_nothing_leaves_the_answer_with_a_notice(app: Cairn) -> None:
    answer, _ = ask(app, "Seven.", "I would say it depends.", reflect={"rounds": 2})
    assert answer.answer == "Seven."
    assert any("was not looked at" in notice for notice in answer.notices)
