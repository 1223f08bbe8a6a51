"""The thumbs under an answer, without a browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cairn.agents.prompt_preview import render
from cairn.agents.service import Cairn
from cairn.core.settings import Home, load_settings
from cairn.ui.web import APP

QUESTION = "How many customers are there?"


@pytest.fixture
def thread(home: Home) -> str:
    """A thread with one answer from the database."""
    app = Cairn(load_settings())
    answer = app.ask(QUESTION, task="database")
    app.close()
    assert answer.tables and answer.thread
    return answer.thread


@pytest.fixture
def page(thread: str) -> AppTest:
    return open_page(thread)


def open_page(thread: str) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.query_params["thread"] = thread
    page.run()
    assert not page.exception
    return page


def pool(home: Home) -> list[dict[str, str]]:
    file = home.prompts / "database" / "examples.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.is_file() else []


def test_a_thumb_up_is_in_the_next_similar_questions_prompt(page: AppTest, home: Home) -> None:
    page.feedback[0].set_value(1).run()
    assert not page.exception
    [pair] = pool(home)
    assert (pair["input"], pair["database"]) == (QUESTION, "shop")
    app = Cairn(load_settings())
    request = render(app.workspace, "database", "How many customers are there in Chengdu?", {})
    app.close()
    texts = [message["content"] for message in request.messages]
    assert texts.index(pair["input"]) < texts.index(pair["output"]) < len(texts) - 1


def test_a_thumb_down_takes_it_back(page: AppTest, home: Home) -> None:
    page.feedback[0].set_value(1).run()
    page.feedback[0].set_value(0).run()
    assert not page.exception
    assert pool(home) == []
    assert page.feedback[0].value == 0


def test_it_is_remembered_after_a_reload(page: AppTest, home: Home, thread: str) -> None:
    page.feedback[0].set_value(1).run()
    again = open_page(thread)
    assert again.feedback[0].value == 1
    again.feedback[0].set_value(None).run()
    assert pool(home) == []
    assert open_page(thread).feedback[0].value is None


def test_a_pair_that_no_longer_runs_is_refused_and_said(page: AppTest, home: Home, tmp_path: Path) -> None:
    file = home.prompts / "database" / "examples.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("broken\n", "utf-8")
    page.feedback[0].set_value(1).run()
    assert not page.exception
    assert "is not an example" in page.toast[0].value
    assert file.read_text("utf-8") == "broken\n"
    assert page.feedback[0].value is None


def test_an_answer_without_a_query_has_no_thumbs(home: Home) -> None:
    app = Cairn(load_settings())
    answer = app.ask("What is 2 + 3?", task="math")
    app.close()
    assert answer.thread
    assert not open_page(answer.thread).feedback
