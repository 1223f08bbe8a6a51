"""The same library on a Chroma server: `chroma_url` is the only difference."""

from __future__ import annotations

import gc
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cairn.core.app_database import Database
from cairn.core.errors import StorageError
from cairn.core.settings import Home, load_settings
from cairn.core.task import Retrieval
from cairn.models.embeddings import make_embeddings
from cairn.retrieval.library import Library


def test_add_change_remove_and_search(chroma_url: str, home: Home, database: Database, tmp_path: Path) -> None:
    settings = load_settings(home.root, chroma_url=chroma_url, chroma_token="t")
    library = Library(home, settings, database, make_embeddings(settings))
    note = tmp_path / "a.txt"
    note.write_text("Trains are preferred.")
    library.add([note])
    assert library.search("trains")[0].found_by == {"lexical": 1, "dense": 1}
    note.write_text("Bicycles are preferred.")
    library.add([note])
    assert [hit.text for hit in library.search("bicycles", Retrieval(mode="dense"))] == ["Bicycles are preferred."]
    library.rebuild()
    assert library.remove(note) == 1
    assert library.search("bicycles") == []
    assert not (home.index / "chroma").exists()
    store = library.example_store("examples")
    store.add_texts(["a cat", "a dog"])
    assert store.similarity_search("a cat", 1)[0].page_content == "a cat"
    library.close()


class Guarded(BaseHTTPRequestHandler):
    """Passes on to a Chroma server what carries the token, as an authenticating proxy does."""

    protocol_version = "HTTP/1.1"
    behind = ""

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Authorization") != "Bearer a-secret":
            self._answer(401, b'{"error": "Unauthorized", "message": "no token"}')
            return
        headers = {"Content-Type": self.headers.get("Content-Type") or "application/json"}
        request = urllib.request.Request(self.behind + self.path, body or None, headers, method=self.command)
        try:
            with urllib.request.urlopen(request) as answer:
                self._answer(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                self._answer(error.code, error.read())

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def guarded_url(chroma_url: str) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("ThisGuarded", (Guarded,), {"behind": chroma_url}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


# Chroma leaves the connection of a client that it could not make to the garbage collector.
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore:unclosed <socket:ResourceWarning"
)
def test_a_server_that_asks_for_a_token_gets_it(
    guarded_url: str, home: Home, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("Trains are preferred.")
    wrong = load_settings(home.root, chroma_url=guarded_url, chroma_token="wrong")
    library = Library(home, wrong, database, make_embeddings(wrong))
    with pytest.raises(StorageError, match="chroma_token") as error:
        library.add([tmp_path / "a.txt"])
    assert "wrong" not in str(error.value)
    library.close()
    del error
    gc.collect()
    right = load_settings(home.root, chroma_url=guarded_url, chroma_token="a-secret")
    library = Library(home, right, database, make_embeddings(right))
    assert library.search("trains")[0].found_by == {"lexical": 1, "dense": 1}
    library.close()


def test_a_server_that_is_away_is_said_and_nothing_is_lost(home: Home, database: Database, tmp_path: Path) -> None:
    settings = load_settings(home.root, chroma_url="http://127.0.0.1:9")
    library = Library(home, settings, database, make_embeddings(settings))
    (tmp_path / "a.txt").write_text("Trains are preferred.")
    with pytest.raises(StorageError, match=r"http://127\.0\.0\.1:9"):
        library.add([tmp_path / "a.txt"])
    assert library.search("trains")[0].text == "Trains are preferred."
