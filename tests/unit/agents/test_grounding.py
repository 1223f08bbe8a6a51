"""What an answer rests on is said with it: nothing looked up, no answer at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.agents.grounding import NOT_LOOKED_UP, NOT_LOOKED_UP_ZH, Lookups, is_own, refuse_no_answer
from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.settings import Settings
from cairn.core.strategy import Reply
from cairn.prompts.template import parse_template
from tests.scripted import ScriptedModel, calls


@pytest.fixture
def app(settings: Settings) -> Iterator[Cairn]:
    opened = Cairn(settings)
    opened.workspace.databases.add("shop", f"sqlite:///{_shop()}")
    yield opened
    opened.close()


def _shop() -> str:
    from cairn.samples import SHOP

    return str(SHOP)


def ask(app: Cairn, question: str, *said: Any, **options: Any) -> Answer:
    return app.ask(question, model=ScriptedModel(*said), **options)


@pytest.mark.parametrize(
    ("question", "said", "notice"),
    [
        ("How many customers are there?", "There are 260 customers.", NOT_LOOKED_UP),
        ("Who leads the company?", "It is led by Marta Veldkamp.", NOT_LOOKED_UP),
        ("有多少客户？", "一共有二百六十个客户。", NOT_LOOKED_UP_ZH),
    ],
)
def test_a_figure_or_a_name_that_nobody_looked_up_is_told(app: Cairn, question: str, said: str, notice: str) -> None:
    answer = ask(app, question, said)
    assert answer.notices == [notice]
    stored = app.events(answer.run or "")
    assert [event.data["text"] for event in stored if event.type == "notice"] == [notice]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Hello!", "Hello! What would you like to know?"),
        ("I am Marta and I have 3 questions.", "Hello Marta, what are your 3 questions?"),
        ("你好", "你好！想了解什么？"),
    ],
)
def test_small_talk_and_what_the_user_said_need_no_notice(app: Cairn, question: str, said: str) -> None:
    assert ask(app, question, said).notices == []


def test_what_a_tool_gave_needs_no_notice(app: Cairn) -> None:
    call = calls(("query_database", {"query": "SELECT count(*) AS n FROM customers"}))
    assert ask(app, "How many customers are there?", call, "There are 260 customers.").notices == []


def test_where_there_is_nothing_to_look_up_there_is_no_notice(settings: Settings) -> None:
    app = Cairn(settings.model_copy(update={"samples": False}))
    try:
        assert ask(app, "How many customers are there?", "There are 260 customers.").notices == []
    finally:
        app.close()


def test_what_the_thread_has_already_is_known(app: Cairn) -> None:
    first = ask(app, "The code is Ada 1815, right?", "It is.")
    assert ask(app, "Which code was it?", "Ada 1815.", thread=first.thread).notices == []


@pytest.mark.parametrize("said", ["join()", "3. join()", "```\njoin()\n```", '1. search(query="leave")\n2. join()'])
def test_a_plans_closing_call_is_no_answer(app: Cairn, said: str) -> None:
    answer = ask(app, "How long is the leave?", said)
    assert answer.answer is None
    assert "wrote a call in place of an answer" in (answer.error or "")


def test_a_copy_of_the_prompt_is_no_answer(app: Cairn) -> None:
    statement = app.prompts.template("assistant", "default").head.statement
    answer = ask(app, "How long is the leave?", statement)
    assert answer.answer is None
    assert "gave back its instructions" in (answer.error or "")


TEMPLATE = parse_template(
    'Answer from the passages. If they say nothing, say "I am sorry, the handbook that I was given says nothing at all '
    'about this question of yours, please ask the people at the front desk instead."',
    "own",
)


@pytest.mark.parametrize(
    "said",
    [
        "I am sorry, the handbook that I was given says nothing at all about this question of yours, please ask the "
        "people at the front desk instead.",
        "f(x)",
        "len(name)\nlower(name)",
        "Answer from the passages.",
        "",
    ],
)
def test_what_a_template_quotes_and_what_is_short_are_answers(said: str) -> None:
    refuse_no_answer(Reply(said), TEMPLATE, ())


@given(st.text(), st.text())
def test_any_text_can_be_judged_and_what_is_known_is_never_told(text: str, known: str) -> None:
    is_own(Reply(text), known, Lookups())
    assert not is_own(Reply(text), text, Lookups())
    assert not is_own(Reply(text), known, Lookups(looked_up=True))
