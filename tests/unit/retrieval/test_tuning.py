from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cairn.core.app_database import Database
from cairn.core.errors import UsageError
from cairn.core.settings import Home, Settings
from cairn.core.task import Retrieval
from cairn.models.embedder import Embedder
from cairn.retrieval.catalog import Catalog
from cairn.retrieval.catalog_records import Entry
from cairn.retrieval.hit import Hit
from cairn.retrieval.library import Library
from cairn.retrieval.load import Document, Section
from cairn.retrieval.query_map import adapted, learned
from cairn.retrieval.question_pairs import Pair, read_pairs
from cairn.retrieval.splitting import Piece
from cairn.retrieval.tuned_settings import Tuned, TunedFile

COUNT = 40


class Leaning(Embedder):
    """A model that knows what is asked, but leans towards another passage: a linear map can undo it."""

    fingerprint = "leaning"

    def covers(self, text: str) -> bool:
        return True

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [np.eye(COUNT)[int(text.rsplit("number ", 1)[1].split()[0])].tolist() for text in texts]

    def embed_query(self, text: str) -> list[float]:
        number = int(text.split()[-1].removeprefix("n"))
        return (0.9 * np.eye(COUNT)[number] + np.eye(COUNT)[(number + 1) % COUNT]).tolist()


@pytest.fixture
def turned(home: Home, settings: Settings, database: Database) -> Library:
    texts = [f"passage number {number} says the same as all others" for number in range(COUNT)]
    entries = [
        Entry(
            f"notes/{number}.md",
            "",
            "test",
            Document(f"Note {number}", text, [Section(0, len(text), None, None)]),
            (Piece(text, 0, len(text), None, None),),
        )
        for number, text in enumerate(texts)
    ]
    Catalog(database).put("default", entries)
    library = Library(home, settings, database, Leaning())
    library.rebuild()
    return library


def questions() -> list[Pair]:
    return [Pair(f"what about n{number}", source=f"{number}.md") for number in range(COUNT)] * 3


def test_the_map_leads_questions_to_their_passages_and_leaves_others_alone() -> None:
    turn = np.roll(np.eye(4), 1, axis=1)
    matrix = learned(np.eye(4)[:2], turn[:2], strength=1e-6)
    assert np.argmax(adapted([1.0, 0, 0, 0], matrix)) == 1
    assert adapted([0, 0, 0, 1.0], matrix) == pytest.approx([0, 0, 0, 1.0], abs=1e-4)
    assert np.allclose(learned(np.zeros((0, 3)), np.zeros((0, 3))), np.eye(3))


def test_what_helps_is_kept_and_used(turned: Library, home: Home) -> None:
    spec = Retrieval(mode="dense", k=1, adapter=True)
    missed = [pair for pair in questions() if not pair.names(turned.search(pair.question, spec)[0])]
    outcome = turned.tune(questions())
    changes = {change.name: change for change in outcome.changes}
    assert changes["adapter"].helps
    assert changes["adapter"].after > changes["adapter"].before
    assert outcome.tuned.adapter is not None
    still = [pair for pair in questions() if not pair.names(turned.search(pair.question, spec)[0])]
    assert len(missed) == len(questions())
    assert len(still) < len(missed) / 4
    assert list(home.index.glob("tuned-*.json"))


def test_a_dry_run_keeps_nothing(turned: Library, home: Home) -> None:
    turned.tune(questions(), keep=False)
    assert not list(home.index.glob("tuned-*.json"))


def test_too_few_questions_that_find_their_passage_are_refused(turned: Library) -> None:
    with pytest.raises(UsageError, match="Of 120 questions 0 find"):
        turned.tune([Pair("what is said in 1", source="elsewhere.md")] * 120)


def test_weights_and_map_come_back_as_they_were_saved(tmp_path: Path) -> None:
    matrix = np.arange(9, dtype=np.float32).reshape(3, 3)
    TunedFile(tmp_path, "a").save(Tuned({"cjk": 0.2}, matrix))
    loaded = TunedFile(tmp_path, "a").load()
    assert loaded.weights == {"cjk": 0.2}
    assert loaded.adapter is not None
    assert np.array_equal(loaded.adapter, matrix)


def test_what_was_learned_for_another_model_is_not_used(tmp_path: Path) -> None:
    file = TunedFile(tmp_path, "a")
    file.save(Tuned({"cjk": 0.2}))
    other = TunedFile(tmp_path, "b")
    assert other.load() == Tuned()
    file.path.rename(other.path)
    assert other.load() == Tuned()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1}', '{"version":1,"fingerprint":"a","weights":{},"adapter":"AAA"}']
)
def test_a_damaged_file_counts_as_none(tmp_path: Path, text: str) -> None:
    file = TunedFile(tmp_path, "a")
    file.path.write_text(text)
    assert file.load() == Tuned()


def test_pairs_are_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('\ufeff{"question": "q", "source": "a.md"}\n\n{"question": "问", "passage": "答案"}\n', "utf-8")
    assert read_pairs(path) == [Pair("q", "a.md"), Pair("问", None, "答案")]


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", '{"question": "q"}', '{"question": 1, "source": "a"}'])
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps({"question": "q", "source": "a"}) + "\n" + line)
    with pytest.raises(UsageError, match="line 2"):
        read_pairs(path)


def test_a_file_without_questions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for name in ("empty", "missing"):
        with pytest.raises(UsageError):
            read_pairs(tmp_path / name)


def test_a_passage_is_right_by_path_title_or_text() -> None:
    hit = Hit(1, "/docs/hr/leave.md", "Leave", None, None, 0, 9, "Twenty days a year, no more.", 1.0)
    assert all(Pair("q", source=name).names(hit) for name in ("leave.md", "hr/leave.md", "/docs/hr/leave.md", "LEAVE"))
    assert not Pair("q", source="eave.md").names(hit)
    assert Pair("q", passage="twenty  DAYS").names(hit)
    assert Pair("q", passage="We give this: twenty days a year, no more.").names(hit)
    assert not Pair("q", source="leave.md", passage="thirty days").names(hit)
