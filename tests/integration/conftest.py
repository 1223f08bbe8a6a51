"""Real servers for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    """An OpenAI-compatible server with scripted answers; see tests/server.py."""
    with Server() as running:
        yield running
