"""The front matter of a Markdown file: its fields as they are written. One that is broken loses only itself."""

from __future__ import annotations

import re
from typing import Any

_OPENS = re.compile(r"---[ \t]*\n")
_CLOSES = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)
_SIZE = 65536
_FIELD = re.compile(r"^([\w-]+)[ \t]*:(?=\s|$)(.*(?:\n(?![\w-]+[ \t]*:(?:\s|$)).*)*)", re.MULTILINE)
"""A name at the start of a line, and all up to the next one."""


def read_front(text: str) -> tuple[dict[str, Any], int, list[str]]:
    """The fields by their names in lower case, where the text begins after them, and what could not be read.

    Values are strings as they are written (a date is no date, `yes` no truth), or lists and mappings of them.
    """
    opening = _OPENS.match(text)
    closing = _CLOSES.search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        return {}, 0, []
    fields, lost = _fields(text[opening.end() : closing.start()])
    return fields, closing.end(), lost


def _fields(text: str) -> tuple[dict[str, Any], list[str]]:
    if len(text) > _SIZE:
        return {}, ["its front matter is too long to be read"]
    front = _parsed(text)
    if isinstance(front, dict):
        return {str(key).lower(): value for key, value in front.items()}, []
    fields: dict[str, Any] = {}
    lost: list[str] = []
    for name, written in _FIELD.findall(text):
        alone = _parsed(f"{name}:{written}")
        words = written.strip()
        if isinstance(alone, dict):
            fields[name.lower()] = alone.get(name)
        elif words and "\n" not in words and words[0] not in "[{&*!|>%@`":
            fields[name.lower()] = words.strip("\"'")
        else:
            lost.append(f"`{name}` in its front matter could not be read")
    return fields, lost


def _parsed(text: str) -> Any:
    """As YAML, every value as it is written; None for what is none."""
    from yaml import BaseLoader, YAMLError, load

    try:
        return load(text, BaseLoader)  # noqa: S506 (it makes only strings, lists and mappings)
    except (YAMLError, ValueError, RecursionError, TypeError):  # TypeError: a list as a key
        return None
