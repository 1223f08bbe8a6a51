"""Helpers, plans, steps and judges ask by the best means that a server keeps to, found out once, kept in the home."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from cairn.agents.service import Cairn
from cairn.core.settings import Home, load_settings
from cairn.evals.judge import Judge
from cairn.models import model_facts
from tests.integration.test_constrained_http import means_of
from tests.server import Answer, Reply, Server, fault

QUESTION = "How many days of annual leave do full-time employees have?"
PLAN = '1. calculator(expression="6*7")\njoin()'
Start = Callable[[], Cairn]


@pytest.fixture
def start(home: Home, server: Server) -> Iterator[Start]:
    """Each is like another process: it knows only what the home keeps."""
    opened: list[Cairn] = []

    def open_app() -> Cairn:
        opened.append(Cairn(load_settings(home.root, base_url=server.url, model="openai:m", retries=0)))
        return opened[-1]

    yield open_app
    for app in opened:
        app.close()


def failing(home: Home, server: Server) -> list[str] | None:
    return model_facts.model_facts(home.root, "openai:m", server.url).failing


def verdicts(app: Cairn) -> list[bool]:
    judge = Judge(app.workspace.chat_model(None), app.prompts)
    return [yes for yes, _ in judge.verdicts("relevant", 2, False, question="?", answer="!", passages="1. a\n\n2. b")]


def keeps_to(*means: str) -> Callable[[dict[str, Any]], Answer]:
    """A server that writes lines in its own way unless it is asked by one of these."""
    right = {
        "grammar": "1: yes\n2: no",
        "object": json.dumps({"1": {"yes": True}, "2": {"yes": False}}),
        "text": "1. Yes\n2. No, never",
    }
    return lambda request: right[means_of(request) if means_of(request) in means else "text"]


def test_a_judge_is_held_to_its_form(start: Start, home: Home, server: Server) -> None:
    server.answer = keeps_to("grammar")
    assert verdicts(start()) == [True, False]
    assert server.requests[0]["grammar"] == 'root ::= "1: " ("yes" | "no") "\\n" "2: " ("yes" | "no")'
    assert failing(home, server) is None


@pytest.mark.parametrize("means", ["object", "text"])
def test_a_grammar_that_is_ignored_is_noticed_and_the_next_means_kept(
    start: Start, home: Home, server: Server, means: str
) -> None:
    server.answer = keeps_to(means)
    assert [verdicts(start()) for _ in range(4)] == [[True, False]] * 4
    tried = [means_of(request) for request in server.requests]
    assert tried == (["grammar", "object", means, means])
    assert failing(home, server) == (["grammar"] if means == "object" else ["grammar", "object"])


def test_what_is_refused_is_asked_for_by_the_next_means_at_once(start: Start, home: Home, server: Server) -> None:
    text = keeps_to("text")
    server.answer = lambda request: text(request) if means_of(request) == "text" else fault(400, "unknown parameter")
    assert verdicts(start()) == verdicts(start()) == [True, False]
    assert [means_of(request) for request in server.requests] == ["grammar", "object", "text", "text"]


def test_after_a_week_the_server_may_be_another(
    start: Start, home: Home, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer = keeps_to("text")
    verdicts(start())
    assert failing(home, server) == ["grammar"]

    class Later(date):
        @classmethod
        def today(cls) -> date:
            return date.today() + timedelta(days=8)

    monkeypatch.setattr(model_facts, "date", Later)
    assert failing(home, server) is None
    verdicts(start())
    assert means_of(server.requests[-1]) == "grammar"


def test_an_answer_that_was_cut_says_nothing_of_the_means(start: Start, home: Home, server: Server) -> None:
    server.answer = lambda _request: Reply("1: yes\n2: n", finish="length")
    with pytest.raises(Exception, match="2 of 2"):
        verdicts(start())
    assert failing(home, server) is None


def test_helpers_are_held_to_theirs(start: Start, server: Server) -> None:
    server.say("- How long is leave?\n- Days off a year?", "27 days [1].")
    start().ask(QUESTION, task="documents", patch={"retrieval": {"expand": "multi_query", "queries": 2}})
    assert server.requests[0]["grammar"].startswith('root ::= "- "')
    assert means_of(server.requests[1]) == "text", "an answer has no form"


def test_who_looks_at_an_answer_can_only_pass_it_or_say_what_is_wrong(start: Start, server: Server) -> None:
    server.say("27 days.", "fail: The year is missing.", "27 days in 2026.", "pass")
    asked = {"reflect": {"rounds": 2, "rubric": "It names the year."}}
    assert start().ask(QUESTION, task="assistant", patch={**asked, "tools": []}).answer == "27 days in 2026."
    assert [means_of(request) for request in server.requests] == ["text", "grammar", "text", "grammar"]
    assert server.requests[1]["grammar"] == r'root ::= "pass" | "fail: " [^\n]{1,300}'


def test_a_plan_is_held_to_its_lines_and_starts_while_it_is_written(start: Start, home: Home, server: Server) -> None:
    server.say(PLAN, "It is 42.")
    answer = start().ask("6 times 7?", task="plan")
    assert answer.answer == "It is 42."
    assert '"calculator("' in server.requests[0]["grammar"]
    assert means_of(server.requests[1]) == "text"
    assert failing(home, server) is None


def test_a_plan_by_a_server_that_ignores_or_refuses_grammars(start: Start, home: Home, server: Server) -> None:
    server.say(f"Let me see.\n{PLAN}", "It is 42.")
    assert start().ask("6 times 7?", task="plan").answer == "It is 42."
    assert failing(home, server) == ["grammar"]
    server.say(PLAN, "It is 42.")
    assert start().ask("6 times 7?", task="plan").answer == "It is 42."
    assert means_of(server.requests[2]) == "text"


def test_a_plan_whose_grammar_is_refused_is_asked_for_without(start: Start, home: Home, server: Server) -> None:
    server.say(fault(400, "unknown parameter"), PLAN, "It is 42.")
    assert start().ask("6 times 7?", task="plan").answer == "It is 42."
    assert [means_of(request) for request in server.requests] == ["grammar", "text", "text"]
    assert failing(home, server) == ["grammar"]


def test_steps_of_react_text_are_held_to_theirs(start: Start, home: Home, server: Server) -> None:
    server.say(
        'Thought: a product\nAction: calculator\nAction Input: {"expression": "6*7"}',
        "Thought: known\nFinal Answer: It is 42.",
    )
    answer = start().ask("6 times 7?", task="math", patch={"strategy": "react_text"})
    assert answer.answer == "It is 42."
    assert all('"calculator"' in request["grammar"] for request in server.requests)
    assert failing(home, server) is None
