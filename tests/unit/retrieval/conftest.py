from __future__ import annotations

from collections.abc import Iterator

import pytest

from cairn.core.app_database import Database
from cairn.core.settings import Home, Settings
from cairn.models.embeddings import make_embeddings
from cairn.retrieval.library import Library


@pytest.fixture
def library(home: Home, settings: Settings, database: Database) -> Iterator[Library]:
    opened = Library(home, settings, database, make_embeddings(settings))
    yield opened
    opened.close()
