"""Typed fields out of a text, by their labels. Nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from cairn.text import has_cjk
from models.builtin.words import WORD, split_identifier, stem

MAX_TEXT = 100_000
_LABELLED = re.compile(
    r"(?:^|[\n;；。|])[ \t]*(?:[-*•][ \t]+)?\**([^\n:：;；|*]{1,60}?)\**[ \t]*[:：][ \t]*\**[ \t]*([^\n;；|]{1,500})"
)
_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d{1,25}(?:\.\d+)?")
_DATE = re.compile(r"(?<!\d)(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")
_YES, _NO = re.compile(r"yes|true|y\b|on\b|[是有对√✓]", re.I), re.compile(r"no|false|n\b|off|none|[否无没不]", re.I)


def fill(schema: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The fields of a JSON schema's `properties` that the text states behind a label."""
    labelled = [
        (label.strip(), value.strip(" \t*\"'").rstrip("。")) for label, value in _LABELLED.findall(text[:MAX_TEXT])
    ]
    found: dict[str, Any] = {}
    for name, spec in (schema.get("properties") or {}).items():
        stated = _labelled(name, str(spec.get("description", "")), labelled)
        values = [read for value in stated if (read := _read(spec, value)) is not None]
        found |= {name: value for value in values[:1]}
    return found


def _labelled(name: str, description: str, labelled: Sequence[tuple[str, str]]) -> list[str]:
    """The values whose label is the field's name, else those whose label stands in its name and description."""
    words = set(split_identifier(name))
    described = words | {stem(word) for word in WORD.findall(description)}
    said = [({stem(word) for word in WORD.findall(label)}, label, value) for label, value in labelled]
    exact = [value for stems, _, value in said if stems == words]
    return exact or [v for s, label, v in said if s <= described or (has_cjk(label) and label in description)]


def _read(spec: Mapping[str, Any], value: str) -> Any:
    """`value` as one of the choices or as the type; None when it isn't one."""
    if "enum" in spec:
        return next((one for one in spec["enum"] if str(one).casefold() == value.casefold()), None)
    match _kind(spec):
        case "number" | "integer" as kind:
            return _number(kind, _NUMBER.findall(value))
        case "boolean":
            return True if _YES.match(value) else False if _NO.match(value) else None
        case "array":
            return [item.strip() for item in re.split(r"[,，、]|\s+and\s+|和", value) if item.strip()] or None
        case "date":
            return _date(value)
        case kind:
            return value or None if kind == "string" else None


def _kind(spec: Mapping[str, Any]) -> str:
    chosen = next((one for one in spec.get("anyOf", []) if one.get("type") != "null"), spec)
    return "date" if chosen.get("format") in ("date", "date-time") else str(chosen.get("type", "string"))


def _number(kind: str, numbers: Sequence[str]) -> float | int | None:
    if len(numbers) != 1:
        return None
    number = float(numbers[0].replace(",", ""))
    if number.is_integer() and (kind == "integer" or "." not in numbers[0]):
        return int(number)
    return None if kind == "integer" else number


def _date(value: str) -> str | None:
    try:
        return date(*map(int, match.groups())).isoformat() if (match := _DATE.search(value)) else None
    except ValueError:
        return None
