"""Typed fields out of a text, by their labels; a choice is also known by its word. Nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from models.builtin.words import WORD, has_cjk, listed, split_identifier, stem

MAX_TEXT = 100_000
_LABELLED = re.compile(
    r"(?:^|[\n;；。|])[ \t]*(?:[-*•][ \t]+)?\**([^\n:：;；|*]{1,60}?)\**[ \t]*[:：][ \t]*\**[ \t]*([^\n;；|]{1,500})"
)
_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?")
_DATE = re.compile(r"(?<!\d)(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")
_CHINESE = dict(pair.split(":") for pair in listed("name:姓名 email:邮箱 phone:电话 date:日期 total:总额 amount:金额"))
_YES, _NO = re.compile(r"yes|true|y\b|on\b|[是有对√✓]", re.I), re.compile(r"no|false|n\b|off|none|[否无没不]", re.I)


def fill(schema: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The fields of a JSON schema's `properties` that the text plainly states."""
    labelled = [(label.strip(), value.strip()) for label, value in _LABELLED.findall(text[:MAX_TEXT])]
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties") or {}
    found = {name: _field(name, spec, labelled, text[:MAX_TEXT]) for name, spec in properties.items()}
    return {name: value for name, value in found.items() if value is not None}


def _field(name: str, spec: Mapping[str, Any], labelled: Sequence[tuple[str, str]], text: str) -> Any:
    stated, choices = _labelled(name, str(spec.get("description", "")), labelled), spec.get("enum")
    if choices:
        return next((one for value in stated or [text] if (one := _one_of(choices, value)) is not None), None)
    return next((read for value in stated if (read := _read(_kind(spec), value)) is not None), None)


def _kind(spec: Mapping[str, Any]) -> str:
    options: list[Mapping[str, Any]] = [*spec.get("anyOf", []), spec]
    chosen = next((one for one in options if one.get("type") not in (None, "null")), spec)
    kinds = chosen.get("type")
    kind = next((one for one in kinds if one != "null"), "string") if isinstance(kinds, list) else kinds
    return "date" if chosen.get("format") in ("date", "date-time") else str(kind or "string")


def _labelled(name: str, description: str, labelled: Sequence[tuple[str, str]]) -> list[str]:
    """The values whose label is the field's name, else those whose label stands in its name and description."""
    words = set(split_identifier(name))
    described = words | {stem(word) for word in WORD.findall(description)}
    chinese = {label for word, label in _CHINESE.items() if stem(word) in words}
    said = [({stem(word) for word in WORD.findall(label)}, label, value) for label, value in labelled]
    exact = [value for stems, label, value in said if stems == words or label in chinese]
    return exact or [v for s, label, v in said if s <= described or (has_cjk(label) and label in description)]


def _read(kind: str, value: str) -> Any:
    """`value` as the type; None when it isn't one."""
    if kind in ("number", "integer"):
        return _number(kind, _NUMBER.findall(value))
    if kind == "boolean":
        return True if _YES.match(value) else False if _NO.match(value) else None
    if kind == "array":
        return [item for one in re.split(r"[,，、;；]|\s+and\s+|和", value) if (item := one.strip(" .。"))] or None
    if kind == "date":
        try:
            return date(*map(int, match.groups())).isoformat() if (match := _DATE.search(value)) else None
        except ValueError:
            return None
    return value.strip(" \t*\"'").rstrip("。") or None if kind == "string" else None


def _number(kind: str, numbers: Sequence[str]) -> float | int | None:
    if len(numbers) != 1 or len(numbers[0]) > 25:
        return None
    number = float(numbers[0].replace(",", ""))
    if number.is_integer() and (kind == "integer" or "." not in numbers[0]):
        return int(number)
    return None if kind == "integer" else number


def _one_of(values: Sequence[Any], text: str) -> Any:
    """The one allowed value that the text names."""
    named = [v for v in values if isinstance(v, str) and re.search(rf"(?<!\w){re.escape(v)}(?!\w)", text, re.I)]
    return named[0] if len(named) == 1 else None
