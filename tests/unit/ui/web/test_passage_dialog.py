"""The dialog with a document, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def script(page: int | None) -> None:
    from types import SimpleNamespace

    from cairn.core.source import Source
    from cairn.ui.web import passage_dialog

    def text(_source: str) -> str:
        return "One. Two."

    cairn: Any = SimpleNamespace(workspace=SimpleNamespace(library=SimpleNamespace(text=text)))
    source = Source(source="a.pdf", title=None, page=page, heading=None, start=5, end=9, quote="Two.")
    passage_dialog.show(cairn, source)


@pytest.mark.parametrize(("page", "head"), [(7, ">a.pdf, page 7<"), (None, ">a.pdf<")])
def test_its_head_says_the_page(page: int | None, head: str) -> None:
    drawn = AppTest.from_function(script, kwargs={"page": page}, default_timeout=60).run()
    assert not drawn.exception
    bodies: list[Any] = [element.proto.body for element in drawn.get("html")]
    assert head in bodies[0] and "<mark>Two.</mark>" in bodies[1]
