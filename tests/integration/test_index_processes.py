"""Several processes on one home: nothing is lost, a kill does no harm, and an open reader sees what others add."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.core.app_database import Database
from cairn.core.settings import Home, Settings
from cairn.core.task import Retrieval
from cairn.models.embeddings import make_embeddings
from cairn.retrieval.library import Library
from tests.command import python_command

OPEN = """
import sys
from cairn.core.app_database import open_database
from cairn.core.settings import Home
from cairn.core.settings import load_settings
from cairn.core.task import Retrieval
from cairn.models.embeddings import make_embeddings
from cairn.retrieval.library import Library
settings = load_settings()
library = Library(Home(settings.home), settings, open_database(settings.app_database), make_embeddings(settings))
"""
ADD = OPEN + "library.add([sys.argv[1]])"
READ = (
    OPEN
    + """
spec = Retrieval(mode="dense")
print(sum(1 for _ in range(40) if isinstance(library.search("note topic", spec), list)))
"""
)
KILLED = (
    OPEN
    + """
import os, signal
from cairn.retrieval.{module} import {name}
before = {name}.{method}
calls = 0
def dies(*args, **kwargs):
    global calls
    calls += 1
    if calls == {call}:
        if {after}:
            before(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    return before(*args, **kwargs)
{name}.{method} = dies
library.add([sys.argv[1]])
"""
)
NOTES = 12


@pytest.fixture
def library(home: Home, settings: Settings, database: Database) -> Iterator[Library]:
    opened = Library(home, settings, database, make_embeddings(settings))
    yield opened
    opened.close()


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([python_command(), "-c", code, *arguments], stdout=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate(timeout=120)
    return process.returncode, output.strip()


def notes(folder: Path, name: str) -> Path:
    place = folder / name
    place.mkdir()
    for number in range(NOTES):
        (place / f"{number}.md").write_text(f"# Note {name}{number}\n\nThis is about the topic {name}{number}.\n")
    return place


def all_find_themselves(library: Library, names: str) -> bool:
    return all(
        library.search(f"topic {name}{number}", Retrieval(mode=mode))[0].title == f"Note {name}{number}"
        for name in names
        for number in range(NOTES)
        for mode in ("lexical", "dense")
    )


def test_writers_and_a_reader_at_once_lose_nothing(library: Library, tmp_path: Path) -> None:
    library.add([notes(tmp_path, "a")])
    assert all_find_themselves(library, "a")
    writers = [start(ADD, str(notes(tmp_path, name))) for name in "bcd"]
    reader = start(READ)
    assert [ended(process)[0] for process in writers] == [0, 0, 0]
    assert ended(reader) == (0, "40")
    assert all_find_themselves(library, "abcd"), "this process had its index open all the while"


@pytest.mark.parametrize(
    ("module", "name", "method", "call", "after"),
    [
        ("catalog", "Catalog", "put", 1, False),
        ("catalog", "Catalog", "put", 1, True),
        ("lexical_index", "Lexical", "apply", 1, False),
        ("lexical_index", "Lexical", "_write", 1, True),
        ("dense_index", "Dense", "apply", 1, False),
        ("chroma_index", "EmbeddedChroma", "_opened", 2, True),
        ("chroma_index", "EmbeddedChroma", "close", 2, False),
    ],
)
def test_a_killed_add_is_completed_by_running_it_again(
    library: Library, tmp_path: Path, module: str, name: str, method: str, call: int, after: bool
) -> None:
    folder = notes(tmp_path, "a")
    code = KILLED.format(module=module, name=name, method=method, call=call, after=after)
    assert ended(start(code, str(folder)))[0] == -9
    library.add([folder])
    assert len(library.sources()) == NOTES
    assert all_find_themselves(library, "a")
    assert library.add([folder]).unchanged == NOTES
