from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from cairn.core.events import listening
from cairn.core.hit import Hit
from cairn.core.passage_text import cite, citing, read_passages


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
def test_searches_in_parallel_number_the_sources_in_the_order_they_are_told() -> None:
    told: list[str] = []
    written: list[str] = []

    def listener(type: str, data: Any) -> None:
        told.extend(source["source"] for source in data["sources"])

    def search(first: int) -> None:
        for chunk in range(first, first + 300, 3):
            written.append(cite([_hit(number) for number in range(chunk, chunk + 3)]))

    with listening(listener), citing():
        threads = [threading.Thread(target=contextvars.copy_context().run, args=(search, 150 * n)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(told) == len(set(told))
    for text in written:
        for passage in read_passages(text):
            assert told[passage.number - 1] == passage.source


def _hit(chunk: int) -> Hit:
    return Hit(chunk, f"{chunk}.md", None, None, None, 0, 1, "text", 1.0)
