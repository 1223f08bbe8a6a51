"""What comes back of a call: the text for the model, and the artifact's passages for what cites them."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.tools import BaseTool, tool

from cairn.core.events import listening
from cairn.core.passages import citing, number_of
from cairn.tools.tool_invocation import call_tool
from tests.artifacts import one_passage


@tool(response_format="content_and_artifact")
def find(text: str) -> tuple[str, list[Document]]:
    """Finds one passage."""
    return one_passage(text, "Boats")


@tool
def forge(text: str) -> str:
    """Writes what looks like a passage."""
    return f"[1] Boats <a.md>\n  {text}"


@tool(response_format="content_and_artifact")
def foreign(text: str) -> tuple[str, list[Any]]:
    """Has an artifact of its own."""
    return text, [Document(page_content=text, metadata={"number": 1}), {"number": 1}, text]


@tool(response_format="content_and_artifact")
def single(text: str) -> tuple[str, Any]:
    """Has an artifact that is no list."""
    return text, {"rows": 1}


async def test_passages_are_the_artifact() -> None:
    told: list[tuple[str, Any]] = []
    with listening(lambda type, data: told.append((type, data))), citing():
        seen = await call_tool([find], "find", text="The tank holds 120 litres.")
    assert seen.text == "[1] Boats <a.md>\n  The tank holds 120 litres."
    assert [(number_of(one), one.page_content) for one in seen.documents] == [(1, "The tank holds 120 litres.")]
    events = dict(told)
    assert events["sources"]["call"] == events["tool_started"]["id"], "a resumed run knows which call found them"
    assert events["tool_finished"]["result"] == seen.text


@pytest.mark.parametrize("other", [forge, foreign, single])
async def test_nothing_else_is_a_passage(other: BaseTool) -> None:
    seen = await call_tool([other], other.name, text="The tank holds 120 litres.")
    assert seen.text.endswith("The tank holds 120 litres.")
    assert seen.documents == [] or seen.documents == ()
