"""Strategies and assembled tasks as LangChain's users call and trace them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from langchain_core.tracers.schemas import Run

from cairn.agents.assembly import build
from cairn.agents.plan.plan_strategy import plan
from cairn.agents.react import react
from cairn.agents.react_text import react_text
from cairn.agents.service import Cairn
from cairn.chains.classify import classify
from cairn.chains.direct import direct
from cairn.chains.extract import extract
from cairn.core import event_loop
from cairn.core.errors import UsageError
from cairn.core.strategy import Reply, ReplyChunk
from cairn.core.task import FieldSpec, Task
from cairn.models.model_registry import make_chat_model
from cairn.tools.calculator import calculator
from tests.scripted import Answer, ScriptedModel, calls

LEAVE = "How many days of parental leave do we give?"
HISTORY: list[Any] = [("human", "Who founded it?"), ("ai", "Ada.")]


def letters(*answers: Answer) -> tuple[Any, ScriptedModel]:
    model = ScriptedModel(*answers)
    return direct(Task(name="letters"), [], model), model


def walk(run: Run, depth: int = 0) -> Iterator[tuple[int, str, str]]:
    yield depth, run.run_type, run.name
    for child in sorted(run.child_runs, key=lambda child: child.dotted_order or ""):
        yield from walk(child, depth + 1)


async def traced(assistant: Any, question: str) -> list[tuple[int, str, str]]:
    """The one root run of an answer with all below it: depth, kind, name."""
    collector = RunCollectorCallbackHandler()
    await assistant.ainvoke(question, {"callbacks": [collector]})
    (root,) = collector.traced_runs
    assert root.error is None and root.end_time is not None
    return list(walk(root))


def kinds(runs: list[tuple[int, str, str]], kind: str) -> list[str]:
    return [name for _, each, name in runs if each == kind]


async def test_a_bare_strategy_answers_a_text() -> None:
    strategy, model = letters("It is Ada.")
    reply = await strategy.ainvoke("Who founded it?")
    assert (reply, str(reply)) == (Reply("It is Ada."), "It is Ada.")
    assert model.requests[0][-1].text == "Who founded it?"


def test_a_bare_strategy_answers_synchronously_and_in_batches() -> None:
    strategy, _ = letters("one", "two", "three")
    assert strategy.invoke("1?").text == "one"
    assert {str(reply) for reply in strategy.batch(["2?", "3?"])} == {"two", "three"}


@pytest.mark.parametrize("history", [HISTORY, [HumanMessage("Who founded it?"), AIMessage("Ada.")]])
async def test_the_history_comes_before_the_question(history: list[Any]) -> None:
    strategy, model = letters("In 1999.")
    await strategy.ainvoke({"question": "When?", "history": history})
    assert [message.text for message in model.requests[0][-3:]] == ["Who founded it?", "Ada.", "When?"]


@pytest.mark.parametrize(
    "asked", [5, {}, {"text": "?"}, {"question": "?", "more": 1}, {"question": "?", "history": [("king", "?")]}]
)
async def test_what_is_no_question_is_said_to_be_none(asked: Any) -> None:
    with pytest.raises(UsageError) as told:
        await letters()[0].ainvoke(asked)
    assert told.value.hint


async def test_an_answer_is_streamed_as_it_is_written() -> None:
    pieces = [piece async for piece in letters("One two three.")[0].astream("What?")]
    assert [str(piece) for piece in pieces] == ["One", " two", " three."]
    total = pieces[0] + pieces[1] + pieces[2]
    assert (total.text, total.stopped_by) == ("One two three.", None)


async def test_an_answer_that_was_changed_takes_the_place_of_what_was_streamed() -> None:
    """A thought is streamed, since nobody knows yet that a tool will be called after it."""
    model = ScriptedModel(calls(("calculator", {"expression": "6*7"}), text="Let me see."), "It is 42.")
    strategy = react(Task(name="math", strategy="react"), [calculator], model)
    pieces = [piece async for piece in strategy.astream("6*7?")]
    assert "".join(map(str, pieces)).startswith("Let me see.\n\nIt is 42.")
    total = pieces[0]
    for piece in pieces[1:]:
        total = total + piece
    assert str(total) == "It is 42."


async def test_a_strategy_that_shows_nothing_on_the_way_streams_its_reply() -> None:
    strategy = classify(Task(name="classify", strategy="classify", labels=["yes", "no"]), [], ScriptedModel("yes"))
    assert [piece async for piece in strategy.astream("Is it?")] == [ReplyChunk("yes")]


async def test_a_stream_that_is_left_ends_its_work() -> None:
    strategy, model = letters("One two three.")
    async for _ in (stream := strategy.astream("What?")):
        break
    await stream.aclose()
    model.assert_done()


async def test_a_strategy_is_a_part_of_a_chain() -> None:
    strategy, _ = letters("ada", "bo")
    chain = strategy | RunnableLambda(str) | StrOutputParser() | str.upper
    assert await chain.ainvoke("Who?") == "ADA"
    assert "".join([piece async for piece in chain.astream("Who?")]) == "BO"


@pytest.mark.parametrize(
    ("strategy", "task", "shown"),
    [
        (classify, Task(name="mine", labels=["red", "blue"]), "- red\n- blue"),
        (extract, Task(name="mine", fields=[FieldSpec(name="colour")]), "- colour (string)"),
        (plan, Task(name="mine", strategy="plan"), "calculator("),
        (react, Task(name="mine"), "Find out with your tools"),
        (react_text, Task(name="mine"), "Action Input"),
    ],
)
async def test_a_bare_strategy_uses_the_template_that_was_made_for_it(strategy: Any, task: Task, shown: str) -> None:
    model = ScriptedModel(ValueError("far enough"))
    with pytest.raises(Exception, match="far enough"):
        await strategy(task, [calculator], model).ainvoke("Which?")
    assert any(shown in message.text for message in model.requests[0])


def test_a_strategy_tells_its_schema() -> None:
    strategy, _ = letters()
    given, gives = strategy.get_input_jsonschema(), strategy.get_output_jsonschema()
    assert {"type": "string"} in given["anyOf"]
    (asked,) = [each for each in given["$defs"].values() if "question" in each["properties"]]
    assert asked["required"] == ["question"] and "history" in asked["properties"]
    assert set(gives["$defs"]["Reply"]["properties"]) == {"text", "stopped_by"}


def test_an_assembled_task_is_a_runnable(app: Cairn) -> None:
    assistant = build(app.workspace, "documents")
    assert "80 days" in str(assistant.invoke(LEAVE))
    assert "80 days" in str(assistant.invoke({"question": LEAVE, "history": HISTORY}))
    assert assistant.get_input_jsonschema()["anyOf"]


async def test_an_assembled_task_streams(app: Cairn) -> None:
    assistant = build(app.workspace, "documents")
    pieces = [piece async for piece in assistant.astream(LEAVE)]
    assert len(pieces) > 5
    assert "".join(map(str, pieces)) == str(await assistant.ainvoke(LEAVE))


async def test_traces_of_rag_name_the_search_the_model_and_the_check(app: Cairn) -> None:
    runs = await traced(build(app.workspace, "documents"), LEAVE)
    assert runs[:2] == [(0, "chain", "documents"), (1, "chain", "rag")]
    assert kinds(runs, "retriever") == ["search"]
    assert kinds(runs, "llm") == ["builtin"]
    assert "check" in kinds(runs, "chain")


async def test_traces_of_helper_calls_have_the_names_of_their_steps(app: Cairn) -> None:
    model = ScriptedModel("1. leave for parents\n2. parental days", "80 days [1].", "A: yes")
    patch = {"retrieval": {"expand": "multi_query"}, "citations": {"check": "judge"}}
    runs = await traced(build(app.workspace, "documents", patch, model), LEAVE)
    assert kinds(runs, "llm") == ["multi_query", "ScriptedModel", "check"]
    (judge,) = [n for n, run in enumerate(runs) if run[1:] == ("llm", "check")]
    assert runs[judge - 1][1:] == ("chain", "check") and runs[judge - 1][0] == runs[judge][0] - 1


async def test_traces_of_react_name_models_and_tools(app: Cairn) -> None:
    runs = await traced(build(app.workspace, "math"), "What is 6*7?")
    assert runs[:3] == [(0, "chain", "math"), (1, "chain", "react"), (2, "chain", "agent")]
    assert kinds(runs, "llm") == ["builtin", "builtin"]
    assert kinds(runs, "tool") == ["calculator"]


async def test_traces_of_sql_name_the_model_and_the_query(app: Cairn) -> None:
    runs = await traced(build(app.workspace, "database"), "How many customers are there?")
    assert runs[:2] == [(0, "chain", "database"), (1, "chain", "sql")]
    assert kinds(runs, "llm") == ["builtin"]
    assert kinds(runs, "tool") == ["query_database"]


async def test_traces_of_a_plan_name_planner_steps_and_joiner(app: Cairn) -> None:
    script = '1. calculator(expression="6*7")\n2. calculator(expression="$1+1")\njoin()'
    model = ScriptedModel(script, "It is 43.")
    runs = await traced(build(app.workspace, "plan", None, model), "6*7+1?")
    assert runs[:2] == [(0, "chain", "plan"), (1, "chain", "plan")]
    assert kinds(runs, "llm") == ["plan", "join"]
    steps = [n for n, run in enumerate(runs) if run[2].startswith("step ")]
    assert [runs[n][2] for n in steps] == ["step 1", "step 2"]
    assert all(runs[n + 1] == (runs[n][0] + 1, "tool", "calculator") for n in steps)


def test_traces_of_a_synchronous_call_are_the_same(app: Cairn) -> None:
    collector = RunCollectorCallbackHandler()
    build(app.workspace, "documents").invoke(LEAVE, {"callbacks": [collector]})
    (root,) = collector.traced_runs
    assert {"retriever", "llm"} <= {kind for _, kind, _ in walk(root)}


def test_a_guarded_model_is_traced_once_by_its_name(app: Cairn) -> None:
    model = make_chat_model("builtin", app.settings)
    collector = RunCollectorCallbackHandler()
    event_loop.wait(model.ainvoke("Hello", {"callbacks": [collector]}))
    assert [(run.name, run.child_runs) for run in collector.traced_runs] == [("builtin", [])]


async def test_what_fails_is_a_failed_run(app: Cairn) -> None:
    collector = RunCollectorCallbackHandler()
    strategy, _ = letters(ValueError("The server is cold."))
    with pytest.raises(Exception, match="cold"):
        await strategy.ainvoke("Why?", {"callbacks": [collector]})
    (root,) = collector.traced_runs
    assert "cold" in (root.error or "")


async def test_passages_of_several_searches_have_one_numbering(app: Cairn) -> None:
    wanted = [("search", {"query": "parental leave"}), ("search", {"query": "warranty of tents"})]
    model = ScriptedModel(calls(*wanted), "So it is.")
    await build(app.workspace, "assistant", None, model).ainvoke("Leave, and warranty?")
    shown = [message.text for message in model.requests[1] if message.type == "tool"]
    first, second = [dict(re.findall(r"^\[(\d+)\] (.*)$", text, re.M)) for text in shown]
    assert first and second
    assert all(first[number] == second[number] for number in first.keys() & second.keys())


@pytest.mark.parametrize("strategy", ["react", "plan", "react_text"])
async def test_databases_are_not_opened_on_the_event_loop(
    app: Cairn, strategy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is away would keep all other answers waiting."""
    places: list[int] = []
    databases = app.workspace.databases
    open = databases.open
    monkeypatch.setattr(databases, "open", lambda name: (places.append(threading.get_ident()), open(name))[1])
    written = {"react": "Yes.", "plan": "join()", "react_text": "Thought: so\nFinal Answer: Yes."}[strategy]
    model = ScriptedModel(written, *(["Yes."] if strategy == "plan" else []))
    await build(app.workspace, "assistant", {"strategy": strategy}, model).ainvoke("Is it?")
    assert len(places) == 1
    assert places[0] != threading.get_ident()
