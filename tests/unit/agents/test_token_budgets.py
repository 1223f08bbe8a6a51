"""Budgets of tokens, with a model whose own count is far from the approximation: eight `!` are one token, not eight."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from cairn.agents.service import Cairn
from cairn.chains.bounded_calls import Budget, Helper, HelperError, LimitReached
from cairn.core.settings import Settings
from cairn.core.task import Limits
from cairn.models.context_window import ContextWindow
from cairn.models.model_registry import make_chat_model
from cairn.models.token_counts import TokenCounter
from tests.encodings import put_cl100k
from tests.scripted import ScriptedModel

CRIES = "!" * 800  # 100 tokens


class Gpt4(ScriptedModel):
    """Has an encoding of tiktoken's, by its name."""

    model_name: str = "gpt-4"


@pytest.fixture(params=[True, False], ids=["exact", "approximate"])
def exact(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr("tempfile.tempdir", str(settings.home))
    if request.param:
        put_cl100k(settings.home / "tiktoken")
    return request.param


@pytest.fixture
def app(exact: bool, settings: Settings) -> Iterator[Cairn]:
    opened = Cairn(settings.model_copy(update={"context_window": 2000}))
    yield opened
    opened.close()


def prompt(app: Cairn, question: str, **options: Any) -> list[BaseMessage]:
    model = Gpt4("Yes.")
    patch = {"template": "default", **options.pop("patch", {})}
    app.ask(question, task="math", model=model, patch=patch, **options)
    return model.requests[-1]


def test_of_a_thread_goes_in_what_fits_the_model(app: Cairn, exact: bool) -> None:
    thread = app.ask("First?", task="math", model=Gpt4(CRIES), patch={"template": "default"}).thread
    sent = prompt(app, "Second?", thread=thread, patch={"memory": {"max_tokens": 400}})
    assert (CRIES in [message.text for message in sent]) == exact


def test_of_a_thread_that_is_summed_up_stays_what_fits_the_model(app: Cairn, exact: bool) -> None:
    thread = app.ask("First?", task="math", model=Gpt4(CRIES), patch={"template": "default"}).thread
    model = Gpt4(*([] if exact else ["It cried."]), "Yes.")
    patch = {"template": "default", "memory": {"summary": True, "max_tokens": 400}}
    app.ask("Next?", task="math", model=model, thread=thread, patch=patch)
    model.assert_done()
    assert (CRIES in [message.text for message in model.requests[-1]]) == exact


def test_of_facts_go_in_those_that_fit_the_model(app: Cairn, exact: bool) -> None:
    fact = app.workspace.facts.add(f"cries {'!' * 280}").fact
    assert (fact.text in prompt(app, "Q?")[0].text) == exact


def test_examples_go_in_as_they_fit_the_model(app: Cairn, exact: bool) -> None:
    folder = app.workspace.home.prompts / "math"
    folder.mkdir()
    (folder / "examples.jsonl").write_text(json.dumps({"input": "Cry", "output": CRIES}))
    sent = prompt(app, "Q?", patch={"examples": {"selector": "fixed", "k": 1, "max_tokens": 300}})
    assert (CRIES in [message.text for message in sent]) == exact


def test_a_schema_is_told_as_it_fits_the_model(app: Cairn, exact: bool) -> None:
    spec = app.prompts.task("database").model_copy()
    count = make_chat_model(Gpt4(), app.settings).counter
    tools = {tool.name: tool for tool in app.workspace.tools("sql", spec, count)}
    everything = tools["describe_tables"].invoke({})
    room = count(everything) + 1
    spec = spec.patched({"sql": {"schema_tokens": room}})
    for counter, whole in ((count, True), (TokenCounter(), exact is False)):
        tools = {tool.name: tool for tool in app.workspace.tools("sql", spec, counter)}
        assert (tools["describe_tables"].invoke({}) == everything) == whole


def test_results_are_left_out_when_they_do_not_fit_the_model(exact: bool, settings: Settings) -> None:
    count = make_chat_model(Gpt4(), settings).counter
    asked = AIMessage("", tool_calls=[{"name": "t", "args": {}, "id": "1"}])
    messages = [HumanMessage("Q?"), asked, ToolMessage(CRIES, tool_call_id="1"), asked, HumanMessage("And?")]
    assert (ContextWindow(500, 100, count).fit(messages).messages == messages) == exact


async def test_helper_calls_are_held_to_the_models_count(exact: bool, settings: Settings) -> None:
    model = make_chat_model(Gpt4("Short."), settings)
    helper = Helper(model, Limits(tokens=1300))
    asking = helper.ask("summary", summary="", messages=CRIES)
    if exact:
        assert await asking == "Short."
    else:
        with pytest.raises(HelperError, match="the limit of tokens is reached"):
            await asking


async def test_queries_are_held_to_the_models_count(exact: bool, settings: Settings) -> None:
    budget = Budget(make_chat_model(Gpt4("SELECT 1"), settings), Limits(tokens=500))
    if exact:
        assert await budget.ask([HumanMessage(CRIES)]) == "SELECT 1"
    else:
        with pytest.raises(LimitReached, match="tokens"):
            await budget.ask([HumanMessage(CRIES)])
