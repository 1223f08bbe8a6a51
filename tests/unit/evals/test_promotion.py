"""What was measured becomes live, is proven to be the same, and can be had back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cairn import samples
from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.core.settings import Home, load_settings
from cairn.evals.eval_records import read_records
from cairn.evals.promotion import promote, promote_climb, promotions, rollback
from cairn.evals.set_evaluation import evaluate
from cairn.prompts.example_pool import add_example

ROWS = '{"question": "What is 2 + 3?", "answers": ["5"]}\n{"question": "4 * 6 等于多少？", "answers": ["24"]}\n'


@pytest.fixture
def app(home: Home) -> Iterator[Cairn]:
    opened = Cairn(load_settings(home.root, samples=False))
    yield opened
    opened.close()


def measured(
    app: Cairn, tmp_path: Path, name: str, model: str | None = None, **patch: Any
) -> tuple[Path, dict[str, Any]]:
    questions, out = tmp_path / "questions.jsonl", tmp_path / f"{name}.jsonl"
    questions.write_text(ROWS, "utf-8")
    evaluate(questions, home=app.settings, out=out, task="math", model=model, **patch)
    return out, read_records(out)[0]


def test_what_was_measured_is_live_and_measures_the_same(app: Cairn, tmp_path: Path) -> None:
    app.prompts.use("math", {"temperature": 0.5, "wording": {"expert": True}})
    changed: dict[str, Any] = {"temperature": 0.1, "memory": {"facts": 0}, "wording": {"expert": False, "clear": True}}
    file, said = measured(app, tmp_path, "first", **changed)
    assert app.prompts.task("math").temperature == 0.5
    promote(app.workspace, file, said)
    live = app.prompts.task("math")
    assert (live.temperature, live.memory.facts, live.wording["expert"]) == (0.1, 0, False)
    _, again = measured(app, tmp_path, "second")
    assert {**again, "task": 0} == {**said, "task": 0}


def test_a_model_that_was_named_is_live_too(app: Cairn, tmp_path: Path) -> None:
    replay = tmp_path / "answers.jsonl"
    replay.write_text("", "utf-8")
    file, said = measured(app, tmp_path, "first", model=f"replay:{replay}")
    promote(app.workspace, file, said)
    assert app.prompts.patch("math") == {"model": f"replay:{replay}"}


def test_several_promotions_are_taken_back_step_by_step(app: Cairn, tmp_path: Path) -> None:
    app.prompts.use("math", {"temperature": 0.5})
    for name, temperature in (("first", 0.1), ("second", 0.2)):
        promote(app.workspace, *measured(app, tmp_path, name, temperature=temperature))
    assert [one.evaluation for one in promotions(app.workspace, "math")] == ["first", "second"]
    rollback(app.workspace, "math")
    assert app.prompts.task("math").temperature == 0.1
    rollback(app.workspace, "math")
    assert app.prompts.patch("math") == {"temperature": 0.5}
    with pytest.raises(UsageError, match="Nothing of task math was promoted"):
        rollback(app.workspace, "math")


def test_taking_back_what_was_packaged_leaves_no_patch(app: Cairn, tmp_path: Path) -> None:
    promote(app.workspace, *measured(app, tmp_path, "first", temperature=0.1))
    rollback(app.workspace, "math")
    assert app.prompts.patch("math") is None


def test_a_change_by_hand_since_is_not_lost(app: Cairn, tmp_path: Path) -> None:
    promote(app.workspace, *measured(app, tmp_path, "first", temperature=0.1))
    app.prompts.use("math", {"temperature": 0.9})
    with pytest.raises(UsageError, match="was changed since first was promoted"):
        rollback(app.workspace, "math")
    assert app.prompts.task("math").temperature == 0.9
    rollback(app.workspace, "math", anyway=True)
    assert app.prompts.patch("math") is None


def test_a_template_or_examples_that_changed_since_are_refused(app: Cairn, tmp_path: Path, home: Home) -> None:
    file, said = measured(app, tmp_path, "first", temperature=0.1)
    app.prompts.copy("math", "default")
    own = home.prompts / "math" / "default.md"
    own.write_text(own.read_text("utf-8").replace("role: ", "role: Mind the sign. "), "utf-8")
    add_example(home, "math", {"input": "1 + 1", "output": "2"})
    with pytest.raises(UsageError, match="The template and the examples"):
        promote(app.workspace, file, said)
    assert app.prompts.patch("math") is None and promotions(app.workspace, "math") == []
    promote(app.workspace, file, said, anyway=True)
    assert app.prompts.task("math").temperature == 0.1


def test_recorded_answers_measured_no_configuration(app: Cairn, tmp_path: Path) -> None:
    questions, said = tmp_path / "questions.jsonl", tmp_path / "said.txt"
    questions.write_text(ROWS, "utf-8")
    said.write_text("5\n24\n", "utf-8")
    evaluate(questions, predictions=said, home=app.settings, out=tmp_path / "out.jsonl")
    with pytest.raises(UsageError, match="no configuration"):
        promote(app.workspace, tmp_path / "out.jsonl", read_records(tmp_path / "out.jsonl")[0])


def test_where_a_climb_ended_is_live_and_can_be_taken_back(app: Cairn, tmp_path: Path) -> None:
    app.prompts.use("math", {"temperature": 0.5})
    climbed = {"task": "math", "kept": ["clear"], "patch": {"wording": {"clear": True}}, "end_model": None}
    promote_climb(app.workspace, tmp_path / "climb.json", climbed)
    assert app.prompts.patch("math") == {"temperature": 0.5, "wording": {"clear": True}}
    assert promotions(app.workspace, "math")[-1].evaluation == "climb"
    rollback(app.workspace, "math")
    assert app.prompts.patch("math") == {"temperature": 0.5}


def test_what_was_measured_on_the_samples_is_live_in_a_task_that_goes_when_it_is_undone(app: Cairn) -> None:
    climbed = json.loads(samples.CLIMB.read_text("utf-8"))
    assert "samples" not in app.prompts.tasks()
    promote_climb(app.workspace, samples.CLIMB, climbed)
    task = app.prompts.task("samples")
    assert (task.strategy, task.template, task.model, task.retrieval.k) == ("react", "tools", "builtin", 5)
    rollback(app.workspace, "samples")
    assert "samples" not in app.prompts.tasks()


def test_what_somebody_made_of_the_samples_task_is_not_undone(app: Cairn) -> None:
    promote_climb(app.workspace, samples.CLIMB, json.loads(samples.CLIMB.read_text("utf-8")))
    app.prompts.save_text("samples", "tools", app.prompts.text("samples", "tools") + "Be brief.\n")
    rollback(app.workspace, "samples")
    assert app.prompts.patch("samples") is None and "Be brief." in app.prompts.text("samples", "tools")


def test_a_climb_that_kept_nothing_or_can_not_be_built_changes_nothing(app: Cairn, tmp_path: Path) -> None:
    nothing = {"task": "math", "kept": [], "patch": {}, "end_model": None}
    with pytest.raises(UsageError, match="kept nothing"):
        promote_climb(app.workspace, tmp_path / "climb.json", nothing)
    with pytest.raises(UsageError):
        promote_climb(app.workspace, tmp_path / "climb.json", {**nothing, "kept": ["x"], "patch": {"template": "gone"}})
    assert (app.prompts.patch("math"), promotions(app.workspace, "math")) == (None, [])
