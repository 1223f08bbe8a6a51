"""The model-based stages of `rag` over real HTTP: what is sent, how often, and what faults of the server cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.events import Event
from cairn.core.settings import Home, load_settings
from tests.server import DRIP, EMPTY_CHOICES, HTML, NOT_JSON, Reply, Server, fault

QUESTION = "How many days of annual leave do full-time employees have?"
SAYS = "Full-time employees have 27 days of annual leave [1]."
EVERYTHING = {
    "retrieval": {"rewrite": "model", "expand": "multi_query", "rerank": ["judge"], "queries": 3},
    "citations": {"check": "judge"},
}


@pytest.fixture
def app(home: Home, server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cairn]:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    opened = Cairn(load_settings(home.root, model="openai:m", base_url=server.url))
    yield opened
    opened.close()


def ask(app: Cairn, question: str = QUESTION, **options: Any) -> tuple[Answer, list[Event]]:
    answer = app.ask(question, task="documents", **options)
    assert answer.run
    return answer, app.events(answer.run)


def notices(events: list[Event]) -> list[str]:
    return [event.data["text"] for event in events if event.type == "notice"]


def sent(request: dict[str, Any]) -> str:
    return "\n".join(message["content"] for message in request["messages"])


def scripted(request: dict[str, Any]) -> str:
    """What a helpful model would answer to each step."""
    text = sent(request)
    if "complete follow-up questions" in text:
        return QUESTION
    if "phrase questions in other words" in text:
        return "- How much holiday is there?\n- Days off for staff\n- Paid annual leave of full-time employees"
    if "judge which passages" in text:
        return "[2] > [1]"
    return "A: yes" if "check whether statements" in text else SAYS


def test_all_stages_together_cost_one_call_each(app: Cairn, server: Server) -> None:
    server.answer = scripted
    first, _ = ask(app, "Hello, who are you?", patch={"citations": {"check": "none"}})
    before = server.count
    answer, events = ask(app, "And annual leave?", thread=first.thread, patch=EVERYTHING)
    assert server.count - before == 5, "rewrite, expand, rerank, answer, check"
    stages = [event.data["name"] for event in events if event.type == "stage"]
    assert {"rewrite by model", "multi_query", "judge", "check by judge"} <= set(stages)
    assert all(event.data["milliseconds"] >= 0 for event in events if event.type == "stage")
    assert answer.answer == SAYS
    assert [one["state"] for one in answer.statements or []] == ["supported"]
    assert answer.usage.output_tokens == 35, "every call is counted"
    shown = "".join(event.data["text"] for event in events if event.type == "token")
    assert shown == SAYS, "what helpers say is not shown"


BROKEN = {
    "html": HTML,
    "not json": NOT_JSON,
    "no choices": EMPTY_CHOICES,
    "refused": fault(400),
    "cut": Reply("- one", cut="text"),
    "unfinished": Reply("- one", cut="finish"),
    "empty": Reply(""),
    "refusal": "Sorry, no.",
}


@pytest.mark.parametrize("expand", ["multi_query", "decompose", "hyde"])
def test_a_broken_helper_never_fails_the_answer(app: Cairn, server: Server, expand: str) -> None:
    for fails, broken in BROKEN.items():
        means = 3 if fails == "refused" and expand != "hyde" else 1  # it may be the grammar that is refused
        server.say(*[broken] * means, SAYS)
        answer, events = ask(app, patch={"retrieval": {"expand": expand}})
        assert (answer.error, answer.answer) == (None, SAYS), fails
        assert any(f"without `{expand}`" in text for text in notices(events)), fails
        assert [step.arguments for step in answer.steps] == [{"query": QUESTION}], fails


def test_a_helper_that_hangs_is_given_half_of_the_time(app: Cairn, server: Server) -> None:
    server.say(DRIP, SAYS)
    answer, events = ask(app, patch={"retrieval": {"expand": "hyde"}, "limits": {"seconds": 3}})
    assert answer.answer == SAYS
    assert any("took too long" in text for text in notices(events))


def test_a_judge_that_is_away_keeps_the_order(app: Cairn, server: Server) -> None:
    server.say(*[fault(400)] * 3, SAYS)
    answer, events = ask(app, patch={"retrieval": {"rerank": ["judge"]}})
    assert answer.answer == SAYS
    assert any("without `judge`" in text for text in notices(events))


def test_sub_questions_are_searched_and_marked(app: Cairn, server: Server) -> None:
    server.say("- How many days of annual leave are there?\n- What does the cycle scheme lend?", SAYS)
    answer, _ = ask(app, patch={"retrieval": {"expand": "decompose", "k": 2}})
    assert sorted(step.arguments["query"] for step in answer.steps) == [
        "How many days of annual leave are there?",
        "What does the cycle scheme lend?",
    ]
    text = sent(server.requests[-1])
    assert "For the question: How many days of annual leave are there?" in text
    assert "£2,000 for a bicycle" in text


def test_a_wrong_figure_is_marked_and_its_reason_told(app: Cairn, server: Server) -> None:
    server.say("Full-time employees have 29 days of annual leave [1].")
    answer, _ = ask(app)
    assert answer.answer == "Full-time employees have 29 days of annual leave [1]. *(differs from the passage)*"
    [statement] = answer.statements or []
    assert (statement["state"], statement["source"]) == ("differs", 0)
    assert "29" in (statement["reason"] or "")


def test_only_documents_is_kept(app: Cairn, server: Server) -> None:
    server.say(f"{SAYS} Everybody loves holidays in the mountains.")
    only = {"citations": {"only_documents": True, "unverified": "drop"}}
    answer, _ = ask(app, patch=only)
    assert answer.answer == SAYS
    before = server.count
    answer, _ = ask(app, patch={"citations": {"only_documents": True}, "retrieval": {"collections": ["none"]}})
    assert answer.answer == "Nothing about this was found in the documents."
    assert server.count == before


def test_a_follow_up_finds_what_it_means(app: Cairn, server: Server) -> None:
    server.answer = lambda _request: SAYS
    first, _ = ask(app)
    answer, _ = ask(app, "And for part-timers?", thread=first.thread)
    assert "annual leave" in answer.steps[0].arguments["query"]
    assert any("in proportion to their working days" in source["quote"] for source in answer.sources)


def test_builtin_names_the_setting_it_cannot_serve(home: Home) -> None:
    from cairn.core.errors import TaskError

    app = Cairn(load_settings(home.root, model="builtin"))
    with pytest.raises(TaskError, match=r"retrieval\.expand: hyde") as told:
        app.ask(QUESTION, task="documents", patch={"retrieval": {"expand": "hyde"}})
    assert told.value.hint
    app.close()
