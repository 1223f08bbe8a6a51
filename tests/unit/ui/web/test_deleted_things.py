"""Whatever is deleted on the page can be had back for a day, and is gone from the home's files when it is to be."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cairn.agents.service import Cairn
from cairn.core.app_database import UNDO_SECONDS
from cairn.core.settings import Home, load_settings
from cairn.evals.eval_records import Record, RecordFile
from cairn.evals.evaluation_request import records_folder
from cairn.evals.metrics import Score
from cairn.evals.set_library import add_set, sets
from cairn.ui.brought_files import folder_of
from cairn.ui.web import background_jobs
from cairn.ui.web.page_texts import section
from tests.unit.ui.web.conftest import labels, page_of, press, shown

WORD = "Xanthippe"
"""Is in each thing that is deleted, and nowhere else in the home."""


@dataclass(frozen=True)
class Kind:
    """How a thing is made, on which page and by which button it is deleted, and whether it is there."""

    make: Callable[[Cairn, Path], object]
    page: str
    press: Callable[[AppTest], object]
    there: Callable[[Cairn], bool]
    view: str = ""

    def open(self) -> AppTest:
        page = page_of(self.page)
        if self.view:
            page.session_state["evaluation_view"] = self.view
        return page.run()


def a_document(cairn: Cairn, _place: Path) -> None:
    file = folder_of(cairn) / "wife.md"
    file.write_text(f"# Athens\n\n{WORD} lived in Athens.\n", "utf-8")
    cairn.workspace.library.add([file], "default", tags=["old"])


def a_database(cairn: Cairn, place: Path) -> None:
    file = place / f"{WORD}.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE people (name TEXT)")
    cairn.workspace.databases.add("greeks", f"sqlite:///{file}")


def a_template(cairn: Cairn, _place: Path) -> None:
    cairn.prompts.save_text("documents", "mine", f"---\nrole: You are {WORD}.\n---\n{{{{context}}}}\n")


def a_pair(cairn: Cairn, _place: Path) -> None:
    with sqlite3.connect(_place / "greeks.db") as connection:
        connection.execute("CREATE TABLE people (name TEXT)")
    cairn.workspace.databases.add("greeks", f"sqlite:///{_place / 'greeks.db'}")
    cairn.prompts.set_examples("database", [{"input": f"Who is {WORD}?", "output": "SELECT 1", "database": "greeks"}])


def an_evaluation(cairn: Cairn, _place: Path) -> None:
    file = RecordFile(records_folder(cairn.settings) / "one.jsonl", {"set": "q.csv"}, resume=False)
    file.add(Record("1", 0, f"Who is {WORD}?", {"answer": "a"}, {"exact": Score(1.0)}))


def a_set(cairn: Cairn, _place: Path) -> None:
    add_set(cairn.settings, "mine.jsonl", json.dumps({"question": f"Who is {WORD}?", "answer": "a"}).encode() + b"\n")


def has_set(cairn: Cairn) -> bool:
    return any(one.name == "mine.jsonl" for one in sets(cairn.settings))


def pressing(label: str) -> Callable[[AppTest], object]:
    return lambda page: press(page, label)


def delete_template(page: AppTest) -> None:
    page.selectbox(key="prompts_task").select("documents").run()
    page.selectbox(key="prompts_template:documents").select("mine").run()
    press(page, "Delete")


def forget_fact(page: AppTest) -> None:
    next(one for one in page.button if (one.key or "").startswith("forget:")).click().run()


KINDS = {
    "document": Kind(
        a_document, "documents", pressing("Delete wife.md"), lambda cairn: bool(cairn.workspace.library.search(WORD))
    ),
    "database": Kind(
        a_database,
        "databases",
        pressing("Disconnect"),
        lambda cairn: "greeks" in cairn.workspace.databases.names(),
    ),
    "example": Kind(
        a_pair, "databases", pressing("Forget this pair"), lambda cairn: WORD in str(cairn.prompts.examples("database"))
    ),
    "template": Kind(
        a_template, "prompts", delete_template, lambda cairn: "mine" in cairn.prompts.templates("documents")
    ),
    "fact": Kind(
        lambda cairn, _: cairn.workspace.facts.add(f"is called {WORD}"),
        "settings",
        forget_fact,
        lambda cairn: bool(cairn.workspace.facts.list()),
    ),
    "set": Kind(a_set, "evaluation", pressing("Delete"), has_set, "sets"),
    "evaluation": Kind(
        an_evaluation,
        "evaluation",
        pressing("Delete"),
        lambda cairn: any(records_folder(cairn.settings).glob("*.jsonl")),
        "runs",
    ),
}


@pytest.fixture
def cairn(home: Home, monkeypatch: pytest.MonkeyPatch) -> Cairn:
    monkeypatch.setenv("CAIRN_SAMPLES", "false")
    return Cairn(load_settings(home.root))


def over() -> None:
    """The documents are read."""
    while (job := background_jobs.job("documents")) is not None and not job.over:
        time.sleep(0.01)
    assert job is None or job.error is None


def holding(home: Home) -> list[str]:
    """The files of the home in which the word stands; backups are of before."""
    files = (file for file in home.root.rglob("*") if file.is_file() and "backups" not in file.parts)
    return [str(file.relative_to(home.root)) for file in files if WORD.lower().encode() in file.read_bytes().lower()]


def test_each_kind_has_a_name() -> None:
    assert section("deleted", "en").keys() == {"thread", *KINDS}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_deleted_is_had_back_or_gone_for_good(name: str, cairn: Cairn, home: Home, tmp_path: Path) -> None:
    kind = KINDS[name]
    kind.make(cairn, tmp_path)
    page = kind.open()
    kind.press(page)
    assert not kind.there(cairn)
    press(page, "Undo")
    over()
    assert kind.there(cairn)

    kind.press(kind.open())
    settings = page_of("settings").run()
    press(settings, "Undo")
    over()
    assert kind.there(cairn)
    assert "Undo" not in labels(settings)

    page = kind.open()
    kind.press(page)
    press(page, "Delete now")
    assert not kind.there(cairn)
    assert holding(home) == []


def test_a_notice_goes_once_it_is_had_back_elsewhere_and_speaks_the_language_of_now(
    cairn: Cairn, tmp_path: Path
) -> None:
    a_database(cairn, tmp_path)
    page = page_of("databases").run()
    press(page, "Disconnect")
    assert "Deleted: greeks" in shown(page)
    page.session_state["language"] = "zh"
    assert "已删除：greeks" in shown(page.run())
    press(page_of("settings").run(), "Undo")
    assert "greeks" in cairn.workspace.databases.names()
    assert "已删除" not in shown(page.run())


def test_after_a_day_it_is_gone_by_itself(cairn: Cairn, home: Home, tmp_path: Path) -> None:
    a_document(cairn, tmp_path)
    press(page_of("documents").run(), "Delete wife.md")
    [kept] = (home.root / "deleted").glob("*.json")
    told = json.loads(kept.read_text("utf-8"))
    kept.write_text(json.dumps({**told, "deleted": told["deleted"] - UNDO_SECONDS - 1}), "utf-8")
    assert "Undo" not in labels(page_of("settings").run())
    assert holding(home) == []


def test_what_another_user_deleted_is_not_shown(cairn: Cairn, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    cairn.workspace.facts.add(f"is called {WORD}")
    forget_fact(page_of("settings").run())
    monkeypatch.setenv("CAIRN_USER", "another")
    st.cache_resource.clear()
    assert WORD not in shown(page_of("settings").run())
