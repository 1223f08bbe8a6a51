"""What `cairn run` says on standard error."""

from __future__ import annotations

import pytest

from cairn.agents.question_files import Asked
from cairn.agents.question_queue import Answered
from cairn.core.answer import Answer
from cairn.core.errors import ModelAnswerError
from cairn.evals.metrics.declining import is_declined
from cairn.ui.cli.run_many import Progress, line_of

ASKED = Asked(7, "一?", {"question": "一?", "id": "x"}, sample=2)


def json_of(text: str = "Yes.") -> str:
    return Answer(run=None, answer=text).model_dump_json()


def test_money_tokens_what_was_declined_and_failures_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(1200, is_declined)
    paid = Answered(ASKED, json_of(), input_tokens=1000, output_tokens=20, cost=0.25)
    known, failed = Answered(ASKED, json_of(""), known=True), Answered(ASKED, "{}", error=ModelAnswerError("Cut."))
    progress.show([paid, paid, known, failed])
    assert progress.line().startswith("4 of 1,200, 1 declined, 1 failed, 2,000 + 40 tokens, cost 0.5, ")
    progress.end()
    told = capsys.readouterr().err
    assert "line 7: Cut." in told
    assert "2 of 1,200 answered, 1 declined, 1 failed, 1 known already, " in told


def test_a_run_that_is_over_or_was_stopped_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Progress(0, is_declined).end()
    assert "Nothing is left to ask" in capsys.readouterr().err
    stopped = Progress(3, is_declined)
    stopped.show([Answered(ASKED, json_of())])
    stopped.end()
    assert "The same command goes on with the others." in capsys.readouterr().err


def test_a_line_is_the_answer_and_what_came_with_the_question() -> None:
    answered = Answered(ASKED, '{"answer":"Yes."}')
    assert line_of(answered, 1) == '{"answer":"Yes.","line": 7, "input": {"question": "一?", "id": "x"}}'
    assert line_of(answered, 3) == '{"answer":"Yes.","line": 7, "sample": 2, "input": {"question": "一?", "id": "x"}}'
