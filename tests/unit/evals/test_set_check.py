"""What is found in a set before a model is asked; and how it is split in two."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cairn.agents.workspace import Workspace
from cairn.core.errors import UsageError
from cairn.core.settings import Home, load_settings
from cairn.evals.case_reading import read_cases
from cairn.evals.cases import Case, SourceGold
from cairn.evals.evaluation_request import Folder
from cairn.evals.set_check import check_set
from cairn.evals.set_split import held_out, split_set


@pytest.fixture
def workspace(home: Home, tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "databases").mkdir()
    with closing(sqlite3.connect(tmp_path / "databases" / "town.sqlite")) as connection:
        connection.executescript("CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('Ann');")
    (tmp_path / "leave.md").write_text("# Leave\n\nEveryone gets 27 days of leave, paid.\n", "utf-8")
    opened = Workspace(load_settings(home.root, samples=False, embeddings="hash"))
    opened.lend(Folder(opened, tmp_path / "databases"))
    opened.library.add([tmp_path / "leave.md"])
    yield opened
    opened.close()


def found(workspace: Workspace, *cases: Case) -> list[tuple[str, tuple[str, ...], bool]]:
    return [(one.kind, one.cases, one.wrong) for one in check_set(cases, workspace).findings]


def sql(id: str, question: str, query: str) -> Case:
    return Case(id, question, query=query, database="town")


def test_gold_queries_are_run(workspace: Workspace) -> None:
    cases = [
        sql("1", "How many people?", "SELECT count(*) FROM people"),
        sql("2", "Which dogs?", "SELECT * FROM dogs"),
        sql("3", "Who is called Bo?", "SELECT name FROM people WHERE name = 'Bo'"),
    ]
    assert found(workspace, *cases) == [("gold query", ("2",), True), ("empty gold result", ("3",), False)]
    told = [finding.told for finding in check_set(cases, workspace).findings]
    assert "no such table" in told[0] and told[1].startswith("1 of 3 gold queries give no row")


def test_gold_sources_are_looked_for(workspace: Workspace) -> None:
    cases = [
        Case("1", "Leave?", sources=(SourceGold("leave.md"),)),
        Case("2", "Pay?", sources=(SourceGold("pay.md"),)),
        Case("3", "Days?", sources=(SourceGold("leave.md", text="Everyone gets 27 days"),)),
        Case("4", "Holidays?", sources=(SourceGold("leave.md", text="31 days"),)),
    ]
    assert found(workspace, *cases) == [("gold source", ("2",), True), ("gold source", ("4",), True)]


def test_rows_that_are_there_twice(workspace: Workspace) -> None:
    cases = [
        Case("1", "Who leads the sales department in Berlin?", answers=("Ann",)),
        Case("2", "who leads the sales department in Berlin", answers=("Ann",)),
        Case("3", "Who leads the sales department in Berlin today?", answers=("Bo",)),
        Case("4", "谁领导柏林的销售部门？", answers=("Ann",)),
        Case("5", "谁领导柏林的销售部门", answers=("Bo",)),
        Case("6", "What is the weather?"),
    ]
    assert found(workspace, *cases) == [
        ("no gold", ("6",), False),
        ("duplicate", ("1", "2"), False),
        ("duplicate", ("4", "5"), True),
        ("near-duplicate", ("1", "3"), False),
    ]


def test_questions_that_are_all_alike_are_one_finding(workspace: Workspace) -> None:
    """Of every pair of them it would be 45 findings, and 50 million of 10,000."""
    cases = [
        Case(str(n), f"How many red sports cars were sold in North Berlin by dealer Smith {n}?", refuse=True)
        for n in range(10)
    ]
    other = Case(
        "other", "How many red sports cars were sold in North Berlin by dealer Smith 1?", database="shop", refuse=True
    )
    assert found(workspace, *cases, other) == [("near-duplicate", tuple(map(str, range(10))), False)]


def test_what_a_set_has(workspace: Workspace) -> None:
    told = check_set([Case("1", "A?", answers=("x",), group="a"), Case("2", "B?", refuse=True)], workspace)
    assert (told.cases, told.golds, told.groups, told.wrong) == (2, {"answers": 1, "refuse": 1}, 1, False)
    assert [finding.kind for finding in told.findings] == ["few groups", "no group"]


def many() -> list[Case]:
    return [Case(str(n), f"Q{n}?", label="ab"[n % 2], group=f"g{n // 4}") for n in range(80)]


def test_groups_stay_together_and_labels_are_shared_out() -> None:
    labelled = [Case(str(n), f"Q{n}?", label="rare" if n < 10 else "common") for n in range(100)]
    held = held_out(labelled, 0.3, 0)
    assert len(held) == 30 and sum(int(id) < 10 for id in held) == 3
    grouped = many()
    held = held_out(grouped, 0.25, 1)
    assert len(held) == 20
    groups = {case.group for case in grouped if case.id in held}
    assert held == {case.id for case in grouped if case.group in groups}
    assert held == held_out(grouped, 0.25, 1) != held_out(grouped, 0.25, 2)


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_both_parts_keep_the_format_and_the_ids(tmp_path: Path, suffix: str) -> None:
    rows: list[dict[str, Any]] = [{"question": f"多少 {n}?", "tags": "x"} for n in range(10)]
    text = "\n".join(json.dumps(row) for row in rows)
    if suffix == "csv":
        text = "question;tags\n" + "\n".join(";".join(row.values()) for row in rows)
    path = tmp_path / f"q.{suffix}"
    path.write_text(text, "utf-8")
    (tuning, first), (held, second) = split_set(path, 0.3, 0)
    assert (tuning.name, held.name, first, second) == (f"q.tuning.{suffix}", f"q.held-out.{suffix}", 7, 3)
    whole = {case.id: case.question for case in read_cases(path)}
    parts = [{case.id: case.question for case in read_cases(file)} for file in (tuning, held)]
    assert {**parts[0], **parts[1]} == whole and not set(parts[0]) & set(parts[1])
    with pytest.raises(UsageError, match="is there already"):
        split_set(path, 0.3, 0)


def test_a_set_of_one_group_cannot_be_split(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("question,group\nA?,x\nB?,x\n", "utf-8")
    with pytest.raises(UsageError, match="all of its 2 cases would be in one part"):
        split_set(path, 0.3, 0)
