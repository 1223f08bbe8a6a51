from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.agents.service import Cairn
from cairn.core.settings import Settings
from tests.letters import register


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the tool `send` writes its letters."""
    register(tmp_path / "sent.txt", put=monkeypatch.setitem)
    return tmp_path / "sent.txt"


@pytest.fixture
def app(settings: Settings) -> Iterator[Cairn]:
    opened = Cairn(settings)
    yield opened
    opened.close()
