"""Many questions: what is asked, what is known, what ends it all, and that nothing is left behind."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import tool

import cairn
from cairn.agents.answer_cache import ANY, AnswerCache, StoredAnswer
from cairn.agents.many_questions import Pull
from cairn.agents.question_engine import Asking, QuestionEngine
from cairn.agents.question_files import asked_from
from cairn.agents.question_queue import Answered
from cairn.agents.service import Cairn
from cairn.core.errors import ModelRefused, ModelUnavailable, RequestRefused, TaskError, UsageError
from cairn.core.registry import Plugin
from cairn.core.settings import Home, load_settings
from tests.scripted import ScriptedModel, calls
from tests.server import Answer, Server, fault


@pytest.fixture
def app(home: Home) -> Iterator[Cairn]:
    with Cairn(load_settings(home.root, samples=False)) as opened:
        yield opened


@pytest.fixture
def server(app: Cairn) -> Iterator[Server]:
    with Server() as running:
        running.answer = lambda request: f"Said: {request['messages'][-1]['content']}"
        yield running


@pytest.fixture
def online(home: Home, server: Server) -> Iterator[Cairn]:
    settings = load_settings(home.root, samples=False, base_url=server.url, api_key="none", model="openai:m")
    with Cairn(settings) as opened:
        yield opened


async def no_pause(_seconds: float) -> None: ...


def ask(app: Cairn, questions: Sequence[Any], model: Any = None, **options: Any) -> list[Answered]:
    """Without the pauses between failures."""
    engine = QuestionEngine(app, Asking("math", {"strategy": "direct"}, model, **options), no_pause)
    asked = (asked_from(each, number, f"Question {number}") for number, each in enumerate(questions, 1))
    return [each for batch in Pull(engine.batches(asked)) for each in batch]


def run(app: Cairn, questions: Any, **options: Any) -> list[Answered]:
    options = {"task": "math", "strategy": "direct", **options}
    return list(cairn.run(questions, home=app, **options))


def texts(answers: Sequence[Answered]) -> list[str | None]:
    return [each.answer.answer for each in answers]


def test_each_question_is_answered_and_what_came_with_it_carried_along(online: Cairn, server: Server) -> None:
    asked = [{"question": "What is 一?", "id": 3}, "And two?"]
    found = run(online, asked, in_order=True)
    assert texts(found) == ["Said: What is 一?", "Said: And two?"]
    assert [(each.asked.line, each.asked.given) for each in found] == [(1, asked[0]), (2, {"question": "And two?"})]
    assert found[0].answer.thread is None and found[0].answer.model == "openai:m"
    assert (found[0].input_tokens, found[0].output_tokens) == (11, 7)


def test_what_was_answered_is_not_asked_again(online: Cairn, server: Server) -> None:
    first = run(online, ["a?", "b?"])
    again = run(online, ["b?", "c?"])
    assert server.count == 3
    assert {each.asked.question: each.known for each in again} == {"b?": True, "c?": False}
    assert {each.json for each in again if each.known} <= {each.json for each in first}
    assert [each.known for each in run(online, ["b?"], fresh=True)] == [False]


@pytest.mark.parametrize(
    "other", [{"template": "own"}, {"limits": {"model_calls": 3}}, {"model": "openai:n"}, {"task": "assistant"}]
)
def test_what_would_be_sent_otherwise_is_asked_again(online: Cairn, server: Server, home: Home, other: Any) -> None:
    (home.prompts / "math").mkdir()
    (home.prompts / "math" / "own.md").write_text("Short, please.")
    run(online, ["a?"])
    assert [each.known for each in run(online, ["a?"], **other)] == [False]
    assert server.count == 2


def test_a_history_is_sent_and_is_part_of_what_was_asked(online: Cairn, server: Server) -> None:
    [_, second] = run(online, ["And?", {"question": "And?", "history": [["Hi", "Hello"]]}], in_order=True)
    assert not second.known
    sent = [[message["content"] for message in request["messages"]][-3:] for request in server.requests]
    assert ["Hi", "Hello", "And?"] in sent


def test_the_same_question_twice_in_a_file_is_asked_once(online: Cairn, server: Server) -> None:
    found = run(online, ["a?", "a?", "b?", "a?"], in_order=True)
    assert texts(found) == ["Said: a?", "Said: a?", "Said: b?", "Said: a?"]
    assert server.count == 2


def test_several_samples_are_several_answers(online: Cairn, server: Server) -> None:
    numbers = iter(range(100))
    server.answer = lambda _request: f"Number {next(numbers)}"
    found = run(online, ["a?"], samples=3)
    assert len(set(texts(found))) == 3
    assert sorted(texts(run(online, ["a?"], samples=3)), key=str) == sorted(texts(found), key=str)
    assert server.count == 3


def test_a_question_that_fails_is_gone_past_and_asked_again(online: Cairn, server: Server) -> None:
    server.answer = lambda request: fault(400) if "bad" in request["messages"][-1]["content"] else "Yes."
    good, bad = sorted(run(online, ["good?", "bad?"]), key=lambda each: each.error is not None)
    assert good.answer.answer == "Yes." and isinstance(bad.error, RequestRefused)
    assert bad.answer.answer is None and "HTTP 400" in (bad.answer.error or "")
    server.answer = lambda _request: "Now yes."
    assert sorted(texts(run(online, ["good?", "bad?"])), key=str) == ["Now yes.", "Yes."]


def test_what_fails_for_a_moment_is_asked_again_behind_the_others(app: Cairn) -> None:
    model = ScriptedModel(ModelUnavailable("It is away."), "two", "one")
    found = ask(app, ["1?", "2?"], model, at_once=1)
    assert [(each.asked.question, each.answer.answer) for each in found] == [("2?", "two"), ("1?", "one")]
    model.assert_done()


def test_a_question_that_fails_again_and_again_does_not_hold_up_the_rest(app: Cairn) -> None:
    def answer(messages: list[Any]) -> Any:
        return ModelUnavailable("Too slow.") if "slow" in messages[-1].text else "Yes."

    model = ScriptedModel(*[answer] * 100)
    found = ask(app, ["slow?", "a?", "b?", "c?"], model, at_once=1, in_order=True)
    assert [each.error is None for each in found] == [False, True, True, True]
    assert len([request for request in model.requests if "slow" in request[-1].text]) == 3


def test_a_model_that_is_away_for_good_ends_it_and_keeps_what_was_answered(online: Cairn, server: Server) -> None:
    asked = [f"{number}?" for number in range(100)]
    server.answer = lambda request: "Yes." if int(request["messages"][-1]["content"][:-1]) < 5 else fault(500)
    engine = QuestionEngine(online, Asking("math", {"strategy": "direct", "limits": {}}, None, at_once=2), no_pause)
    online.workspace.chat_model("openai:m").retries = 0
    found: list[Answered] = []
    with pytest.raises(ModelUnavailable, match="calls in a row have failed"):
        for batch in Pull(engine.batches(asked_from(each, n, "") for n, each in enumerate(asked, 1))):
            found += batch
    assert len([each for each in found if not each.error]) == 5
    assert server.count < 40


def test_a_model_that_refuses_ends_it(app: Cairn) -> None:
    with pytest.raises(ModelRefused, match="The key is wrong"):
        ask(app, ["a?"] * 5, ScriptedModel(ModelRefused("The key is wrong.")), at_once=1)


def test_a_model_that_refuses_every_single_request_ends_it_too(online: Cairn, server: Server) -> None:
    server.answer = lambda _request: fault(400, message="no such parameter")
    with pytest.raises(RequestRefused, match="no such parameter"):
        run(online, [f"{number}?" for number in range(500)])
    assert server.count < 100


def test_after_a_429_nobody_sends_until_the_server_wants_it(online: Cairn, server: Server) -> None:
    times: list[float] = []

    def answer(_request: dict[str, Any]) -> Answer:
        times.append(time.monotonic())
        return fault(429, retry_after=1) if len(times) == 1 else "Yes."

    server.answer = answer
    found = run(online, [f"{number}?" for number in range(40)], at_once=4)
    assert [each.error for each in found] == [None] * 40
    assert sum(moment < times[0] + 0.9 for moment in times) <= 12


def test_questions_are_read_as_they_are_wanted(app: Cairn) -> None:
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        while True:
            read += 1
            yield f"What is {read} + 1?"

    answers = cairn.run(endless(), task="math", home=app)
    assert [next(answers).asked.line for _ in range(3)]
    answers.close()  # type: ignore[attr-defined]
    assert read < 6000


def test_nothing_is_left_in_the_home_but_the_answers(online: Cairn, home: Home) -> None:
    run(online, ["a?"])
    assert online.threads.list() == []
    assert online.unfinished() == []
    assert (home.root / "cache" / "answers.db").exists()


def test_kept_ones_are_conversations_with_their_events(online: Cairn) -> None:
    [answered] = run(online, ["What is it?"], keep=True)
    [thread] = online.threads.list()
    assert (thread.name, thread.id, thread.origin) == ("What is it?", answered.answer.thread, "program")
    assert online.answer(answered.answer.run or "").answer == "Said: What is it?"
    assert [message.text for message in online.threads.history(thread.id, 1000)] == ["What is it?", "Said: What is it?"]


def test_nothing_is_remembered_from_one_question_to_the_next(online: Cairn, server: Server) -> None:
    run(online, ["I prefer metric units."], task="assistant", strategy="react")
    offered = {each["function"]["name"] for each in server.requests[-1]["tools"]}
    assert "calculator" in offered and not {"remember", "recall", "forget"} & offered
    assert online.workspace.facts.list() == []


def test_an_answer_that_read_a_database_belongs_to_its_run(home: Home, server: Server) -> None:
    settings = load_settings(home.root, base_url=server.url, api_key="none", model="openai:m")
    server.answer = lambda _request: "```sql\nSELECT count(*) FROM customers\n```"
    with Cairn(settings) as app:
        options: dict[str, Any] = {"home": app, "task": "database"}
        assert [each.known for each in cairn.run(["How many customers?"], **options)] == [False]
        assert [each.known for each in cairn.run(["How many customers?"], **options)] == [True]
        others = ["How many customers?", "How many orders?"]
        assert [each.known for each in cairn.run(others, in_order=True, **options)] == [False, False]
        assert [each.known for each in cairn.run([*others, "And?"], reuse=True, in_order=True, **options)][:2] == [
            True,
            True,
        ]


def test_new_documents_are_new_answers(home: Home, server: Server, tmp_path: Path) -> None:
    settings = load_settings(home.root, base_url=server.url, api_key="none", model="openai:m", samples=False)
    (tmp_path / "a.md").write_text("# Refunds\n\nRefunds take five days.")
    with Cairn(settings) as app:
        app.workspace.library.add([tmp_path / "a.md"])
        options: dict[str, Any] = {"home": app, "task": "documents"}
        known = [[each.known for each in cairn.run(["How long is a refund?"], **options)] for _ in range(2)]
        (tmp_path / "a.md").write_text("# Refunds\n\nRefunds take six days.")
        app.workspace.library.add([tmp_path / "a.md"])
        known.append([each.known for each in cairn.run(["How long is a refund?"], **options)])
    assert known == [[False], [True], [False]]


@tool
def send(to: str) -> str:
    """Send a letter."""
    return f"Sent to {to}."


@pytest.mark.parametrize(("approve", "said"), [(True, "Sent to Ann."), (False, "The user said no")])
def test_calls_that_need_a_yes_are_decided_beforehand(
    app: Cairn, monkeypatch: pytest.MonkeyPatch, approve: bool, said: str
) -> None:
    monkeypatch.setattr("cairn.core.registry._BY_NAME", dict(vars(cairn.core.registry)["_BY_NAME"]))
    cairn.register(Plugin("tool", "letters", send, gives=["send"]))
    patch = {"strategy": "react", "tools": ["letters"], "approve": ["send"]}
    model = ScriptedModel(calls(("send", {"to": "Ann"})), "Done.")
    engine = QuestionEngine(app, Asking("assistant", patch, model, approve=approve))
    [[answered]] = list(Pull(engine.batches([asked_from("Write to Ann.", 1, "")])))
    assert answered.error is None and "Done." in (answered.answer.answer or "")
    assert said in str(model.requests[-1][-1].content)
    assert answered.answer.approval is None and len(answered.answer.steps) == approve


def test_without_a_word_on_it_such_a_question_fails(app: Cairn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cairn.core.registry._BY_NAME", dict(vars(cairn.core.registry)["_BY_NAME"]))
    cairn.register(Plugin("tool", "letters", send, gives=["send"]))
    patch = {"strategy": "react", "tools": ["letters"], "approve": ["send"]}
    engine = QuestionEngine(app, Asking("assistant", patch, ScriptedModel(calls(("send", {"to": "Ann"})))))
    [[answered]] = list(Pull(engine.batches([asked_from("Write to Ann.", 1, "")])))
    assert isinstance(answered.error, UsageError) and "--yes" in str(answered.error)


def test_a_patch_of_a_questions_own(online: Cairn, server: Server, home: Home) -> None:
    (home.prompts / "math").mkdir()
    (home.prompts / "math" / "own.md").write_text("Speak like a pirate.")
    asked = [{"question": "a?", "patch": {"template": "own"}}, {"question": "a?", "patch": {"template": "moon"}}, "a?"]
    own, wrong, plain = run(online, asked, in_order=True)
    assert own.error is None and plain.error is None and "moon" in str(wrong.error)
    assert [request for request in server.requests if "pirate" in str(request)]


def test_what_is_wrong_with_all_is_said_at_once(app: Cairn) -> None:
    with pytest.raises(TaskError):
        cairn.run(["a?"], task="moon", home=app)
    with pytest.raises(UsageError, match="Question 2: there is no question"):
        run(app, ["What is 1 + 1?", {"query": "b"}])


def test_a_cache_that_is_damaged_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "answers.db").write_bytes(b"nonsense" * 500)
    cache = AnswerCache(tmp_path)
    cache.store([StoredAnswer(b"a", ANY, "{}"), StoredAnswer(b"b", b"run", "{1}")])
    assert cache.find([b"a", b"b"], b"other") == {b"a": "{}"}
    assert cache.find([b"a", b"b"], b"run") == {b"a": "{}", b"b": "{1}"}
    assert cache.find([b"b"], b"other", of_any_run=True) == {b"b": "{1}"}
    cache.close()


def test_answers_are_what_ask_gives(online: Cairn, server: Server) -> None:
    [answered] = run(online, ["a?"])
    asked = online.ask("a?", task="math", patch={"strategy": "direct"})
    different = {"run", "thread", "seconds"}
    assert json.loads(answered.json).keys() == json.loads(asked.model_dump_json()).keys()
    assert answered.answer.model_dump(exclude=different) == asked.model_dump(exclude=different)


async def test_it_is_there_for_programs_with_a_loop_of_their_own(online: Cairn) -> None:
    found = [each async for each in cairn.arun(["a?", "b?"], task="math", strategy="direct", home=online)]
    assert sorted(texts(found), key=str) == ["Said: a?", "Said: b?"]
