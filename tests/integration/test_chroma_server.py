"""The same library on a Chroma server: `chroma_url` is the only difference."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.database import Database
from cairn.errors import StorageError
from cairn.home import Home
from cairn.settings import load_settings
from models.embeddings import make_embeddings
from retrieval.library import Library


@pytest.fixture
def chroma_url(tmp_path: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("chroma")
    command = [program, "run", "--path", tmp_path / "server", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api/v2/heartbeat")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(url)


def test_add_change_remove_and_search(chroma_url: str, home: Home, database: Database, tmp_path: Path) -> None:
    settings = load_settings(home.root, chroma_url=chroma_url, chroma_token="t")
    library = Library(home, settings, database, make_embeddings(settings))
    note = tmp_path / "a.txt"
    note.write_text("Trains are preferred.")
    library.add([note])
    assert library.search("trains")[0].found_by == {"lexical": 1, "dense": 1}
    note.write_text("Bicycles are preferred.")
    library.add([note])
    assert [hit.text for hit in library.search("bicycles", mode="dense")] == ["Bicycles are preferred."]
    library.rebuild()
    assert library.remove(note) == 1
    assert library.search("bicycles") == []
    assert not (home.index / "chroma").exists()
    store = library.vector_store("examples")
    store.add_texts(["a cat", "a dog"])
    assert store.similarity_search("a cat", 1)[0].page_content == "a cat"
    library.close()


def test_a_server_that_is_away_is_said_and_nothing_is_lost(home: Home, database: Database, tmp_path: Path) -> None:
    settings = load_settings(home.root, chroma_url="http://127.0.0.1:9")
    library = Library(home, settings, database, make_embeddings(settings))
    (tmp_path / "a.txt").write_text("Trains are preferred.")
    with pytest.raises(StorageError, match=r"http://127\.0\.0\.1:9"):
        library.add([tmp_path / "a.txt"])
    assert library.search("trains")[0].text == "Trains are preferred."
