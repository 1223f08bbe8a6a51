"""Typed fields out of a text, by their labels. Nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from cairn.text import has_cjk
from models.builtin.words import WORD, split_identifier, stem

MAX_TEXT = 100_000
_LABELLED = re.compile(
    r"(?:^|\n)[ \t]*(?:[-*•][ \t]+)?\**([^\n:：|*]{1,60}?)\**[ \t]*[:：][ \t]*\**[ \t]*([^\n|]{1,500})"
)
_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d{1,25}(?:\.\d+)?")
_DATE = re.compile(r"(?<!\d)(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")
_YES, _NO = re.compile(r"yes|true|y\b|on\b|[是有对√✓]", re.I), re.compile(r"no|false|n\b|off|none|[否无没不]", re.I)


def fill(schema: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The fields of a JSON schema's `properties` that the text states behind a label."""
    found: dict[str, Any] = {}
    for label, value in reversed(_LABELLED.findall(text[:MAX_TEXT])):
        for name, spec in (schema.get("properties") or {}).items():
            read = _read(spec, value.strip(" \t*\"'").rstrip("。"))
            if read is not None and _names(label.strip(), name, str(spec.get("description", ""))):
                found[name] = read
    return found


def _names(label: str, name: str, description: str) -> bool:
    """Whether the label's words stand in the field's name or description."""
    words = {stem(word) for word in WORD.findall(label)}
    known = {*split_identifier(name), *(stem(word) for word in WORD.findall(description))}
    return words <= known or (has_cjk(label) and label in description)


def _read(spec: Mapping[str, Any], value: str) -> Any:
    """`value` as one of the choices or as the type; None when it isn't one."""
    chosen = next((one for one in spec.get("anyOf", []) if one.get("type") != "null"), spec)
    kind = "date" if chosen.get("format") in ("date", "date-time") else chosen.get("type")
    if "enum" in chosen:
        return next((one for one in chosen["enum"] if str(one).casefold() == value.casefold()), None)
    if kind in ("number", "integer"):
        numbers = [float(number.replace(",", "")) for number in _NUMBER.findall(value)]
        whole = len(numbers) == 1 and numbers[0].is_integer()
        return int(numbers[0]) if whole else numbers[0] if len(numbers) == 1 and kind == "number" else None
    if kind == "boolean":
        return True if _YES.match(value) else False if _NO.match(value) else None
    if kind == "date":
        return _date(value)
    return value or None if kind == "string" else None


def _date(value: str) -> str | None:
    try:
        return date(*map(int, match.groups())).isoformat() if (match := _DATE.search(value)) else None
    except ValueError:
        return None
