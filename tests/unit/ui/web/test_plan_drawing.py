from __future__ import annotations

from cairn.core.events import PlanStep
from cairn.ui.web.plan_drawing import graph, lines


def step(id: str, needs: list[str], tool: str | None = "find", text: str = "find()") -> PlanStep:
    made = PlanStep(id=id, text=text, state="done", needs=needs)
    return PlanStep(**made, tool=tool, arguments={}) if tool else made


STEPS = [step("1", []), step("2", ["1"]), step("join", ["1", "2"], None, "answer")]


def test_a_plan_is_a_list_with_states() -> None:
    assert lines(STEPS) == "● 1. find()\n● 2. find()\n● answer"


def test_a_step_that_was_not_run_says_why() -> None:
    failed = PlanStep(id="3", text="nope()", state="failed", needs=[], tool="nope", reason="There is no tool 'nope'.")
    assert lines([failed]) == "✕ 3. nope() — There is no tool 'nope'."


def test_the_graph_leads_to_the_answer_and_only_from_what_nothing_else_needs() -> None:
    drawn = graph(STEPS) or ""
    assert "n0 --> n1" in drawn and "n1 --> n2" in drawn and "n0 --> n2" not in drawn


def test_a_to_do_list_is_no_graph() -> None:
    assert graph([step(str(n), [], None, "buy bread") for n in range(5)]) is None


def test_nothing_that_a_model_wrote_is_read_as_a_drawing() -> None:
    drawn = graph(
        [step("1", []), step("2", ["1"]), step("join", ["2"], None, '"]; click n0 "javascript:x" %%{init}%%')]
    )
    assert drawn is not None and '"]; click' not in drawn and "%%" not in drawn and "javascript:" not in drawn
