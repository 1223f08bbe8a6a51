from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from cairn.core.app_database import Database
from cairn.core.settings import Home, Settings
from cairn.core.task import Retrieval
from cairn.models.embedder import Embedder
from cairn.retrieval.catalog import Catalog
from cairn.retrieval.catalog_records import Entry
from cairn.retrieval.hit import Hit
from cairn.retrieval.learned_search import WEIGHTS, KnownQuestion, best_map, best_weight
from cairn.retrieval.library import Library
from cairn.retrieval.load import Document, Section
from cairn.retrieval.splitting import Piece
from cairn.retrieval.tuned_settings import Tuned, TunedFile, adapted, keep_map, kept_map, learned

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


def known(turned: Library) -> list[KnownQuestion]:
    def right(number: int) -> Callable[[Hit], bool]:
        return lambda hit: hit.source == f"notes/{number}.md"

    return [turned.known_question(f"what about n{number}", right(number)) for number in range(COUNT)]


def test_the_map_leads_questions_to_their_passages_and_leaves_others_alone() -> None:
    turn = np.roll(np.eye(4), 1, axis=1)
    matrix = learned(np.eye(4)[:2], turn[:2], strength=1e-6)
    assert np.argmax(adapted([1.0, 0, 0, 0], matrix)) == 1
    assert adapted([0, 0, 0, 1.0], matrix) == pytest.approx([0, 0, 0, 1.0], abs=1e-4)
    assert np.allclose(learned(np.zeros((0, 3)), np.zeros((0, 3))), np.eye(3))


def test_a_map_that_was_learned_is_used_by_its_name(turned: Library) -> None:
    questions = known(turned)
    matrix = best_map(questions * 3)
    assert matrix is not None
    plain = Retrieval(mode="dense", k=1)
    moved = Retrieval(mode="dense", k=1, adapter=turned.keep_map(matrix))

    def missed(spec: Retrieval) -> int:
        found = [turned.search(f"what about n{number}", spec)[0].source for number in range(COUNT)]
        return sum(source != f"notes/{number}.md" for number, source in enumerate(found))

    assert missed(plain) == COUNT and missed(moved) < COUNT / 4


def test_a_map_of_another_model_or_name_is_not_used(tmp_path: Path) -> None:
    name = keep_map(tmp_path, "a", np.eye(3, dtype=np.float32))
    kept = kept_map(tmp_path, "a", name)
    assert kept is not None and np.array_equal(kept, np.eye(3))
    assert kept_map(tmp_path, "b", name) is None
    assert kept_map(tmp_path, "a", name[:-1] + "x") is None
    with pytest.raises(ValidationError):
        Retrieval(adapter="../../elsewhere")


def test_the_weight_is_the_best_and_of_equal_ones_the_nearest(turned: Library) -> None:
    questions = known(turned)
    scores = {weight: sum(one.score(weight) for one in questions) for weight in WEIGHTS}
    assert scores[best_weight(questions, 0.3)] == max(scores.values())
    assert best_weight([], 0.3) == 0.3


def test_weights_and_map_of_earlier_versions_are_read(tmp_path: Path) -> None:
    matrix = np.arange(9, dtype="<f4").reshape(3, 3)
    file = TunedFile(tmp_path, "a")
    written = {
        "version": 1,
        "fingerprint": "a",
        "weights": {"cjk": 0.2},
        "adapter": b64encode(matrix.tobytes()).decode(),
    }
    file.path.write_text(json.dumps(written))
    loaded = file.load()
    assert loaded.weights == {"cjk": 0.2}
    assert loaded.adapter is not None and np.array_equal(loaded.adapter, matrix)
    file.path.rename(TunedFile(tmp_path, "b").path)
    assert TunedFile(tmp_path, "b").load() == Tuned()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1}', '{"version":1,"fingerprint":"a","weights":{},"adapter":"AAA"}']
)
def test_a_damaged_file_counts_as_none(tmp_path: Path, text: str) -> None:
    file = TunedFile(tmp_path, "a")
    file.path.write_text(text)
    assert file.load() == Tuned()
