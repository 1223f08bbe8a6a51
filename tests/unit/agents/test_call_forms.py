"""Grammars of calls: just the tools that are there, with the arguments that they take."""

from __future__ import annotations

from langchain_core.tools import tool

from cairn.agents.call_forms import plan_form, step_form


@tool
def search(query: str, k: int | None = None) -> str:
    """Find."""
    return query


@tool
def today() -> str:
    """Say the day."""
    return ""


def test_the_lines_of_a_plan() -> None:
    form = plan_form([search, today], first=3, most=2)
    assert form.fits('3. search(query="$1 a", k=2)\n4. today()\njoin()') and form.fits("join()")
    assert not form.fits('I will search first.\n3. search(query="a")\njoin()')
    assert not form.fits('3. find(query="a")\njoin()')
    lines = form.grammar.splitlines()
    assert lines[0] == "root ::= step-3"
    assert lines[1].startswith('step-3 ::= "join()" | "3. " call') and lines[3] == 'step-5 ::= "join()"'
    assert '"search(" "query=" (string) (", " "k=" (number))? ")" | "today(" "" ")"' in " ".join(form.grammar.split())


def test_the_steps_of_react_text() -> None:
    form = step_form([search])
    assert form.fits('Thought: look\nAction: search\nAction Input: {"query": "a"}')
    assert form.fits("Thought: known\nFinal Answer: Two\nlines.")
    assert not form.fits("It is two lines.") and not form.fits("Thought: look\nAction: find\nAction Input: {}")
    assert "Action:" not in step_form([]).grammar
