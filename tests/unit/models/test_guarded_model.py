"""The guard around models that need no server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool

from cairn.core import event_loop
from cairn.core.errors import ModelAnswerError, ModelUnavailable
from cairn.core.events import listening, silent
from cairn.core.settings import Settings
from cairn.models.guarded_model import GuardedChatModel
from cairn.models.model_facts import Patience
from cairn.models.model_registry import make_chat_model
from tests.scripted import ScriptedModel, calls


@tool
def search(query: str) -> str:
    """Finds things."""
    return query


class Whole(BaseChatModel):
    """A model that can't stream."""

    answer: AIMessage

    @property
    def _llm_type(self) -> str:
        return "whole"

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self.answer)])


class FailingError(Exception):
    status_code = 503


def test_a_given_model_is_guarded_once(settings: Settings) -> None:
    model = make_chat_model(ScriptedModel("Hello there"), settings)
    assert make_chat_model(model, settings) is model
    assert model.model_name == "ScriptedModel"


async def test_tokens_are_told_unless_the_call_is_silent(settings: Settings) -> None:
    events: list[tuple[str, Any]] = []
    model = make_chat_model(ScriptedModel("Hello there", "hidden words"), settings)
    with listening(lambda type, data: events.append((type, data))):
        await model.ainvoke("Hi")
        with silent():
            await model.ainvoke("Hi")
    assert [data["text"] for type, data in events if type == "token"] == ["Hello", " there"]
    assert [type for type, _ in events].count("usage") == 2


def test_a_model_that_can_not_stream_is_read_whole(settings: Settings) -> None:
    inner = Whole(answer=calls(("search", {"query": "好"}), text="Looking"))
    chunks = list(make_chat_model(inner, settings).stream("Hi"))
    answer = sum(chunks[1:], chunks[0])  # type: ignore[arg-type]
    assert answer.text == "Looking"
    assert answer.tool_calls == inner.answer.tool_calls


async def test_tools_reach_the_inner_model_and_its_calls_come_back(settings: Settings) -> None:
    inner = ScriptedModel(calls(("search", {"query": "a"}), ("search", {"query": "b"})), "Done")
    model = make_chat_model(inner, settings).bind_tools([search])
    first = await model.ainvoke("Find")
    results = [ToolMessage("found \ud800", tool_call_id=call["id"]) for call in first.tool_calls]
    assert (await model.ainvoke([HumanMessage("Find"), first, *results])).text == "Done"
    assert inner.tools == [["search"], ["search"]]
    assert [message.text for message in inner.requests[1][2:]] == ["found \ufffd"] * 2
    inner.assert_done()


async def test_every_providers_passing_fault_is_tried_again(settings: Settings) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    model = make_chat_model(ScriptedModel(FailingError(), FailingError(), "ok"), settings)
    model.sleep = sleep
    assert (await model.ainvoke("Hi")).text == "ok"
    assert all(0 < pause <= 1 for pause in pauses) and len(pauses) == 2


async def test_a_model_that_never_answers_ends_at_the_deadline() -> None:
    class Silent(Whole):
        async def _agenerate(self, *_: Any, **__: Any) -> ChatResult:
            await asyncio.Event().wait()
            raise AssertionError

    model = GuardedChatModel(inner=Silent(answer=AIMessage("")), model_name="silent", first_timeout=0.05)
    with pytest.raises(ModelUnavailable, match=r"silent did not begin to answer within 0\.05 seconds"):
        await model.ainvoke("Hi")


async def test_a_request_that_got_lost_is_asked_again_once_it_is_known_how_soon_answers_begin() -> None:
    class LostOnce(Whole):
        async def _agenerate(self, *_: Any, **__: Any) -> ChatResult:
            if not lost:
                lost.append(True)
                await asyncio.Event().wait()
            return ChatResult(generations=[ChatGeneration(message=self.answer)])

    class Short(Patience):
        def seconds(self, most: float, last: bool) -> float:
            return 0.02

    lost: list[bool] = []
    model = GuardedChatModel(inner=LostOnce(answer=AIMessage("there")), model_name="lost", first_timeout=3600)
    model.facts.patience = Short()
    assert (await model.ainvoke("Hi")).text == "there"


def test_a_slow_server_is_given_the_time_it_takes_and_the_last_try_all_there_is() -> None:
    patience = Patience()
    assert patience.seconds(300, last=False) == 300
    for _ in range(20):
        patience.learn(1.0)
    assert patience.seconds(300, last=False) == 30
    assert patience.seconds(6, last=False) == 6
    patience.learn(25.0)
    assert patience.seconds(300, last=False) == 100
    assert patience.seconds(300, last=True) == 300


async def test_a_broken_model_is_a_readable_error(settings: Settings) -> None:
    model = make_chat_model(ScriptedModel(KeyError("oops")), settings)
    with pytest.raises(ModelAnswerError, match="KeyError: 'oops'"):
        await model.ainvoke("Hi")


def test_a_synchronous_call_on_the_loop_itself_is_refused_not_waited_for(settings: Settings) -> None:
    model = make_chat_model(ScriptedModel("Hi"), settings)

    async def wrong() -> None:
        model.invoke("Hi")

    with pytest.raises(RuntimeError, match="wait for itself"):
        event_loop.wait(wrong())


async def test_an_agent_runs_on_it(settings: Settings) -> None:
    from langchain.agents import create_agent

    inner = ScriptedModel(calls(("search", {"query": "x"})), "Found x")
    agent = create_agent(make_chat_model(inner, settings), [search])
    state = await agent.ainvoke({"messages": [HumanMessage("Find x")]})
    assert state["messages"][-1].text == "Found x"
    inner.assert_done()
