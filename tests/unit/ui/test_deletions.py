"""What is deleted in the terminal can be had back for a day, as on the page."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cairn.agents.service import Cairn
from cairn.core.app_database import UNDO_SECONDS
from cairn.core.errors import UsageError
from cairn.core.settings import Home, load_settings
from cairn.evals.eval_records import Record, RecordFile
from cairn.evals.evaluation_request import records_folder
from cairn.evals.metrics import Score
from cairn.ui import deletions
from cairn.ui.cli import run_db, run_deleted, run_eval_files, run_memory, run_threads
from tests.scripted import ScriptedModel

WORD = "Xanthippe"
"""Is in each thing that is deleted, and nowhere else in the home."""


@dataclass(frozen=True)
class Kind:
    """How a thing is made, what of it names it to the command that deletes it, and whether it is there."""

    make: Callable[[Cairn, Path], str]
    delete: Callable[[Path, str], None]
    there: Callable[[Cairn], bool]


def a_thread(cairn: Cairn, _place: Path) -> str:
    return str(cairn.ask(f"Who is {WORD}?", task="math", model=ScriptedModel("A wife.")).thread)


def a_database(cairn: Cairn, place: Path) -> str:
    file = place / f"{WORD}.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE people (name TEXT)")
    return cairn.workspace.databases.add("greeks", f"sqlite:///{file}").name


def an_evaluation(cairn: Cairn, _place: Path) -> str:
    file = RecordFile(records_folder(cairn.settings) / "one.jsonl", {"set": "q.csv"}, resume=False)
    file.add(Record("1", 0, f"Who is {WORD}?", {"answer": "a"}, {"exact": Score(1.0)}))
    return "one"


KINDS = {
    "thread": Kind(a_thread, run_threads.delete, lambda cairn: bool(cairn.threads.list())),
    "fact": Kind(
        lambda cairn, _: cairn.workspace.facts.add(f"is called {WORD}").fact.id,
        lambda home, fact: run_memory.forget(home, fact, everything=False),
        lambda cairn: bool(cairn.workspace.facts.list()),
    ),
    "facts": Kind(
        lambda cairn, _: cairn.workspace.facts.add(f"is called {WORD}").fact.id,
        lambda home, _: run_memory.forget(home, None, everything=True),
        lambda cairn: bool(cairn.workspace.facts.list()),
    ),
    "database": Kind(a_database, run_db.remove, lambda cairn: "greeks" in cairn.workspace.databases.names()),
    "evaluation": Kind(
        an_evaluation,
        lambda home, name: run_eval_files.remove(home, [name]),
        lambda cairn: any(records_folder(cairn.settings).glob("*.jsonl")),
    ),
}


@pytest.fixture(autouse=True)
def no_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_SAMPLES", "false")


def there(home: Home, kind: Kind) -> bool:
    with Cairn(load_settings(home.root)) as cairn:
        return kind.there(cairn)


def kept(home: Home, capsys: pytest.CaptureFixture[str]) -> str:
    """The id of the only thing that can be had back, as it was told."""
    capsys.readouterr()
    run_deleted.list_deleted(home.root, as_json=True)
    [one] = json.loads(capsys.readouterr().out)
    assert set(one) == {"id", "kind", "name", "deleted"}
    return one["id"]


def holding(home: Home) -> list[str]:
    """The files of the home in which the word stands; backups are of before."""
    files = (file for file in home.root.rglob("*") if file.is_file() and "backups" not in file.parts)
    return [str(file.relative_to(home.root)) for file in files if WORD.lower().encode() in file.read_bytes().lower()]


@pytest.mark.parametrize("name", KINDS)
def test_what_is_deleted_is_had_back_or_gone_for_good(
    name: str, home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = KINDS[name]
    with Cairn(load_settings(home.root)) as cairn:
        named = kind.make(cairn, tmp_path)
    kind.delete(home.root, named)
    told = capsys.readouterr().err
    assert not there(home, kind)
    id = kept(home, capsys)
    assert f"cairn deleted restore {id[:8]}" in told
    run_deleted.restore(home.root, id[:8])
    assert there(home, kind)

    kind.delete(home.root, named)
    run_deleted.purge(home.root, kept(home, capsys))
    assert not there(home, kind) and holding(home) == []
    with pytest.raises(UsageError, match="nothing of it was deleted"):
        run_deleted.restore(home.root, id)


def test_a_deleted_conversations_runs_are_not_listed_nor_found_until_it_is_back(home: Home) -> None:
    with Cairn(load_settings(home.root)) as cairn:
        answer = cairn.ask("2+2?", task="math", model=ScriptedModel("4."))
        runs = cairn.workspace.runs
        gone = deletions.delete_thread(cairn, str(answer.thread))
        assert not runs.newest(None, None, None)
        with pytest.raises(UsageError):
            runs.find(str(answer.run))
        deletions.put_back(cairn, gone.id)
        assert runs.find(str(answer.run)) and runs.newest(None, None, None)


def test_after_a_day_any_command_takes_it_out_of_the_homes_files(home: Home, tmp_path: Path) -> None:
    kind = KINDS["fact"]
    with Cairn(load_settings(home.root)) as cairn:
        named = kind.make(cairn, tmp_path)
    kind.delete(home.root, named)
    [file] = (home.root / "deleted").glob("*.json")
    told = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**told, "deleted": told["deleted"] - UNDO_SECONDS - 1}), "utf-8")
    run_memory.list_facts(home.root, None, replaced=False, as_json=False)
    assert holding(home) == []


def test_a_document_is_read_again_into_each_collection_that_had_it(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "wife.md"
    file.write_text(f"# Athens\n\n{WORD} lived in Athens.\n", "utf-8")
    with Cairn(load_settings(home.root)) as cairn:
        for collection in ("greeks", "wives"):
            cairn.workspace.library.add([file], collection, tags=["old"])
        before = cairn.workspace.library.sources()
        gone = deletions.delete_document(cairn, str(file), file.name)
        assert not cairn.workspace.library.sources()
        deletions.put_back(cairn, gone.id)
        after = cairn.workspace.library.sources()
        assert [(one.collection, one.tags) for one in after] == [(one.collection, one.tags) for one in before]
        gone = deletions.delete_document(cairn, str(file), file.name)
        file.unlink()
        with pytest.raises(UsageError, match=r"wife\.md is no longer where it was"):
            deletions.put_back(cairn, gone.id)
        assert deletions.is_kept(cairn, gone.id)
