"""Questions that a model writes on the documents. The models here are scripted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.messages import BaseMessage

from cairn.agents.service import Cairn
from cairn.core.errors import ModelAnswerError, ModelUnavailable, UsageError
from cairn.core.settings import Home, load_settings
from cairn.evals.document_questions import FOLDER, Made, make_questions, pieces
from cairn.evals.judge import Judge
from tests.scripted import ScriptedModel

TEXT = "# Leave\n\n" + "\n\n".join(
    f"Rule {n}: after {n} years everybody has {20 + n} days of leave." for n in range(60)
)


@pytest.fixture
def app(home: Home, tmp_path: Path) -> Iterator[Cairn]:
    (tmp_path / "leave.md").write_text(TEXT, "utf-8")
    (tmp_path / "假期.md").write_text("# 假期\n\n" + "员工工作满五年以后，每年有二十五天带薪假期。" * 5, "utf-8")
    with Cairn(load_settings(home.root, samples=False)) as opened:
        opened.workspace.library.add([tmp_path / "leave.md", tmp_path / "假期.md"])
        yield opened


def writes(messages: list[BaseMessage]) -> str:
    """A model that quotes the first sentence of each passage."""
    asked = messages[-1].text
    if "passage does not answer" in messages[0].text:
        return f"question: What is left out of {hash(asked)}?"
    quotes = re.findall(r"^(?:\d+\.|   ) ?(Rule.*|员工.{10,20}?[。])", asked, re.MULTILINE) or [""]
    return f"问题：{quotes[0]}为什么？\n答案：25\nquote: {quotes[0]}\nsecond quote: {quotes[-1]}"


def made_by(app: Cairn, model: ScriptedModel, number: int) -> Made:
    made = Made()
    list(make_questions(app.workspace, Judge(model, app.prompts, FOLDER), number, made))
    return made


def test_questions_have_an_answer_and_its_place_and_wait_for_a_look(app: Cairn) -> None:
    made = made_by(app, ScriptedModel(*[writes] * 20), 20)
    assert made.rows and not any(row["reviewed"] for row in made.rows)
    kinds = {row["tags"][0]: row for row in made.rows}
    assert kinds["one_passage"]["answers"] == ["25"]
    assert {source["file"] for row in made.rows for source in row.get("sources", [])} <= {"leave.md", "假期.md"}
    assert kinds["no_answer"]["refuse"] is True and "sources" not in kinds["no_answer"]
    assert len(made.rows) + sum(made.failed.values()) == 20


def test_a_quote_that_is_not_in_its_passage_is_thrown_away(app: Cairn) -> None:
    said = "question: A?\nanswer: b\nquote: nobody ever wrote this sentence down\nsecond quote: -"
    made = made_by(app, ScriptedModel(said, "Sure!"), 2)
    assert made.rows == []
    assert made.failed == {"a quote does not stand in its passage": 1, "no question was written": 1}


def test_an_answer_that_is_cut_costs_its_own_question_alone(app: Cairn) -> None:
    made = made_by(app, ScriptedModel(ModelAnswerError("It was cut."), *[writes] * 4), 5)
    assert made.rows and made.failed["an answer that can't be used"] == 1


def test_a_model_that_is_away_ends_it(app: Cairn) -> None:
    with pytest.raises(ModelUnavailable):
        made_by(app, ScriptedModel(ModelUnavailable("The server is away.")), 5)


def test_without_documents_there_is_nothing_to_ask(home: Home) -> None:
    with Cairn(load_settings(home.root, samples=False)) as app, pytest.raises(UsageError, match="no documents"):
        made_by(app, ScriptedModel(), 5)


def test_pieces_hold_the_whole_text() -> None:
    text = "a" * 4000 + "\n\n" + "\n\n".join("段落" * 200 for _ in range(9))
    found = pieces(text)
    assert all(len(piece) <= 1500 for piece in found)
    assert "".join(found).replace("\n", "") == text.replace("\n", "")
