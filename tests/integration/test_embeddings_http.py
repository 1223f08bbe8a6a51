"""Embeddings by name, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.core.app_database import Database
from cairn.core.settings import Home, Settings, load_settings
from cairn.models.embeddings import _named, make_embeddings  # pyright: ignore[reportPrivateUsage]
from cairn.retrieval.library import Library
from tests.server import Server


@pytest.fixture
def settings(home: Home, server: Server) -> Iterator[Settings]:
    yield load_settings(home.root, embeddings="openai:m", embeddings_base_url=server.url, api_key="k")
    options = (("api_key", "k"), ("base_url", server.url), ("check_embedding_ctx_length", False))
    _named("openai:m", options).client._client.close()  # type: ignore[attr-defined] (a process keeps it to its end)


def test_texts_reach_a_compatible_server_as_text(settings: Settings) -> None:
    vectors = make_embeddings(settings).embed_documents(["one", "中文", "\ud800", ""])
    assert len({tuple(vector) for vector in vectors}) == 4
    assert vectors[2] == make_embeddings(settings).embed_query("\ufffd")


def test_a_library_stands_on_them(home: Home, settings: Settings, database: Database, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Trains are preferred.")
    library = Library(home, settings, database, make_embeddings(settings))
    library.add([tmp_path / "a.txt"])
    assert library.search("a\nTrains are preferred.")[0].found_by == {"lexical": 1, "dense": 1}
    library.close()
