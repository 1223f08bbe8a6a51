"""Labels and fields over real HTTP: from servers that keep to a grammar, a schema, tools, or to nothing at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import cairn
from cairn.agents.service import Cairn
from cairn.core.errors import ModelAnswerError, ModelRefused
from cairn.core.settings import Home, load_settings
from cairn.models.answer_forms import any_of
from cairn.models.model_facts import model_facts
from tests.server import Answer, Server, call, fault

LABELS = ["billing", "problem", "question", "wish"]
FIELDS = [{"name": "total", "type": "number", "required": True}, {"name": "dated", "type": "date"}]


@pytest.fixture
def app(home: Home, server: Server) -> Iterator[Cairn]:
    with Cairn(load_settings(home.root, base_url=server.url, model="openai:m", retries=0)) as opened:
        yield opened


def means_of(request: dict[str, Any]) -> str:
    if "grammar" in request:
        return "grammar"
    if "response_format" in request:
        schema = request["response_format"]["json_schema"]["schema"]
        return "object" if schema["type"] == "object" else "values"
    return "tool" if "tools" in request else "text"


def classified(app: Cairn, text: str = "It was charged twice.") -> str:
    return cairn.assistant("classify", home=app).invoke(text).text


def test_a_grammar_comes_first_and_holds_just_the_labels(app: Cairn, server: Server) -> None:
    server.say("billing")
    assert classified(app) == "billing"
    [request] = server.requests
    assert request["grammar"] == 'root ::= "billing" | "problem" | "question" | "wish"'


@pytest.mark.parametrize("keeps_to", ["grammar", "values", "object", "text"])
def test_the_best_means_that_the_server_keeps_to_is_found_once(app: Cairn, server: Server, keeps_to: str) -> None:
    right = {"values": '"billing"', "object": '{"label": "billing"}', "text": "I would say: billing."}

    def answer(request: dict[str, Any]) -> Answer:
        return right.get(keeps_to, "billing") if means_of(request) == keeps_to else "Well, it depends."

    server.answer = answer
    assert classified(app) == classified(app) == "billing"
    tried = [means_of(request) for request in server.requests]
    order = ["grammar", "values", "object", "text"]
    assert tried == [*order[: order.index(keeps_to) + 1], keeps_to]


def test_what_a_server_refuses_is_passed_over(app: Cairn, server: Server) -> None:
    def answer(request: dict[str, Any]) -> Answer:
        return "wish" if means_of(request) == "text" else fault(400, "invalid_request_error", "Unknown parameter")

    server.answer = answer
    assert classified(app) == "wish"


def test_a_label_outside_the_list_never_comes_back(app: Cairn, server: Server) -> None:
    server.answer = lambda request: "refund"
    with pytest.raises(ModelAnswerError, match="none of the labels"):
        classified(app)
    assert "exactly one of" in server.requests[-1]["messages"][-1]["content"]
    assert model_facts(app.workspace.settings.home, "openai:m", server.url).failing is None


def test_a_key_that_is_refused_is_told_as_that(app: Cairn, server: Server) -> None:
    server.answer = lambda request: fault(401)
    with pytest.raises(ModelRefused, match="wants a key"):
        classified(app)


@pytest.mark.parametrize("keeps_to", ["tool", "object", "text"])
def test_fields_by_the_best_means(app: Cairn, server: Server, keeps_to: str) -> None:
    fields = {"total": 12.5, "dated": "2024-05-01"}
    right: dict[str, Answer] = {
        "tool": call("give_fields", fields),
        "object": json.dumps(fields),
        "text": f"Here you are:\n```json\n{json.dumps(fields)}\n```",
    }

    def answer(request: dict[str, Any]) -> Answer:
        return right[keeps_to] if means_of(request) == keeps_to else "I can't call anything."

    server.answer = answer
    assistant = cairn.assistant("extract", home=app, fields=FIELDS)
    assert json.loads(assistant.invoke("12.50 on May 1st").text) == fields
    assert means_of(server.requests[-1]) == keeps_to


def test_fields_that_are_not_valid_are_asked_for_again(app: Cairn, server: Server) -> None:
    server.say(call("give_fields", {"total": "a lot"}), call("give_fields", {"total": 3}))
    assistant = cairn.assistant("extract", home=app, fields=FIELDS)
    assert json.loads(assistant.invoke("three").text)["total"] == 3
    assert "total" in server.requests[-1]["messages"][-1]["content"]


def test_labels_of_any_letters_make_a_grammar() -> None:
    labels = ['say "hi"', "a\\b", "退款", "two\nlines"]
    assert any_of(labels) == ('root ::= "say \\"hi\\"" | "a\\\\b" | "退款" | "two\\nlines"')


def test_fields_are_not_asked_for_by_a_tool_that_would_not_reach_the_model(
    app: Cairn, home: Home, server: Server
) -> None:
    model_facts(home.root, "openai:m", server.url).learn(tools=False)
    server.say('{"total": 12.5, "dated": null}')
    answer = cairn.assistant("extract", home=app, fields=FIELDS).invoke("12.50 is owed.").text
    assert json.loads(answer) == {"total": 12.5, "dated": None}
    assert [means_of(request) for request in server.requests] == ["object"]
