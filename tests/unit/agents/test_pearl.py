"""Plans of actions over a long document; the model is scripted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from cairn.agents.pearl.actions import Action, actions_of, read_action
from cairn.agents.pearl.pearl_plan import read_plan, write_steps
from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.errors import TaskError
from cairn.core.task import Pearl, Task
from tests.scripted import ScriptedModel
from tests.unit.agents.test_map_reduce import log
from tests.unit.agents.test_resume import broken_off, resumed, seq_of

SMALL: dict[str, Any] = {"reading": {"piece_tokens": 150, "note_tokens": 60}, "examples": {"selector": "none"}}
QUESTION = "Which boat was the dearest? source:log"
PLAN = '1. boats = FIND(CTX, "boats and their prices")\n2. best = CHOOSE(boats, "the dearest")'
BOAT = r"Boat \d+ was .*?\."


class Worker:
    """Writes the plans it is given; notes boats; an action's result names the action and the boats that it sees."""

    def __init__(self, *plans: str) -> None:
        self.plans = list(plans)
        self.planned: list[list[BaseMessage]] = []
        self.actions: list[str] = []
        self.read = 0
        self.joined = ""

    def say(self, messages: list[BaseMessage]) -> Any:
        system, asked = messages[0].text, messages[-1].text
        if "read one piece" in system:
            self.read += 1
            found = [f"- {boat} [{asked[: asked.index(boat)].count('<')}]" for boat in re.findall(BOAT, asked)]
            return "\n".join([*found, "relevance: some" if found else "relevance: none"])
        if "carry out one step" in system:
            self.actions.append(asked)
            name = re.search(r"Action: (\w+)", asked)
            boats = re.findall(rf"{BOAT}(?: \[\d+\])?", asked)
            return f"{name[1] if name else '?'}: " + " ".join(boats[-1:] if name and name[1] == "CHOOSE" else boats)
        if "The results of the steps" in asked:
            self.joined = asked
            return "; ".join(re.findall(rf"{BOAT}(?: \[\d+\])?", asked)) or "none"
        self.planned.append(messages)
        return self.plans.pop(0)

    def model(self) -> ScriptedModel:
        return ScriptedModel(*[self.say] * 300)


def ask(app: Cairn, worker: Worker, question: str = QUESTION, **patch: Any) -> Answer:
    return app.ask(question, task="pearl", patch={**SMALL, **patch}, model=worker.model())


@pytest.fixture
def filled(app: Cairn, tmp_path: Path) -> Cairn:
    app.workspace.library.add([log(tmp_path)])
    return app


def test_a_plan_is_carried_out_and_the_answer_joins_what_nobody_used(filled: Cairn) -> None:
    worker = Worker(PLAN)
    answer = ask(filled, worker)
    assert (answer.error, answer.answer) == (None, answer.answer) and "Boat 12 was" in (answer.answer or "")
    assert [step["state"] for step in answer.plan or []] == ["done"] * 3
    assert "$2 = CHOOSE" in worker.joined and "$1 = FIND" not in worker.joined
    assert len(worker.actions) == 2 and worker.read > 4
    outer = [step for step in answer.steps if step.within is None]
    assert [step.tool for step in outer] == ["FIND", "CHOOSE"]
    assert {step.within for step in answer.steps if step.tool == "read_piece"} == {answer.steps.index(outer[0])}
    (citation,) = answer.citations
    assert "Boat 12 was" in answer.sources[citation.source]["quote"]
    assert any(f"Pieces to read: {worker.read};" in notice for notice in answer.notices)


def test_a_plan_that_is_not_in_form_goes_back_with_everything_that_is_wrong(filled: Cairn) -> None:
    wrong = '1. boats = FIND(CTX)\n2. best = PICK(boats, "dearest")\n3. c = JOIN(boats, later)'
    worker = Worker(wrong, "I would look for boats.", PLAN)
    answer = ask(filled, worker)
    assert "Boat 12 was" in (answer.answer or "")
    first, second = worker.planned[1][-1].text, worker.planned[2][-1].text
    assert "FIND lacks its argument 'WHAT'" in first and "There is no tool 'PICK'" in first and "'later'" in first
    assert worker.planned[1][-2].text == wrong
    assert "There is no step" in second
    assert sum("goes back to the model" in notice for notice in answer.notices) == 2


def test_a_plan_that_stays_wrong_is_replaced_by_one_that_reads_the_text(filled: Cairn) -> None:
    worker = Worker("?", "?")
    answer = ask(filled, worker, pearl={"corrections": 1})
    assert next(step["text"] for step in answer.plan or []).startswith("ANSWER(")
    assert "Boat 12 was" in (answer.answer or "") and len(worker.planned) == 2
    assert "Which boat was the dearest?" in worker.actions[0]
    assert any("is given up" in notice for notice in answer.notices)


def test_what_a_plan_defines_ends_with_its_question(filled: Cairn) -> None:
    plan = 'RANK(ITEMS): order the items by price\n1. boats = FIND(CTX, "boats")\n2. best = RANK(boats)'
    worker = Worker(plan, '1. a = RANK("x")', PLAN)
    model = worker.model()
    answer = filled.ask(QUESTION, task="pearl", patch=SMALL, model=model)
    assert "RANK(ITEMS): order the items by price" in worker.actions[1] and answer.error is None
    filled.ask(QUESTION, task="pearl", patch=SMALL, model=model)
    assert "There is no tool 'RANK'" in worker.planned[2][-1].text
    assert "RANK" not in worker.planned[1][0].text


def test_a_plan_that_reads_too_often_is_told_so_before_it_is_read_at_all(filled: Cairn) -> None:
    many = "\n".join(f'{n}. a{n} = FIND(CTX, "thing {n}")' for n in range(1, 8))
    worker = Worker(many, PLAN)
    answer = ask(filled, worker, limits={"model_calls": 60, "tool_calls": 100, "seconds": 100})
    assert "reads the text 7 times" in worker.planned[1][-1].text
    assert "Boat 12 was" in (answer.answer or "")
    assert (answer.usage.calls or 99) <= 60
    worker = Worker(many, many, many, many)
    answer = ask(filled, worker, limits={"model_calls": 8, "tool_calls": 100, "seconds": 100})
    assert "limits.model_calls" in str(answer.error) and worker.read == 0


def test_a_step_that_fails_leaves_what_it_was_to_use(filled: Cairn) -> None:
    worker = Worker(PLAN)
    said = worker.say

    def say(messages: list[BaseMessage]) -> Any:
        if "Action: CHOOSE" in messages[-1].text:
            raise ValueError("no choice")
        return said(messages)

    worker.say = say  # type: ignore[method-assign]
    answer = ask(filled, worker)
    assert "$1 = FIND" in worker.joined and "Boat 3 was" in (answer.answer or "")


def test_a_run_that_was_broken_off_goes_on_with_its_plan(filled: Cairn) -> None:
    worker = Worker(PLAN)
    handle = filled.start(QUESTION, task="pearl", patch=SMALL, model=worker.model())
    list(filled.follow(handle.run))
    broken_off(filled, handle.run, seq_of(filled, handle.run, "tool_finished", worker.read))
    again = Worker()
    resumed(filled, handle.run, *[again.say] * 20)
    assert again.read == 0 and len(again.actions) == 1
    assert "Boat 12 was" in (filled.answer(handle.run).answer or "")


def test_examples_of_plans_with_actions_that_there_are_not_are_left_out(filled: Cairn) -> None:
    worker = Worker(PLAN)
    actions = ["FIND(CTX, WHAT): find it", "CHOOSE(ITEMS, CONDITION): choose", "LIST_EVENTS(CTX, SUBJECT): list"]
    ask(filled, worker, examples={"selector": "fixed", "k": 2}, pearl={"actions": actions})
    sent = "\n".join(message.text for message in worker.planned[0])
    assert "FIND_REASONS" not in sent and "COUNT(" not in sent
    worker = Worker(PLAN)
    ask(filled, worker, examples={"selector": "fixed", "k": 2})
    assert "gardeners" in "\n".join(message.text for message in worker.planned[0])


def test_a_short_text_is_sent_as_it_is(app: Cairn, tmp_path: Path) -> None:
    file = tmp_path / "log.md"
    file.write_text("# Log\n\nBoat 1 was bought for 5 crowns.", "utf-8")
    app.workspace.library.add([file])
    worker = Worker(PLAN)
    answer = ask(app, worker)
    assert worker.read == 0 and answer.usage.calls == 4
    assert "Boat 1 was bought for 5 crowns." in worker.actions[0]


def test_chinese_plans_are_read() -> None:
    task = Task(name="t", pearl=Pearl(actions=["查找（CTX，内容）：找出提到内容的地方", "COUNT(ITEMS): count them"]))
    known = actions_of(task)
    assert known["查找"] == Action("查找", ("CTX", "内容"), "找出提到内容的地方")
    plan = read_plan("1. 船 = 查找（CTX，“船的价格”）：找船\n2. 数 = COUNT(船)", known, "多少船？")
    assert not plan.problems and plan.readings == 1
    assert [step.arguments for step in plan.steps.values()] == [{"CTX": "CTX", "内容": "船的价格"}, {"ITEMS": "$1"}]


def test_a_plan_that_was_carried_out_is_written_in_the_form_that_is_read(filled: Cairn) -> None:
    answer = ask(filled, Worker(PLAN))
    text = write_steps(answer.plan or [])
    assert text == '1. out1 = FIND(CTX, "boats and their prices")\n2. out2 = CHOOSE(out1, "the dearest")'
    again = read_plan(text, actions_of(Task(name="t")), "?")
    assert not again.problems and again.readings == 1


@pytest.mark.parametrize("line", ["FIND: find", 'FIND("x"): find', "FIND(A, A): find", "1. a = FIND(A): b", ""])
def test_what_is_no_action_is_refused_with_the_form(line: str) -> None:
    assert read_action(line) is None
    with pytest.raises(TaskError, match="is no action"):
        actions_of(Task(name="t", pearl=Pearl(actions=[line or "-"])))


def test_it_is_a_rung_for_a_task_that_searches(filled: Cairn) -> None:
    worker = Worker(PLAN)
    patch = {**SMALL, "strategy": "pearl", "limits": {"model_calls": 100}}
    answer = filled.ask(QUESTION, task="documents", patch=patch, model=worker.model())
    assert answer.strategy == "pearl" and "Boat 12 was" in (answer.answer or "")
    assert "FIND(CTX, WHAT)" in worker.planned[0][0].text
    assert any("that of task pearl is used" in notice for notice in answer.notices)


def test_a_model_that_writes_nothing_is_refused(filled: Cairn) -> None:
    with pytest.raises(TaskError, match="strategy: pearl"):
        filled.ask(QUESTION, task="pearl", model="builtin")
