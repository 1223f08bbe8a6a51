"""What a tool returns to whoever calls it as an agent does."""

from __future__ import annotations

from typing import Any

from langchain_core.documents import Document
from langchain_core.tools import BaseTool

from cairn.core.passages import numbered, passage, write_passages


def called(tool: BaseTool, **arguments: Any) -> tuple[str, list[Document]]:
    """The text and the artifact. Raises what the tool raises."""
    message = tool.invoke({"type": "tool_call", "name": tool.name, "args": arguments, "id": "1"})
    return message.text, message.artifact


def one_passage(text: str, title: str) -> tuple[str, list[Document]]:
    """What a tool that found one passage in `a.md` returns."""
    found = numbered([passage("1", text, "a.md", title=title)])
    return write_passages(found), found
