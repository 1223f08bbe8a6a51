"""Tools for tests of what needs a yes: one that writes a line to a file, one that reads what others wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool, tool

from cairn.core import registry
from cairn.tools.tool_invocation import READS


def make_letters(file: Path, inbox: str = "Nothing new.") -> list[BaseTool]:
    """`send` writes a line to `file`, which tells what was really done; `read_inbox` returns `inbox`."""

    @tool
    def send(to: str, text: str, copies: int = 1) -> str:
        """Send a letter.

        Args:
            to: Whom to.
            text: What it says.
            copies: How many.
        """
        with file.open("a", encoding="utf-8") as lines:
            lines.write(f"{to}: {text}\n" * copies)
        return f"Sent to {to}."

    @tool
    def read_inbox() -> str:
        """Read the letters that came."""
        return inbox

    send.metadata = {"side_effects": True, "untrusted": False}
    read_inbox.metadata = READS
    return [send, read_inbox]


def register(file: Path, inbox: str = "Nothing new.", put: Callable[..., Any] | None = None) -> None:
    """From now on a task can name the tools `letters`; `put` is `monkeypatch.setitem`, where it is to be undone."""
    group = registry.Plugin("tool", "letters", lambda _home, _task, _count: make_letters(file, inbox))
    (put or dict.__setitem__)(registry._BY_NAME, (group.kind, group.name), group)


def sent(file: Path) -> list[str]:
    """The lines that were written, oldest first."""
    return file.read_text("utf-8").splitlines() if file.exists() else []
