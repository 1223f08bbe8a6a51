"""Actions mined from questions, and plans that become examples; the model is scripted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.errors import ModelUnavailable, TaskError, UsageError
from cairn.evals.action_mining import FOLDER, Mined, keep_actions, known_actions, mine_actions
from cairn.evals.eval_records import Record, as_stored
from cairn.evals.judge import Judge
from cairn.evals.metrics import Score
from cairn.evals.plan_learning import learn_plans
from tests.scripted import ScriptedModel


def mined(app: Cairn, questions: list[str], *answers: Any) -> tuple[Mined, ScriptedModel]:
    model, found = ScriptedModel(*answers), Mined()
    writer = Judge(app.workspace.chat_model(model), app.prompts, FOLDER)
    list(mine_actions(writer, questions, known_actions(app.prompts, "pearl")[:1], 3, found))
    return found, model


def test_actions_are_mined_merged_and_kept_in_a_file_of_the_task(app: Cairn) -> None:
    said = "Here they are:\n- FIND_PRICE(CTX, THING): find what THING costs\n* no action\n- WHO(CTX, DEED): 谁做了 DEED"
    merge = "- FIND_PRICE(CTX, THING): find the price of THING\n- WHO(CTX, DEED): who did DEED"
    found, model = mined(app, [f"Question {n}?" for n in range(12)], said, "none", merge)
    assert [action.name for action in found.actions] == ["FIND_PRICE", "WHO"]
    assert (found.found, found.failed) == (2, 1)
    assert "11. " not in model.requests[0][-1].text and "Question 11?" in model.requests[1][-1].text
    assert "WHO(CTX, DEED): 谁做了 DEED" in model.requests[2][-1].text
    app.prompts.use("pearl", {"pearl": {"corrections": 1}})
    keep_actions(app.prompts, "pearl", found.actions)
    text = (app.workspace.home.prompts / "pearl" / "patch.yaml").read_text("utf-8")
    assert "FIND_PRICE(CTX, THING): find the price of THING" in text
    assert [action.name for action in known_actions(app.prompts, "pearl")] == ["FIND_PRICE", "WHO"]
    assert app.prompts.task("pearl").pearl.corrections == 1


def test_a_merge_that_can_not_be_read_loses_nothing(app: Cairn) -> None:
    found, _ = mined(app, ["Who?"], "- WHO(CTX, DEED): who did DEED", "I can't.")
    assert [action.name for action in found.actions] == ["FIND", "WHO"]


def test_a_model_that_is_away_and_a_task_without_actions_are_errors(app: Cairn) -> None:
    with pytest.raises(ModelUnavailable):
        mined(app, ["Who?"], ModelUnavailable("It is away."))
    with pytest.raises(UsageError, match="no questions"):
        mined(app, [])
    with pytest.raises(TaskError, match="strategy is rag"):
        known_actions(app.prompts, "documents")


def record(number: int, value: float, *tools: str, **more: Any) -> Record:
    steps: list[Any] = [
        {
            "id": str(n),
            "text": f'{tool}(CTX="CTX", WHAT="it")',
            "state": more.get("state", "done"),
            "needs": [],
            "tool": tool,
            "arguments": {"CTX": "CTX", "WHAT": "it"},
        }
        for n, tool in enumerate(tools, 1)
    ]
    answer = Answer(run=None, answer="x", strategy=more.get("strategy", "pearl"), plan=steps)
    return Record(str(number), 0, f"Question {number}?", as_stored(answer), {"exact": Score(value)})


def test_plans_of_right_answers_become_examples(app: Cairn) -> None:
    before = len(app.prompts.examples("pearl"))
    records = [
        record(1, 1.0, "FIND", "FIND"),
        record(2, 0.0, "FIND"),
        record(3, 1.0, "MADE_UP"),
        record(4, 1.0, "FIND", state="failed"),
        record(5, 1.0, "search", strategy="plan"),
    ]
    learned = learn_plans(app.workspace, "pearl", records)
    assert learned.taken == ["Question 1?"] and learned.left.total() == 4
    example = app.prompts.examples("pearl")[-1]
    assert example["output"] == '1. out1 = FIND(CTX, "it")\n2. out2 = FIND(CTX, "it")'
    learn_plans(app.workspace, "pearl", records)
    assert len(app.prompts.examples("pearl")) == before + 1
    learned = learn_plans(app.workspace, "plan", records)
    assert app.prompts.examples("plan")[-1]["output"] == '1. search(CTX="CTX", WHAT="it")\njoin()'
    with pytest.raises(UsageError, match="makes no plans"):
        learn_plans(app.workspace, "documents", records)


def test_both_commands(app: Cairn, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from cairn.ui.cli.run_plans import learn, mine

    questions = tmp_path / "set.jsonl"
    questions.write_text('{"question": "Who?"}\n', "utf-8")
    with pytest.raises(TaskError, match="cairn prompts mine"):
        mine(app.settings.home, "pearl", questions, 5, model="builtin", base_url=None, as_json=False)
    with pytest.raises(UsageError):
        learn(app.settings.home, "pearl", "nothing")
