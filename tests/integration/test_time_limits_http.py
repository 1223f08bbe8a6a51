"""What a model wrote before a limit of time is the answer, marked; over real HTTP, for every way of answering."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.settings import Home, load_settings
from tests.server import DRIP, Reply, Server, call

Ask = Callable[..., Answer]
STALLED = Reply("It is 四, I think", stall=True)


@pytest.fixture
def ask(home: Home, server: Server) -> Iterator[Ask]:
    opened: list[Cairn] = []

    def asked(task: str, timeout: float = 30, seconds: float = 30, **patch: Any) -> Answer:
        given = {
            "model": "openai:m",
            "base_url": server.url,
            "retries": 0,
            "timeout": timeout,
            "first_timeout": timeout,
        }
        opened.append(Cairn(load_settings(home.root, **given)))
        return opened[-1].ask("How many?", task=task, patch={"limits": {"seconds": seconds}, **patch})

    yield asked
    for app in opened:
        app.close()


@pytest.mark.parametrize("strategy", ["direct", "react", "rag"])
@pytest.mark.parametrize(("limits", "by"), [({"timeout": 0.3}, "timeout"), ({"seconds": 4.0}, "seconds")])
def test_what_was_written_is_the_answer(
    server: Server, ask: Ask, strategy: str, limits: dict[str, float], by: str
) -> None:
    server.answer = lambda _request: STALLED
    answer = ask("documents" if strategy == "rag" else "math", strategy=strategy, **limits)
    assert (answer.answer, answer.error, answer.stopped_by) == ("It is 四, I think", None, by)
    assert any("what there was until then" in notice for notice in answer.notices)


def test_what_tools_found_is_the_answer_where_nothing_was_written(server: Server, ask: Ask) -> None:
    server.say(call("calculator", {"expression": "6*7"}), DRIP)
    answer = ask("math", seconds=1.0)
    assert answer.stopped_by == "seconds"
    assert "42" in (answer.answer or "")


@pytest.mark.parametrize("task", ["classify", "math"])
def test_no_answer_at_all_is_an_error_that_says_what_to_raise(server: Server, ask: Ask, task: str) -> None:
    server.say(DRIP)
    answer = ask(task, seconds=0.5, strategy="direct" if task == "math" else "classify", labels=["a", "b"])
    assert answer.answer is None
    assert "limits.seconds" in (answer.error or "")


@pytest.mark.parametrize(("task", "sent"), [("classify", 0.0), ("database", 0.0), ("documents", None)])
def test_what_has_one_right_answer_is_asked_for_at_temperature_0(
    server: Server, ask: Ask, task: str, sent: float | None
) -> None:
    server.answer = lambda _request: "a"
    ask(task, labels=["a", "b"])
    assert server.requests[0].get("temperature") == sent
    assert server.requests[0]["max_tokens"] == (64 if task == "classify" else 4096)  # a label is short
    ask(task, labels=["a", "b"], temperature=0.5)
    assert server.requests[-1]["temperature"] == 0.5
