"""An ingestion that fails at any of its write points, in turn, comes to the same end when it is run again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chromadb.api.models.Collection import Collection
from sqlalchemy import select

from cairn.core.app_database import Database, open_database
from cairn.core.app_tables import ChunkRow, SourceRow, TagRow, TextRow
from cairn.core.settings import Home, load_settings
from cairn.models.embeddings import make_embeddings
from cairn.retrieval import chroma_index, ingest, lexical_index
from cairn.retrieval.chroma_index import EmbeddedChroma
from cairn.retrieval.dense_index import Dense
from cairn.retrieval.lexical_index import Lexical
from cairn.retrieval.library import Library
from tests.parsing import Here


class Fuse:
    """Counts write points, and burns through at the chosen one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.points: list[str] = []
        self.blows_at = 0
        self.passed = 0
        self._patch = monkeypatch

    def at(self, point: str) -> None:
        self.passed += 1
        if self.passed > len(self.points):
            self.points.append(point)
        if self.passed == self.blows_at:
            raise KeyboardInterrupt(point)

    def around(self, owner: Any, name: str, writes: Callable[..., bool] = lambda *_: True) -> None:
        """A point before and one after each call that writes."""
        call: Callable[..., Any] = getattr(owner, name)

        def guarded(*args: Any, **kwargs: Any) -> Any:
            counts = writes(*args)
            if counts:
                self.at(f"before {name}")
            result = call(*args, **kwargs)
            if counts:
                self.at(f"after {name}")
            return result

        self._patch.setattr(owner, name, guarded)

    def on(self, database: Database) -> None:
        """Points before and after each transaction's end."""
        self.around(database.engine.dialect, "do_commit", lambda connection: connection.in_transaction)


@pytest.fixture
def fuse(monkeypatch: pytest.MonkeyPatch) -> Fuse:
    made = Fuse(monkeypatch)
    monkeypatch.setattr(ingest, "Parsers", Here)
    monkeypatch.setattr(ingest, "_BATCH", 2)
    for owner, name in [
        (lexical_index, "write_whole"),
        (chroma_index, "write_whole"),
        (Lexical, "_write"),
        (EmbeddedChroma, "write"),
        (Collection, "upsert"),
        (Collection, "delete"),
        (Collection, "modify"),
    ]:
        made.around(owner, name)
    monkeypatch.setattr(Dense, "batch", 4)
    monkeypatch.setattr(Lexical, "batch", 4)
    return made


def opened(folder: Path, fuse: Fuse) -> Iterator[Library]:
    home = Home(folder)
    settings = load_settings(folder)
    database = open_database(settings.app_database)
    fuse.on(database)
    library = Library(home, settings, database, make_embeddings(settings))
    try:
        yield library
    finally:
        library.close()
        database.close()
        open_database.cache_clear()


def state(library: Library, home: Path) -> dict[str, Any]:
    """All that the catalog says, without numbers and times; and which chunks do not find themselves."""
    database = open_database(load_settings(home).app_database)
    about = (SourceRow.title, SourceRow.date, SourceRow.digest, SourceRow.recipe, SourceRow.state, SourceRow.error)
    chunk = (ChunkRow.position, ChunkRow.text, ChunkRow.heading, ChunkRow.start, ChunkRow.parent_end)
    with database.session() as session:
        rows = {
            "sources": session.execute(select(SourceRow.source, *about)).all(),
            "texts": session.execute(select(SourceRow.source, TextRow.text, TextRow.sections).join(TextRow)).all(),
            "tags": session.execute(select(SourceRow.source, TagRow.tag).join(TagRow)).all(),
            "chunks": session.execute(select(SourceRow.source, *chunk).join(ChunkRow)).all(),
        }
        chunks = session.execute(select(ChunkRow.id, ChunkRow.text)).all()
    birth = library._catalog.position().birth
    counts = [chroma_index.count(birth) for chroma_index in (library._lexical, library._dense)]
    lost = [
        text
        for id, text in chunks
        for found in (
            library._lexical.search(text, ["default"], 1),
            library._dense.search(birth, text, ["default"], 1),
        )
        if [number for number, _ in found] != [id]
    ]
    contents: dict[str, Any] = {name: sorted(map(repr, table)) for name, table in rows.items()}
    return contents | {"indexed": counts, "lost": lost}


def documents(folder: Path) -> Path:
    (folder / "team").mkdir(parents=True)
    for number in range(3):
        text = f"# Note {number}\n\nThis is about topic{number}.\n\n## More\n\nAlso about matter{number}.\n"
        (folder / "team" / f"{number}.md").write_text(text)
    (folder / "gone.md").write_text("# Gone\n\nSoon to vanish.\n")
    (folder / "bad.md").write_text("# Bad\n\nSoon to be unreadable.\n")
    return folder


def change(folder: Path) -> None:
    (folder / "team" / "1.md").write_text("# Note 1\n\nIt is about something else.\n")
    (folder / "team" / "3.md").write_text("# Note 3\n\nA new one about topic3.\n")
    (folder / "gone.md").unlink()
    (folder / "bad.md").write_bytes(b"\x00\x01")


def test_failing_at_each_write_point_in_turn_converges(
    tmp_path: Path, fuse: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CAIRN_HOME", raising=False)
    folder = documents(tmp_path / "documents")
    for library in opened(tmp_path / "first", fuse):
        library.add([folder])
    change(folder)
    shutil.copytree(tmp_path / "first", tmp_path / "undisturbed")
    fuse.points.clear()
    fuse.passed = 0
    for library in opened(tmp_path / "undisturbed", fuse):
        library.add([folder], prune=True, tags=["all"])
        points = list(fuse.points)
        wanted = state(library, tmp_path / "undisturbed")
    assert len(points) > 25 and wanted["lost"] == [] and len(set(wanted["indexed"])) == 1
    for number, point in enumerate(points, 1):
        home = tmp_path / f"home{number}"
        shutil.copytree(tmp_path / "first", home)
        fuse.passed, fuse.blows_at = 0, number
        for library in opened(home, fuse):
            with pytest.raises(KeyboardInterrupt):
                library.add([folder], prune=True, tags=["all"])
        fuse.blows_at = 0
        for library in opened(home, fuse):
            library.add([folder], prune=True, tags=["all"])
            assert state(library, home) == wanted, f"failed at point {number}: {point}"
        shutil.rmtree(home)
