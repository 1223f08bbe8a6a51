from __future__ import annotations

from collections.abc import Iterator

import pytest

from cairn.database import Database
from cairn.home import Home
from cairn.settings import Settings
from models.embeddings import make_embeddings
from retrieval.library import Library


@pytest.fixture
def library(home: Home, settings: Settings, database: Database) -> Iterator[Library]:
    opened = Library(home, settings, database, make_embeddings(settings))
    yield opened
    opened.close()
