"""A server that leaves tools out without a word is found out, once, and the model writes its calls as text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.settings import Home, load_settings
from cairn.models.token_counts import APPROXIMATE
from tests.server import Reply, Server, call


def ask(home: Home, server: Server) -> Answer:
    app = Cairn(load_settings(home.root, model="openai:m", base_url=server.url, retries=0))
    try:
        return app.ask("What is 6 times 7?", task="math")
    finally:
        app.close()


def says(writes: Callable[[str], str], with_tools: bool) -> Callable[[dict[str, Any]], Reply]:
    """A server that counts tokens as Cairn does, of the messages only or of the tools too."""

    def answer(request: dict[str, Any]) -> Reply:
        texts = [message["content"] or "" for message in request["messages"]]
        if with_tools:
            texts.append(json.dumps(request.get("tools", [])))
        return Reply(writes("\n".join(texts)), usage=(sum(map(APPROXIMATE, texts)) + 4 * len(texts), 3))

    return answer


def writes_calls(prompt: str) -> str:
    if "Action Input" not in prompt:
        return "It is about 40."
    seen = "Observation:" in prompt.partition("What is 6 times 7?")[2]
    return "Final Answer: It is 42." if seen else "Thought: a sum\nAction: calculator\nAction Input: 6*7"


def test_tools_that_never_reach_the_model_are_written_as_text(server: Server, home: Home) -> None:
    server.answer = says(writes_calls, with_tools=False)
    answer = ask(home, server)
    assert (answer.answer, [step.tool for step in answer.steps]) == ("It is 42.", ["calculator"])
    assert any("left them out" in notice for notice in answer.notices)
    tried = server.count
    again = ask(home, server)
    assert again.answer == "It is 42."
    assert all("tools" not in request for request in server.requests[tried:]), "it was kept in the home"


def test_tools_that_reach_the_model_are_never_taken_for_left_out(server: Server, home: Home) -> None:
    server.answer = says(lambda _prompt: "It is 42.", with_tools=True)
    answer = ask(home, server)
    assert answer.answer == "It is 42."
    assert not any("left them out" in notice for notice in answer.notices)
    assert all("tools" in request for request in server.requests)


def test_a_model_that_called_a_tool_once_is_not_looked_at_again(server: Server, home: Home) -> None:
    server.say(call("calculator", {"expression": "6*7"}), Reply("42", usage=(60, 1)))
    assert ask(home, server).answer == "42"
    assert server.count == 2
