from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from cairn.agents.assembly import build
from cairn.agents.service import Cairn
from cairn.core.settings import Settings
from tests.scripted import ScriptedModel

LINES = [
    {"input": "Which lamps cost more than 3 euros?", "output": "SELECT name FROM lamps WHERE euros > 3"},
    {"input": "How many products are there?", "output": "SELECT count(*) FROM orchids AS products"},
]


@pytest.fixture
def app(settings: Settings) -> Iterator[Cairn]:
    app = Cairn(settings)
    folder = app.workspace.home.prompts / "database"
    folder.mkdir()
    (folder / "examples.jsonl").write_text("\n".join(json.dumps(line) for line in LINES))
    yield app
    app.close()


@pytest.mark.parametrize("selector", ["masked", "skeleton", "hypothetical"])
def test_examples_for_sql_are_chosen_by_the_schema_before_there_is_a_query(app: Cairn, selector: str) -> None:
    patch = {"examples": {"selector": selector, "k": 1}}
    turn = build(app.workspace, "database", patch, ScriptedModel()).turn("Which products cost more than 7 dollars?")
    assert [message.text for message in turn.prompt.messages(schema="")][1:3] == list(LINES[0].values())
    assert turn.pool is not None
    assert list(turn.pool.examples) == LINES


def test_without_examples_there_is_no_pool(app: Cairn) -> None:
    assert build(app.workspace, "documents").turn("Why?").pool is None
