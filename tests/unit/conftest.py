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


# Whole pages, processes, indexes on disk: `make test-fast` leaves them out.
_SLOW = (
    "ui/web/",
    "ui/api/",
    "ui/test_tuning",
    "ui/test_doctor",
    "ui/test_documents",
    "retrieval/test_",
    "retrieval/load/test_parser_pool",
)
_SLOW += ("databases/test_server_database", "databases/test_sql_tools", "core/test_backups", "core/test_secrets")
_SLOW += (
    "agents/test_grounding",
    "agents/test_examples",
    "agents/test_service",
    "models/test_embeddings",
    "models/test_model_stream",
    "databases/test_sql_guard",
    "evals/test_feedback",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).as_posix().startswith(_SLOW):
            item.add_marker("slow")
