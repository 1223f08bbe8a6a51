"""What gives way when a prompt is too long, in which order; and that what is sent fits, or nothing is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from cairn.core.clean_text import approximate_tokens
from cairn.core.errors import PromptTooLong
from cairn.models.context_window import EXAMPLE, LEFT_OUT, THREAD, ContextWindow, mark_filled

LONG = "word " * 300
PASSAGES = "\n\n".join(f"[{n}] Title {n}\n  {'word ' * 60}" for n in range(1, 6))


def window(tokens: int, answer: int = 100) -> ContextWindow:
    return ContextWindow(tokens, answer, approximate_tokens)


def called(number: str) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": "look", "args": {}, "id": number}])


def prompt(passages: str = PASSAGES) -> list[BaseMessage]:
    example = [
        HumanMessage("Eg?", additional_kwargs={EXAMPLE: True}),
        AIMessage(LONG, additional_kwargs={EXAMPLE: True}),
    ]
    said = [
        HumanMessage(f"Before? {LONG}", additional_kwargs={THREAD: True}),
        AIMessage("So.", additional_kwargs={THREAD: True}),
    ]
    system = SystemMessage(f"Answer.\n\n{passages}", additional_kwargs=mark_filled({"context": passages}))
    return [system, *example, *said, HumanMessage("The question?")]


def texts(messages: list[BaseMessage]) -> str:
    return "\n".join(message.text for message in messages)


def test_what_fits_stays_as_it_is() -> None:
    assert window(16_000).fit(prompt()).messages == prompt()
    assert window(16_000).fit(prompt()).left_out == ()


def test_the_thread_goes_first_then_examples_then_passages_from_the_last() -> None:
    parts = window(16_000).size(prompt()).parts
    without_thread = sum(parts.values()) - parts["thread"]
    fitted = window(without_thread + 110).fit(prompt())
    assert fitted.left_out == ("earlier messages",) and "Before?" not in texts(fitted.messages)
    assert "Eg?" in texts(fitted.messages) and "[5]" in texts(fitted.messages)
    without_examples = without_thread - parts["examples"]
    fitted = window(without_examples + 110).fit(prompt())
    assert fitted.left_out == ("earlier messages", "examples") and "[5]" in texts(fitted.messages)
    fitted = window(without_examples + 50).fit(prompt())
    assert fitted.left_out == ("earlier messages", "examples", "passages")
    text = texts(fitted.messages)
    assert "[1]" in text and "[5]" not in text and LEFT_OUT in text
    assert "Answer." in text and "The question?" in text


def test_old_results_go_before_all_else_and_the_newest_are_shortened_last() -> None:
    messages = [
        SystemMessage("s"),
        HumanMessage("q"),
        called("1"),
        ToolMessage(LONG, tool_call_id="1"),
        called("2"),
        ToolMessage(LONG, tool_call_id="2"),
    ]
    fitted = window(700).fit(messages)
    assert [message.text == LEFT_OUT for message in fitted.messages[3::2]] == [True, False]
    fitted = window(350).fit(messages)
    assert fitted.left_out == ("earlier results", "results")
    assert 100 < len(fitted.messages[-1].text) < len(LONG)


def test_tools_count_and_what_can_not_give_way_is_refused_with_the_figures() -> None:
    tool = {"type": "function", "function": {"name": "x", "description": LONG, "parameters": {}}}
    question: list[BaseMessage] = [HumanMessage("The question?")]
    assert window(400).fit(question).messages == question
    with pytest.raises(PromptTooLong, match="the model takes 400, of which 100 are for the answer") as told:
        window(400).fit(question, [tool])
    assert "fewer tools" in str(told.value)


def test_the_size_is_told_by_part() -> None:
    messages = [*prompt(), called("1"), ToolMessage(LONG, tool_call_id="1")]
    size, parts = window(4_000).size(messages, [{"name": "look"}]), window(4_000).parts(messages)
    assert sum(part.tokens for part in parts) == size.total - size.parts["tools"]
    assert [part.text for part in parts if part.kind == "results"] == [LONG]
    assert {"instructions", "passages", "examples", "thread", "question", "results", "tools"} <= set(size.parts)
    assert size.parts["passages"] == approximate_tokens(PASSAGES) and size.total > size.parts["passages"]


TEXT = st.text(st.sampled_from("word 字ß\n[1]"), max_size=900)
MARKS: Any = st.sampled_from([{}, {EXAMPLE: True}, {THREAD: True}])


@given(st.lists(st.tuples(TEXT, MARKS), max_size=8), TEXT, st.integers(300, 2_000))
def test_whatever_comes_fits_or_is_refused(said: list[tuple[str, Any]], filled: str, tokens: int) -> None:
    messages: list[BaseMessage] = [SystemMessage(f"S {filled}", additional_kwargs=mark_filled({"context": filled}))]
    messages += [HumanMessage(text, additional_kwargs=marks) for text, marks in said]
    messages += [HumanMessage("Q?"), called("1"), ToolMessage(filled, tool_call_id="1")]
    keeper = window(tokens)
    try:
        fitted = keeper.fit(messages)
    except PromptTooLong:
        return
    assert keeper.size(fitted.messages).total <= keeper.room or fitted.messages == messages
    assert any(message.text == "Q?" for message in fitted.messages)
    kept = [text for text, marks in said if not marks]
    assert all(any(message.text == text for message in fitted.messages) for text in kept)
