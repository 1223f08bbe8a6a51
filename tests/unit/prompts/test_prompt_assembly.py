from __future__ import annotations

import pytest
from langchain_core.messages import BaseMessage

from cairn.core.strategy import Example
from cairn.prompts.prompt_assembly import RenderedPrompt
from cairn.prompts.template import parse_template


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("Be good.", ["system", "human"]),
        ("Be good. {{question}}", ["system", "human"]),
        ("user:\nQ: {{question}}", ["human"]),
        ("user:\nBe brief.", ["human", "human"]),
        ("Be good.\n\nassistant:\nHello.", ["system", "ai", "human"]),
    ],
)
def test_the_question_always_reaches_the_model(text: str, roles: list[str]) -> None:
    messages: list[BaseMessage] = RenderedPrompt(parse_template(text, "t"), {"question": "why?"}).messages()
    assert [message.type for message in messages] == roles
    assert "why?" in messages[-1].text


def test_other_examples_take_the_place_of_the_first() -> None:
    prompt = RenderedPrompt(parse_template("Be good.", "t"), {"question": "why?"}, [Example(input="a", output="b")])
    other = prompt.with_examples([Example(input="c", output="d")])
    assert [message.text for message in other.messages()] == ["Be good.", "c", "d", "why?"]
    assert [message.text for message in prompt.messages()] == ["Be good.", "a", "b", "why?"]
