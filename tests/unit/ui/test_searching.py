"""`cairn search`: what a question would be answered from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cairn.agents.service import Cairn
from cairn.core.errors import TaskError, UsageError
from cairn.core.passages import PassageMetadata
from cairn.core.settings import Home, load_settings
from cairn.ui.cli.run_documents import add
from cairn.ui.cli.run_search import search
from tests.scripted import ScriptedModel, calls


@pytest.fixture
def bare(home: Home) -> Path:
    """A home without samples."""
    home.settings.write_text("samples = false\n", "utf-8")
    return home.root


@pytest.fixture
def filled(bare: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    texts = {"leave.md": "# Leave\n\nParents get 20 weeks of leave.", "trains.md": "# Trains\n\nTrains leave at nine."}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
        add(bare, [str(tmp_path / name)], {"tags": [name.partition(".")[0]]}, as_json=False)
    capsys.readouterr()
    return bare


def found(home: Path, query: str, capsys: pytest.CaptureFixture[str], **more: Any) -> tuple[list[Any], str]:
    options = {name: more[name] for name in ("k", "collections") if name in more}
    filters = {name: value for name, value in more.items() if name not in (*options, "task")}
    search(home, query, more.get("task"), options, filters, as_json=True)
    told = capsys.readouterr()
    return json.loads(told.out), told.err


def test_it_shows_what_the_agent_would_see_with_how_it_was_found(
    filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search(filled, "weeks of leave for parents", None, {"k": 1}, {}, as_json=False)
    shown = capsys.readouterr().out
    app = Cairn(load_settings(filled))
    asked = calls(("search", {"query": "weeks of leave for parents"}))
    answer = app.ask("Leave?", patch={"retrieval": {"k": 1}}, model=ScriptedModel(asked, "Hm."))
    app.close()
    head, told, *text = shown.splitlines()
    assert "\n".join([head, *text]) == answer.steps[0].result
    assert "score " in told and "rank by lexical 1, dense 1" in told and "leave" in told


def test_json_has_the_metadata_and_the_text(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passages, _ = found(filled, "parents", capsys)
    assert set(passages[0]) == {*PassageMetadata.__required_keys__, "text"}
    assert (passages[0]["number"], passages[0]["title"]) == (1, "Leave")
    assert passages[0]["text"].endswith("Parents get 20 weeks of leave.")


@pytest.mark.parametrize(
    "narrowed",
    [{"tags": ["trains"]}, {"title": "train"}, {"source": "trains.md"}, {"after": "2000", "tags": ["trains"]}],
)
def test_flags_narrow_as_filters_in_a_question_do(
    filled: Path, capsys: pytest.CaptureFixture[str], narrowed: dict[str, Any]
) -> None:
    assert [one["title"] for one in found(filled, "leave", capsys, k=1, **narrowed)[0]] == ["Trains"]
    written = "tag:trains leave"
    assert [one["title"] for one in found(filled, written, capsys, k=1)[0]] == ["Trains"]


def test_it_searches_as_the_task_does(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = filled / "prompts" / "documents"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text("strategy: rag\nretrieval: {mode: lexical, k: 1, expand: hyde}\n", "utf-8")
    passages, told = found(filled, "leave", capsys, task="documents")
    assert [list(one["found_by"]) for one in passages] == [["lexical"]]
    assert "`expand: hyde` needs the model" in told


def test_nothing_found_says_what_to_do(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(filled, "leave", capsys, tags=["nowhere"])[0] == []
    for query, more, advice in [
        ("leave tag:nowhere", {}, "Leave filters out"),
        ("leave", {"before": "1900"}, "Leave filters out"),
        ("leave", {"collections": ["nowhere"]}, "Try other words"),
    ]:
        passages, told = found(filled, query, capsys, **more)
        assert passages == [] and "Nothing was found." in told and advice in told


def test_without_documents_it_says_how_to_add_some(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "cairn add" in found(bare, "leave", capsys)[1]


@pytest.mark.parametrize(
    ("query", "more", "named"),
    [
        ("  ", {}, "nothing to look for"),
        ("leave", {"after": "20x5"}, "`after`"),
        ("leave", {"lang": "English?"}, "`lang`"),
        ("leave", {"title": " "}, "`title`"),
    ],
)
def test_what_is_wrong_is_named(
    filled: Path, capsys: pytest.CaptureFixture[str], query: str, more: dict[str, Any], named: str
) -> None:
    with pytest.raises(UsageError, match=named):
        found(filled, query, capsys, **more)
    with pytest.raises(TaskError, match="nope"):
        found(filled, "leave", capsys, task="nope")
