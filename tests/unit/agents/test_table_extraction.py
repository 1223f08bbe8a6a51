"""Documents through a task of typed fields, into a table that can be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from cairn.agents.document_table import DOCUMENTS, PLACES
from cairn.agents.many_questions import Pull
from cairn.agents.question_engine import Asking
from cairn.agents.service import Cairn
from cairn.agents.table_extraction import Read, TableExtraction
from cairn.core.errors import TaskError, UsageError
from cairn.core.settings import Home, Settings
from cairn.databases.connections.database_engine import Limits
from tests.scripted import ScriptedModel, calls

TASK = """
strategy: extract
fields:
  - {name: customer}
  - {name: total, type: number}
  - {name: due, type: date}
  - {name: goods, type: list}
"""


@pytest.fixture
def app(settings: Settings, home: Home) -> Iterator[Cairn]:
    folder = home.prompts / "bills"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(TASK, "utf-8")
    (folder / "default.md").write_text("Give the fields.\n{{fields}}\n", "utf-8")
    opened = Cairn(settings)
    yield opened
    opened.close()


@pytest.fixture
def bills(tmp_path: Path) -> Path:
    folder = tmp_path / "bills"
    folder.mkdir()
    (folder / "a.txt").write_text("Bill for Ada Byron\nRope, tar\nTotal: 1,250.00\nDue 3 May 2024\n", "utf-8")
    (folder / "b.txt").write_text("账单：李雷\n总计 80 元\n2024年6月1日前付款\n", "utf-8")
    return folder


def fields(customer: str | None, total: float | None, due: str | None, *goods: str) -> AIMessage:
    given: dict[str, Any] = {"customer": customer, "total": total, "due": due, "goods": list(goods)}
    return calls(("give_fields", {name: value for name, value in given.items() if value}))


ADA = fields("Ada Byron", 1250, "2024-05-03", "rope", "tar")
LI = fields("李雷", 80, "2024-06-01")


def of(ada: Any, li: Any = LI) -> Any:
    """Documents come in any order: what is said depends on which it is."""
    return lambda messages: ada if any("Ada" in message.text for message in messages) else li


def extract(app: Cairn, folder: Path, *answers: Any, **patch: Any) -> tuple[list[Read], ScriptedModel]:
    model = ScriptedModel(*answers)
    asking = Asking("bills", {"constrained": False, **patch}, model, at_once=1)
    extraction = TableExtraction(app, asking, "bills")
    read = [each for batch in Pull(extraction.read([folder])) for each in batch]
    app.workspace.databases.add("bills", f"sqlite:///{extraction.table.file}", hidden=[DOCUMENTS, PLACES])
    return read, model


def rows(app: Cairn, sql: str) -> Any:
    return app.workspace.databases.open("bills").query(sql, Limits()).rows.rows


def test_each_document_is_a_row_whose_values_stand_in_it(app: Cairn, bills: Path) -> None:
    read, model = extract(app, bills, *[of(ADA)] * 2)
    assert [each.error for each in read] == [None, None]
    assert rows(app, "SELECT customer, total, due, goods FROM bills ORDER BY total DESC") == [
        ["Ada Byron", 1250.0, "2024-05-03", "rope; tar"],
        ["李雷", 80.0, "2024-06-01", None],
    ]
    assert [(each.stored.values, each.stored.quoted) for each in read if each.stored] == [(4, 4), (3, 3)]
    model.assert_done()


def test_a_value_that_is_nowhere_in_its_document_is_told(app: Cairn, bills: Path) -> None:
    read, _ = extract(app, bills, *[of(fields("Ada Lovelace", 1250, "2024-05-04"))] * 2)
    stored = next(each.stored for each in read if each.document.endswith("a.txt"))
    assert stored and (stored.values, stored.quoted) == (3, 1)


def test_what_did_not_change_is_not_read_again_and_what_did_replaces_its_rows(app: Cairn, bills: Path) -> None:
    extract(app, bills, *[of(ADA)] * 2)
    (bills / "a.txt").write_text("Bill for Ada Byron\nTotal: 9\n", "utf-8")
    read, model = extract(app, bills, fields("Ada Byron", 9, None))
    assert sorted(each.unchanged for each in read) == [False, True]
    assert rows(app, "SELECT total FROM bills ORDER BY total") == [[9.0], [80.0]]
    model.assert_done()


def test_a_document_that_fails_leaves_the_others_and_is_read_again(app: Cairn, bills: Path) -> None:
    read, _ = extract(app, bills, *[of(AIMessage("no fields"))] * 9)
    assert [each.document[-5:] for each in read if each.error] == ["a.txt"]
    read, model = extract(app, bills, ADA)
    assert [each.error for each in read] == [None, None]
    model.assert_done()


def test_many_rows_of_one_document(app: Cairn, bills: Path) -> None:
    (bills / "a.txt").unlink()
    given = {"rows": [{"customer": "李雷", "total": 80}, {"customer": "韩梅", "total": 7}]}
    extract(app, bills, calls(("give_fields", given)), many_rows=True)
    assert rows(app, "SELECT customer, total FROM bills ORDER BY row_number") == [["李雷", 80.0], ["韩梅", 7.0]]


def test_a_long_document_is_read_in_pieces_and_its_first_word_counts(app: Cairn, bills: Path) -> None:
    (bills / "b.txt").unlink()
    (bills / "a.txt").write_text("\n\n".join(f"Paragraph {n} " + "of many words " * 300 for n in range(20)), "utf-8")
    seen: list[str] = []

    def answer(messages: Any) -> AIMessage:
        seen.append(messages[-1].text)
        return fields("Ada" if len(seen) > 1 else None, None, None, f"part {len(seen)}")

    [read], _ = extract(app, bills, *[answer] * 40)
    assert len(seen) > 1 and read.stored and read.stored.rows == 1
    assert all(len(text) <= app.settings.max_question for text in seen)
    [[customer, goods]] = rows(app, "SELECT customer, goods FROM bills")
    assert customer == "Ada"
    assert len(goods.split("; ")) == len(seen)


def test_a_task_without_fields_and_other_columns_are_refused(app: Cairn, bills: Path) -> None:
    with pytest.raises(UsageError, match="does not take fields out of texts"):
        TableExtraction(app, Asking("math"), "bills")
    extract(app, bills, *[of(ADA)] * 2)
    with pytest.raises(UsageError, match="Take another name"):
        extract(app, bills, fields=[{"name": "other"}])


def test_the_answer_of_many_rows_is_a_list(app: Cairn) -> None:
    model = ScriptedModel(calls(("give_fields", {"rows": [{"customer": "Ada"}]})))
    patch = {"many_rows": True, "constrained": False}
    answer = app.ask("A bill for Ada.", task="bills", patch=patch, model=model)
    assert json.loads(answer.answer or "") == [{"customer": "Ada", "total": None, "due": None, "goods": None}]


def test_without_a_model_that_writes_fields_are_read_by_their_labels(
    settings: Settings, home: Home, bills: Path
) -> None:
    folder = home.prompts / "slips"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(
        "strategy: extract\nfields:\n  - {name: customer, labels: [Bill for, 账单]}\n"
        "  - {name: total, type: number, labels: [总计], required: true}\n"
    )
    (folder / "default.md").write_text("Give the fields.\n{{fields}}\n", "utf-8")
    with Cairn(settings) as app:
        answer = app.ask((bills / "b.txt").read_text("utf-8"), task="slips", model="builtin")
        assert json.loads(answer.answer) == {"customer": "李雷", "total": 80}
        failed = app.ask("Bill for: Ada", task="slips", model="builtin").error
        assert failed and "No label of total" in failed
        with pytest.raises(TaskError, match="many_rows"):
            app.ask("Bill for: Ada", task="slips", model="builtin", patch={"many_rows": True})
