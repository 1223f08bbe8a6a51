"""Models without tool calling, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cairn.agents.service import Cairn
from cairn.core.settings import Home, load_settings
from tests.server import Server, fault

ACT = 'Thought: I calculate.\nAction: calculator\nAction Input: {"expression": "6*7"}'


@pytest.fixture
def app(home: Home, server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cairn]:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    opened = Cairn(load_settings(home.root, model="openai:m", base_url=server.url))
    yield opened
    opened.close()


def test_tools_are_called_by_writing_and_the_server_is_sent_no_tools(app: Cairn, server: Server) -> None:
    server.say(ACT, "Thought: I know.\nFinal Answer: It is 42.")
    answer = app.ask("What is 6*7?", task="math", patch={"strategy": "react_text"})
    assert answer.answer == "It is 42." and answer.error is None
    assert [(step.tool, step.result) for step in answer.steps] == [("calculator", "6*7 = 42")]
    for request in server.requests:
        assert "tools" not in request and "\nObservation:" in request["stop"]
    assert server.requests[-1]["messages"][-1]["content"] == "Observation:\n  6*7 = 42"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "registry.ollama.ai/library/gemma:2b does not support tools"),
        (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        (500, "tools param requires --jinja flag"),
    ],
)
def test_a_server_without_tool_calling_is_told_apart_and_the_way_out_named(
    app: Cairn, server: Server, status: int, message: str
) -> None:
    server.answer = lambda _request: fault(status, "invalid_request_error", message)
    answer = app.ask("What is 6*7?", task="math")
    assert answer.error is not None and "react_text" in answer.error
    assert server.count == 1, "trying again is useless"
