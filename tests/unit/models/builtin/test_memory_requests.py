from __future__ import annotations

import pytest
from langchain_core.messages import HumanMessage

from cairn.agents.service import Cairn
from cairn.core.settings import Home, load_settings
from cairn.models.builtin.builtin_chat import BuiltinChatModel
from cairn.models.builtin.question_part import memory_call
from cairn.tools.memory_tools import make_memory_tools

NAMES = {"remember", "recall", "forget"}


@pytest.mark.parametrize(
    ("question", "name", "fact"),
    [
        ("Remember that I prefer metric units.", "remember", "I prefer metric units"),
        ("please remember: my dog is called Rex", "remember", "my dog is called Rex"),
        ("Don't forget that I am vegetarian", "remember", "I am vegetarian"),
        ("请记住我喜欢喝茶。", "remember", "我喜欢喝茶"),
        ("记住：我住在北京", "remember", "我住在北京"),
        ("Forget that I like tea!", "forget", "I like tea"),
        ("忘记我住在北京", "forget", "我住在北京"),
    ],
)
def test_a_wish_in_so_many_words_is_a_call(question: str, name: str, fact: str) -> None:
    call = memory_call(question, NAMES)
    assert call is not None
    assert (call.name, call.arguments) == (name, {"fact": fact})
    assert memory_call(question, {"calculator"}) is None


@pytest.mark.parametrize("question", ["What do you know about me?", "what do you remember of me", "你记得我什么？"])
def test_what_is_known_is_looked_up(question: str) -> None:
    call = memory_call(question, NAMES)
    assert call is not None and call.name == "recall"


@pytest.mark.parametrize(
    "question",
    [
        "Do you remember the refund policy?",
        "Remember when we met",
        "Remember that refunds take a week. How long for gifts?",
        "What is 3*4?",
        "How do I forget a password?",
        "公司记住密码的规定是什么？",
        "",
    ],
)
def test_a_question_is_no_wish(question: str) -> None:
    assert memory_call(question, NAMES) is None


def test_with_tools_of_the_memory_alone_a_statement_is_no_wish() -> None:
    class Unused:
        pass

    tools = make_memory_tools(Unused(), Unused())  # type: ignore[arg-type]
    answer = BuiltinChatModel().bind_tools(tools).invoke([HumanMessage("My name is Ann, I live in Berlin.")])
    assert answer.tool_calls == []


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("Remember that I work in Berlin, and how many customers are there?", "I work in Berlin"),
        ("How many customers are there? Please remember that I work in Berlin.", "I work in Berlin"),
        ("请记住我在柏林工作。有多少客户？", "我在柏林工作"),
    ],
)
def test_a_wish_beside_a_question_is_kept_and_the_question_answered(home: Home, question: str, fact: str) -> None:
    with Cairn(load_settings(home.root, model="builtin", embeddings="hash")) as app:
        answer = app.ask(question)
        assert f"Remembered: {fact}\n" in f"{answer.answer}\n" and "260" in (answer.answer or "")
        assert [one.text for one in app.workspace.facts.list()] == [fact]
