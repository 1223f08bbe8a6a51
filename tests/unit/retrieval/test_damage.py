"""An index that is damaged in whatever way is rebuilt by itself, and says so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cairn.core.events import listening
from cairn.core.settings import Home
from cairn.core.task import Retrieval
from cairn.retrieval.library import Library

QUERY = "What does note 17 say about topic 17?"


@pytest.fixture
def filled(library: Library, tmp_path: Path) -> Library:
    docs = tmp_path / "docs"
    docs.mkdir()
    for number in range(60):
        (docs / f"{number}.txt").write_text(f"Note {number} says something about topic {number}.")
    library.add([docs])
    library.search(QUERY)
    return library


def garbage(path: Path) -> None:
    path.write_bytes(b"\xde\xad\xbe\xef" * 999)


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def gone(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def segment(pattern: str) -> Callable[[Home], Path]:
    return lambda home: next(path for path in sorted((home.index / "chroma").glob(pattern)))


@pytest.mark.parametrize(
    ("harm", "target"),
    [(garbage, "chroma.sqlite3"), (halved, "chroma.sqlite3"), (gone, "chroma.sqlite3"), (gone, "*/")],
)
def test_a_damaged_vector_index_is_rebuilt(filled: Library, home: Home, harm: Any, target: str) -> None:
    filled.close()
    harm(segment(target)(home))
    _answers_after_repair(filled, "dense")


@pytest.mark.parametrize("harm", [garbage, halved, gone])
@pytest.mark.parametrize("pattern", ["meta.json", "*.term", "*.idx", "*.store", "*.fast"])
def test_a_damaged_word_index_is_rebuilt(filled: Library, home: Home, harm: Any, pattern: str) -> None:
    words = home.index / "words"
    for path in sorted(words.glob(pattern)):
        harm(path)
    (words / "cairn.json").touch()
    _answers_after_repair(filled, "lexical")


def _answers_after_repair(library: Library, mode: Any) -> None:
    notices: list[str] = []
    with listening(lambda type, data: notices.append(data["text"]) if type == "notice" else None):
        assert library.search(QUERY, Retrieval(mode=mode))[0].source.endswith("17.txt")
    assert all("damaged" in notice or "being made" in notice for notice in notices)
    with listening(lambda type, data: notices.append("again") if type == "notice" else None):
        assert library.search(QUERY, Retrieval(mode=mode))[0].source.endswith("17.txt")
    assert "again" not in notices


@pytest.mark.parametrize("name", ["chroma", "words"])
def test_a_missing_index_is_made(filled: Library, home: Home, name: str) -> None:
    filled.close()
    shutil.rmtree(home.index / name)
    mode: Any = {"chroma": "dense", "words": "lexical"}[name]
    _answers_after_repair(filled, mode)


def test_rebuild_makes_both_anew(filled: Library, home: Home) -> None:
    filled.rebuild()
    for mode in ("dense", "lexical"):
        assert filled.search(QUERY, Retrieval(mode=mode))[0].source.endswith("17.txt")
