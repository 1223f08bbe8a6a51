"""A real, small language model from a file. What it says nobody knows before: what holds for any model is asserted."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from cairn.models import gguf_server

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("real")


@pytest.fixture(scope="session")
def gguf() -> Path:
    """The model's file; see CONTRIBUTING.md."""
    named = os.environ.get("CAIRN_TEST_GGUF")
    if find_spec("xllamacpp") is None and not os.environ.get("CI"):
        pytest.skip("xllamacpp is not installed: this test needs the extra `local`")
    if named is None:
        pytest.skip("CAIRN_TEST_GGUF is not set: this test needs the file of a small model")
    path = Path(named)
    assert path.is_file(), f"CAIRN_TEST_GGUF={named} is not a file"
    return path


@pytest.fixture(autouse=True)
def _ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf_server, "LINGER_SECONDS", 1.0)
