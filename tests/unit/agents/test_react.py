from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool

from cairn.agents.react import react
from cairn.agents.run_progress import Budget, in_time
from cairn.core.errors import CairnError, ModelAnswerError, ModelUnavailable, ToolError
from cairn.core.events import listening
from cairn.core.settings import Settings
from cairn.core.strategy import Reply, Turn
from cairn.core.task import parse_task
from cairn.models.model_registry import make_chat_model
from cairn.tools.tool_invocation import COMPUTES
from tests.artifacts import one_passage
from tests.scripted import ScriptedModel, calls


@tool
def double(number: int) -> str:
    """Twice the number."""
    return str(2 * number)


@tool
def broken(number: int) -> str:
    """Always fails."""
    raise ToolError("The pipe is cold.", "Warm it.")


@tool
def rude(number: int) -> str:
    """Fails in its own way."""
    raise ZeroDivisionError("inside")


@tool
async def slow(number: int) -> str:
    """Never comes back."""
    await asyncio.sleep(3600)
    return "late"


@tool(response_format="content_and_artifact")
def look(word: str) -> tuple[str, list[Document]]:
    """Finds one passage."""
    return one_passage("The tank holds 120 litres.", "Boats")


for each in (double, broken, rude, slow, look):
    each.metadata = COMPUTES


@dataclass(frozen=True)
class Fixed:
    missing: frozenset[str] = frozenset()

    def messages(self, **values: str) -> list[BaseMessage]:
        return [SystemMessage("Be good."), HumanMessage("Q?")]


class Loop:
    """One run of the strategy, with everything it told."""

    def __init__(self, settings: Settings, *answers: Any, **limits: Any) -> None:
        self.model = ScriptedModel(*answers)
        self.events: list[tuple[str, Any]] = []
        self.task = parse_task({"name": "t", "limits": limits}, "test")
        self.settings = settings

    async def run(self) -> Reply:
        guarded = make_chat_model(self.model, self.settings)
        with listening(lambda type, data: self.events.append((type, data))):
            return await react(self.task, [double, broken, rude, slow, look], guarded).ainvoke(Turn("Q?", Fixed()))

    def told(self, type: str) -> list[Any]:
        return [data for name, data in self.events if name == type]

    def observed(self) -> list[str]:
        """What the model read from its tools in its last request."""
        return [m.text for m in self.model.requests[-1] if isinstance(m, ToolMessage)]


async def test_tools_called_in_parallel_and_the_answer(settings: Settings) -> None:
    loop = Loop(settings, calls(("double", {"number": 2}), ("double", {"number": 3})), "Four and six.")
    assert await loop.run() == Reply("Four and six.")
    assert sorted(loop.observed()) == ["4", "6"]
    assert sorted(data["result"] for data in loop.told("tool_finished")) == ["4", "6"]
    assert "".join(data["text"] for data in loop.told("token")) == "Four and six."
    loop.model.assert_done()


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("broken", {"number": 1}, "The pipe is cold. Warm it."),
        ("rude", {"number": 1}, "ZeroDivisionError"),
        ("nowhere", {"number": 1}, "there is no tool 'nowhere'"),
        ("double", {"numbr": 1}, "number"),
    ],
)
async def test_what_a_tool_cannot_do_is_an_observation(
    settings: Settings, name: str, arguments: dict[str, Any], said: str
) -> None:
    loop = Loop(settings, calls((name, arguments)), "It failed.")
    assert (await loop.run()).text == "It failed."
    assert said in loop.observed()[0]


async def test_the_same_call_twice_is_told_so_and_not_made(settings: Settings) -> None:
    again = ("double", {"number": 2})
    loop = Loop(settings, calls(again), calls(again), "Four.")
    assert (await loop.run()).text == "Four."
    assert "already" in loop.observed()[-1]
    assert "4" in loop.observed()[-1]
    assert len(loop.told("tool_finished")) == 1


async def test_at_the_repeats_limit_comes_the_best_answer_marked(settings: Settings) -> None:
    again = ("double", {"number": 2})
    loop = Loop(settings, *[calls(again)] * 3, "Four, I think.", repeats=2)
    assert await loop.run() == Reply("Four, I think.", "repeats")
    assert loop.model.tools[-1] == []


async def test_at_the_model_call_limit_tools_are_taken_away(settings: Settings) -> None:
    steps = [calls(("double", {"number": n})) for n in range(2)]
    loop = Loop(settings, *steps, "Best so far.", model_calls=3)
    assert await loop.run() == Reply("Best so far.", "model_calls")
    assert "no more tools" in loop.model.requests[-1][0].text
    assert loop.told("notice")


async def test_a_model_without_words_at_the_limit_leaves_what_the_tools_found(settings: Settings) -> None:
    loop = Loop(settings, calls(("double", {"number": 21})), "", model_calls=2)
    reply = await loop.run()
    assert reply.stopped_by == "model_calls"
    assert "42" in reply.text


async def test_tool_calls_above_the_limit_are_not_made(settings: Settings) -> None:
    many = calls(*[("double", {"number": n}) for n in range(5)])
    loop = Loop(settings, many, "Enough.", tool_calls=3)
    assert await loop.run() == Reply("Enough.", "tool_calls")
    assert len(loop.told("tool_finished")) == 3


async def test_tokens_are_limited(settings: Settings) -> None:
    loop = Loop(settings, calls(("double", {"number": 1})), "Short.", tokens=1)
    assert (await loop.run()).stopped_by == "tokens"


async def test_a_tool_that_hangs_ends_at_the_deadline(settings: Settings) -> None:
    loop = Loop(settings, calls(("double", {"number": 21})), calls(("slow", {"number": 1})), seconds=0.3)
    reply = await loop.run()
    assert reply.stopped_by == "seconds"
    assert "42" in reply.text


async def test_malformed_arguments_are_asked_for_again_and_never_executed(settings: Settings) -> None:
    bad = AIMessage("", invalid_tool_calls=[{"name": "double", "args": '{"number": ', "id": "1", "error": None}])
    loop = Loop(settings, bad, calls(("double", {"number": 2})), "Four.")
    assert (await loop.run()).text == "Four."
    assert "not a valid JSON object" in loop.model.requests[1][-1].text
    stubborn = Loop(settings, bad, bad)
    with pytest.raises(ModelAnswerError):
        await stubborn.run()


async def test_a_model_that_fails_ends_the_run_with_its_error(settings: Settings) -> None:
    with pytest.raises(CairnError):
        await Loop(settings.model_copy(update={"retries": 0}), ConnectionError("away")).run()


async def test_without_any_tool_calls_allowed_the_model_is_asked_for_words_at_once(settings: Settings) -> None:
    loop = Loop(settings, calls(("double", {"number": 1})), "No tools, so: two.", tool_calls=0)
    assert await loop.run() == Reply("No tools, so: two.", "tool_calls")
    assert not loop.told("tool_started")


async def test_the_same_call_twice_in_one_message_is_made_once(settings: Settings) -> None:
    again = ("double", {"number": 2})
    loop = Loop(settings, calls(again, again), "Four.")
    assert (await loop.run()).text == "Four."
    assert "4" in loop.observed()
    assert not any("running" in text for text in loop.observed())
    assert len(loop.told("tool_finished")) == 1


async def test_what_never_came_back_is_no_finding(settings: Settings) -> None:
    loop = Loop(settings, calls(("slow", {"number": 1})), seconds=0.2)
    assert (await loop.run()).text == "I could not find an answer within the limits."


async def test_a_model_that_said_nothing_in_time_is_a_failure_not_an_answer(settings: Settings) -> None:
    async def never() -> Any:
        await asyncio.Event().wait()

    loop = Loop(settings, seconds=0.05)
    budget = Budget(loop.task.limits)
    with pytest.raises(ModelUnavailable, match=r"0\.05 seconds. There was no answer yet"):
        await in_time(budget, never())
    budget.results["a call"] = "42"
    assert "42" in str(await in_time(budget, never()))


async def test_what_an_agent_cites_is_held_against_the_passage(settings: Settings) -> None:
    asked = calls(("look", {"word": "tank"}), ("double", {"number": 2}))
    loop = Loop(settings, asked, "The tank holds 120 litres [1]. The tank holds 130 litres [1]. Twice two is 4.")
    reply = await loop.run()
    [told] = loop.told("checked")
    assert [one["state"] for one in told["statements"]] == ["quoted", "differs"]
    assert "130 litres [1]. *(differs from the passage)*" in reply.text
