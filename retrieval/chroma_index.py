"""Who owns Chroma. Nothing else in the house opens it.

Chroma's local mode destroys its index when processes are careless: two that write lose each other's rows, and a
reader's first query compacts, which is a write too. So a process has one owner for a folder, and *open plus first
query* as well as every write (a fresh client from open to close) happen under a lock between processes. A file with a
random token tells readers that someone wrote; a reader then opens anew. With a Chroma server none of this is needed.
"""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from cairn.core.errors import SettingsError, StorageError
from cairn.core.settings import Home, Settings
from cairn.core.whole_files import write_whole
from cairn.retrieval.derived_index import DamageError, is_failure, is_trouble
from cairn.retrieval.process_locks import exclusive

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

T = TypeVar("T")

_WAIT_SECONDS = 120.0
_STALE_WAIT_SECONDS = 0.5


class Chroma(Protocol):
    """Runs work on a client. A work may run twice and must not keep the client. Raises DamageError or StorageError."""

    def read(self, work: Callable[[ClientAPI], T]) -> T: ...

    def write(self, work: Callable[[ClientAPI], T]) -> T: ...

    def close(self) -> None: ...


def owner(home: Home, settings: Settings) -> Chroma:
    """The one owner of this process for the home's index, or for the server that `chroma_url` names."""
    if settings.chroma_url is None:
        return _embedded(home.index.resolve() / "chroma", home.locks.resolve() / "chroma.lock")
    token = settings.chroma_token.get_secret_value() if settings.chroma_token else None
    return _server(settings.chroma_url, token)


def collection(client: ClientAPI, name: str) -> Collection | None:
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None


def made_collection(client: ClientAPI, name: str) -> Collection:
    """With Chroma's own numbers (16, 100) the graph loses its way among texts that are much alike: 15 of 300 forms of
    one sentence did not find themselves; with these all did but one in a few thousand, at the same speed.
    """
    graph: Any = {"hnsw": {"space": "cosine", "max_neighbors": 32, "ef_construction": 200, "ef_search": 200}}
    return client.get_or_create_collection(name, configuration=graph, embedding_function=None)


class EmbeddedChroma:
    """Chroma in a folder. Calls of one process run one after the other: each takes a millisecond or two."""

    def __init__(self, folder: Path, lock: Path) -> None:
        self._folder = folder
        self._lock = lock
        self._generation = folder.with_name(f"{folder.name}.generation")
        self._mutex = threading.RLock()
        self._client: ClientAPI | None = None
        self._seen = ""

    def read(self, work: Callable[[ClientAPI], T]) -> T:
        with self._mutex:
            if self._client is not None and self._seen == self._written():
                try:
                    return work(self._client)
                except BaseException as error:
                    if not is_failure(error):
                        raise
            try:
                return self._read_anew(work)
            except TimeoutError:
                return self._read_stale(work)

    def _read_stale(self, work: Callable[[ClientAPI], T]) -> T:
        """Of an index that is being written what was there before is read, rather than nothing."""
        cause: BaseException | None = None
        if self._client is not None:
            try:
                return work(self._client)
            except BaseException as error:
                if not is_failure(error):
                    raise
                cause = error
        raise _busy() from cause

    def _read_anew(self, work: Callable[[ClientAPI], T]) -> T:
        patience = _WAIT_SECONDS if self._client is None else _STALE_WAIT_SECONDS
        with exclusive(self._lock, patience):
            self.close()
            try:
                self._seen = self._written()
                self._client = self._opened()
                _first_queries(self._client)
                return work(self._client)
            except BaseException as error:
                self.close()
                if not is_failure(error):
                    raise
                raise self._judged(error) from error

    def write(self, work: Callable[[ClientAPI], T]) -> T:
        """One batch. Readers are told before it: they wait for the lock, so that no kill leaves them uninformed."""
        with self._mutex:
            try:
                with exclusive(self._lock, _WAIT_SECONDS):
                    self.close()
                    write_whole(self._generation, uuid4().hex)
                    try:
                        self._client = self._opened()
                        return work(self._client)
                    except BaseException as error:
                        self.close()
                        if not is_failure(error):
                            raise
                        raise self._judged(error) from error
                    finally:
                        self.close()
            except TimeoutError:
                raise _busy() from None

    def close(self) -> None:
        """Close the handle, if there is one; the next call opens it again."""
        with self._mutex:
            client, self._client = self._client, None
            if client is not None:
                with suppress(Exception):
                    _close(client)
            _forget(self._folder)

    def _opened(self) -> ClientAPI:
        import chromadb
        from chromadb.config import Settings as ChromaSettings

        self._folder.mkdir(parents=True, exist_ok=True)
        return chromadb.PersistentClient(str(self._folder), ChromaSettings(anonymized_telemetry=False))

    def _written(self) -> str:
        try:
            return self._generation.read_text("utf-8")
        except OSError:
            return ""

    def _judged(self, error: BaseException) -> Exception:
        """What a failure under the lock means: no fault of the index's, or damage, which is put away."""
        if is_trouble(error):
            return StorageError(f"The vector index does not work: {error}.", "Is there room on the disk?")
        away = self._folder.with_name(f"{self._folder.name}.damaged")
        shutil.rmtree(away, ignore_errors=True)
        with suppress(FileNotFoundError):
            self._folder.rename(away)
        write_whole(self._generation, uuid4().hex)
        return DamageError(f"Chroma says: {str(error)[:200]}")


def _busy() -> StorageError:
    return StorageError("Another process keeps the vector index busy.", "Try again.")


def _first_queries(client: ClientAPI) -> None:
    """Each collection's first query loads and compacts it; what finds less than there is has lost vectors."""
    for found in client.list_collections():
        sample = found.get(limit=1, include=["embeddings"])
        vectors: Any = sample["embeddings"]
        if not sample["ids"]:
            continue
        wanted = min(2, found.count())
        hits = found.query(query_embeddings=vectors, n_results=wanted, include=[])["ids"][0]
        if len(hits) < wanted:
            raise LookupError(f"vectors are missing from {found.name}")


def _close(client: Any) -> None:
    """Chroma's public type of a client lacks what every client has."""
    client.close()


def _hang_up(client: Any) -> None:
    """Chroma leaves its connections to the server open."""
    with suppress(AttributeError):
        for part in (client, client._admin_client):
            part._server._session.close()


def _forget(folder: Path) -> None:
    """After a failed start Chroma keeps a broken system in its cache and would hand it out again."""
    if "chromadb" not in sys.modules:
        return
    from chromadb.api.shared_system_client import SharedSystemClient

    SharedSystemClient._identifier_to_system.pop(str(folder), None)  # pyright: ignore[reportPrivateUsage]
    SharedSystemClient._identifier_to_refcount.pop(str(folder), None)  # pyright: ignore[reportPrivateUsage]


class ServerChroma:
    """A Chroma server, which serves any number of processes by itself."""

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        self._token = token
        self._mutex = threading.Lock()
        self._client: ClientAPI | None = None

    def read(self, work: Callable[[ClientAPI], T]) -> T:
        try:
            return work(self._connected())
        except BaseException as error:
            if not is_failure(error):
                raise
            raise StorageError(
                f"The Chroma server {self._url} does not answer as it should: {error}.",
                "Is it running, are `chroma_url` and `chroma_token` right?",
            ) from error

    def write(self, work: Callable[[ClientAPI], T]) -> T:
        return self.read(work)

    def close(self) -> None:
        with self._mutex:
            client, self._client = self._client, None
            if client is not None:
                _close(client)
                _hang_up(client)

    def _connected(self) -> ClientAPI:
        with self._mutex:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> ClientAPI:
        import chromadb
        from chromadb.config import Settings as ChromaSettings

        parts = urlsplit(self._url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"`chroma_url` is not an address: {self._url}.", "Write it as http://host:8000.")
        secure = parts.scheme == "https"
        headers = {"Authorization": f"Bearer {self._token}", "X-Chroma-Token": self._token} if self._token else {}
        port = parts.port or (443 if secure else 8000)
        quiet = ChromaSettings(anonymized_telemetry=False)
        return chromadb.HttpClient(parts.hostname, port, ssl=secure, headers=headers, settings=quiet)


_embedded, _server = cache(EmbeddedChroma), cache(ServerChroma)
