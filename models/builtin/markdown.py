"""Code in an answer."""

from __future__ import annotations

import re


def code(text: str) -> str:
    """Inline code, whatever ticks stand in it."""
    marks = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{marks}{text}{marks}" if len(marks) == 1 else f"{marks} {text} {marks}"
