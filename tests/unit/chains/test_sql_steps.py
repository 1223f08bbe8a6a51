"""What the model is really sent at each step, against golden files. When it is meant: UPDATE_GOLDEN=1 pytest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from cairn.core.task import Examples
from cairn.prompts.template import STEPS

from .conftest import Ask, Outcome, sql
from .test_text_to_sql_stages import Pooled

GOLDEN = Path(__file__).parents[2] / "golden" / "steps"
QUESTION = "Who lives in Berlin?"
EMPTY = sql("SELECT name FROM customers WHERE city = 'berlin'")
FULL = sql("SELECT name FROM customers WHERE city = 'Berlin'")


def golden(name: str, done: Outcome, call: int) -> None:
    text = "\n\n".join(f"{message.type}:\n{message.text}" for message in done.model.requests[call]) + "\n"
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    assert file.read_text("utf-8") == text


async def test_reason(ask: Ask) -> None:
    golden("sql_reason", await ask(QUESTION, FULL, reason=True), 0)


@pytest.mark.parametrize("name", ["easy", "non_nested", "nested"])
async def test_decompose(ask: Ask, name: str) -> None:
    listed = "\n- Which city is Berlin?\n- Who is a customer?" if name == "nested" else ""
    done = await ask(QUESTION, f"Class: {name}{listed}", FULL, decompose=True)
    golden("sql_class", done, 0)
    golden(f"sql_{name}", done, 1)


async def test_a_hypothetical_query(ask: Ask) -> None:
    pool = Pooled(Examples(selector="hypothetical"), [])
    history = [HumanMessage("Who lives in Paris?"), AIMessage("**Bob**")]
    golden("sql_imagine", await ask("And in Berlin?", FULL, FULL, pool=pool, history=history), 0)


async def test_repair(ask: Ask) -> None:
    golden("sql_repair", await ask(QUESTION, sql("SELECT nothing FROM customers"), FULL), 1)


async def test_a_missing_query(ask: Ask) -> None:
    golden("sql_missing", await ask(QUESTION, "There are two.", FULL), 1)


async def test_an_empty_result(ask: Ask) -> None:
    golden("sql_empty", await ask(QUESTION, EMPTY, FULL, check_empty=True), 1)


def test_every_step_has_its_golden_file() -> None:
    names = {file.stem for file in STEPS.glob("sql_*.md")}
    assert names == {file.stem for file in GOLDEN.glob("sql_*.txt")}


def test_no_step_reads_a_question_as_a_template() -> None:
    from cairn.prompts.template import step

    text = step("sql_reason").format_messages(question="{{schema}} {x:>9} \\{{ <b>")[-1].text
    assert text.startswith("{{schema}} {x:>9} \\{{ <b>\n")
