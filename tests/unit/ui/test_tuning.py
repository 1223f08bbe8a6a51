from __future__ import annotations

import json
from pathlib import Path

import pytest

from cairn.core.app_database import Database
from cairn.core.errors import UsageError
from cairn.core.settings import Home
from cairn.retrieval.catalog import Catalog
from cairn.retrieval.catalog_records import Entry
from cairn.retrieval.load import Document, Section
from cairn.retrieval.splitting import Piece
from cairn.ui.cli.run_tune import tune

TOWNS = (
    "Oslo Rome Lima Cairo Paris Delhi Quito Tunis Berne Minsk Hanoi Accra Dakar Sofia Riga Malmo Turin Lyon Porto Graz"
)


@pytest.fixture
def questions(home: Home, database: Database, tmp_path: Path) -> Path:
    texts = {f"{town}.md": f"The ferry to {town} leaves on time." for town in TOWNS.split()}
    entries = [
        Entry(
            name,
            "",
            "test",
            Document(None, text, [Section(0, len(text), None, None)]),
            (Piece(text, 0, len(text), None, None),),
        )
        for name, text in texts.items()
    ]
    Catalog(database).put("towns", entries)
    lines = [{"question": f"When do we leave for {name[:-3]}?", "source": name} for name in texts]
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_what_was_tried_is_told_with_its_interval(
    home: Home, questions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tune(home.root, questions, "towns", dry_run=False, as_json=False)
    said = capsys.readouterr().out
    assert said.startswith("20 questions.")
    assert "weight of the vectors for questions in other scripts" in said
    assert "MRR@10 1.000 to 1.000 on questions it was not chosen on (+0.000, 95 %: +0.000 to +0.000)" in said
    assert "left as it is" in said
    assert not list(home.index.glob("tuned-*"))


def test_json_tells_the_same(home: Home, questions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tune(home.root, questions, None, dry_run=True, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["questions"], told["unknown"]) == (20, 0)
    assert all(change["helps"] is False and change["kept"] is False for change in told["changes"])


def test_a_collection_without_the_answers_is_an_error_with_a_hint(home: Home, questions: Path) -> None:
    with pytest.raises(UsageError, match="20 are needed") as error:
        tune(home.root, questions, "elsewhere", dry_run=False, as_json=False)
    assert "cairn sources" in (error.value.hint or "")
