"""What is said of an answer is kept, taken back, and becomes rows of a set."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from cairn.agents.prompt_preview import render
from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.core.settings import Home, load_settings
from cairn.evals.asked_before import all_feedback, row_of
from cairn.memory.feedback_store import FeedbackStore
from cairn.ui.web.answer_verdict import Right, give

QUESTION = "How many customers are there?"


@pytest.fixture
def app(home: Home) -> Iterator[Cairn]:
    with Cairn(load_settings()) as app:
        yield app


@pytest.fixture
def run(app: Cairn) -> str:
    answer = app.ask(QUESTION, task="database")
    assert answer.tables and answer.run
    return answer.run


def said(app: Cairn, run: str) -> object:
    found = FeedbackStore(app.workspace.database, app.settings.user).of(run)
    return found and (found.verdict, found.reason, found.correction)


def pool(home: Home) -> list[dict[str, str]]:
    file = home.prompts / "database" / "examples.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.is_file() else []


def row(app: Cairn) -> object:
    return row_of(app.workspace, all_feedback(app.workspace)[0])


def test_a_good_query_is_in_the_next_similar_questions_prompt(app: Cairn, run: str, home: Home) -> None:
    assert give(app, run, "good") == "database"
    [pair] = pool(home)
    assert (pair["input"], pair["database"]) == (QUESTION, "shop")
    request = render(app.workspace, "database", "How many customers are there in Chengdu?", {})
    texts = [message["content"] for message in request.messages]
    assert texts.index(pair["input"]) < texts.index(pair["output"]) < len(texts) - 1
    assert said(app, run) == ("good", None, None)


@pytest.mark.parametrize("verdict", ["bad", None])
def test_another_verdict_takes_it_back(app: Cairn, run: str, home: Home, verdict: str | None) -> None:
    give(app, run, "good")
    give(app, run, verdict)  # type: ignore[arg-type]
    assert pool(home) == []
    assert said(app, run) == (verdict and ("bad", None, None))


def test_what_would_have_been_right_becomes_a_row_of_a_set(app: Cairn, run: str) -> None:
    give(app, run, "bad", "It counts those who left.", Right(sql="SELECT COUNT(*) FROM customers WHERE id > 1"))
    found = row(app)
    assert isinstance(found, dict)
    assert (found["question"], found["database"]) == (QUESTION, "shop")
    assert found["query"] == "SELECT COUNT(*) FROM customers WHERE id > 1"


def test_a_right_passage_becomes_a_row_of_a_set(app: Cairn) -> None:
    answer = app.ask("How many days of parental leave do we give?", task="documents")
    give(app, answer.run or "", "bad", "", Right(answer="80 days", source=1))
    found = row(app)
    assert isinstance(found, dict)
    assert (found["answers"], found["sources"]) == (["80 days"], [answer.sources[0]["source"]])


def test_a_query_that_does_not_run_is_refused_and_nothing_is_kept(app: Cairn, run: str) -> None:
    with pytest.raises(CairnError, match="nowhere"):
        give(app, run, "bad", "", Right(sql="SELECT * FROM nowhere"))
    assert said(app, run) is None


def test_examples_that_can_not_be_read_stay_and_nothing_is_kept(app: Cairn, run: str, home: Home) -> None:
    file = home.prompts / "database" / "examples.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("broken\n", "utf-8")
    with pytest.raises(CairnError, match="is not an example"):
        give(app, run, "good")
    assert said(app, run) is None and file.read_text("utf-8") == "broken\n"


def test_every_answer_can_be_judged(app: Cairn) -> None:
    answer = app.ask("What is 2 + 3?", task="math")
    assert give(app, answer.run or "", "good") is None
    assert said(app, answer.run or "") == ("good", None, None)
