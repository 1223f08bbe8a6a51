from __future__ import annotations

import pytest
from langchain_core.messages import BaseMessage

from prompts.prompt import RenderedPrompt
from prompts.template import parse_template


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
