"""Typed fields out of a text, by labels and by values that have a form of their own. Nothing is guessed."""

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
_MONTHS = listed("jan feb mar apr may jun jul aug sep oct nov dec")
_DATE = re.compile(
    r"(?<!\d)(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})(?!\d)|"
    rf"(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? (?P<m2>{'|'.join(_MONTHS)})[a-z]*\.?,? (?P<y2>\d{{4}})|"
    rf"(?P<m3>{'|'.join(_MONTHS)})[a-z]*\.? (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y3>\d{{4}})",
    re.IGNORECASE,
)
# What has a form of its own: the words of a field's name or description, and how it is written.
_FORMS = [
    (re.compile(words), re.compile(form))
    for words, form in [
        (r"e-?mail|邮箱|邮件", r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"),
        (r"\burl|website|link|网址|网站", r"https?://[^\s<>()\"']{1,500}"),
        (r"phone|mobile|电话|手机", r"(?<![A-Za-z0-9-])\+?\d[\d ()/-]{8,18}\d(?![A-Za-z0-9-])"),
    ]
]
_MONEY = re.compile(
    r"[€$£¥￥]\s?(\d[\d,]*(?:\.\d+)?)(?![\d.,]*\d)|(?<![\d.,])(\d[\d,]*(?:\.\d+)?)\s?(?:[€$£]|(?:EUR|USD|euros?|dollars?)\b|元)"
)
_OF_MONEY = re.compile(r"amount|price|total|cost|fee|sum|budget|金额|价|费|额")
# Labels above texts in Chinese for fields with the usual English names.
_CHINESE = dict(
    pair.split(":")
    for pair in listed(
        "name:姓名 email:邮箱 phone:电话 date:日期 total:总额 amount:金额 city:城市 address:地址 price:价格 title:标题"
    )
)
_YES, _NO = re.compile(r"yes|true|y\b|on\b|[是有对√✓]", re.I), re.compile(r"no|false|n\b|off|none|[否无没不]", re.I)
_NOISE = frozenset(
    stem(word) for word in listed("the a an of for in on to is it as or and format text value date number")
)


def fill(schema: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The fields of a JSON schema's `properties` that the text plainly states."""
    text = text[:MAX_TEXT]
    labelled = [(label.strip(), value.strip()) for label, value in _LABELLED.findall(text)]
    properties: dict[str, Any] = schema.get("properties") or {}
    found = {name: _field(name, spec, properties, labelled, text) for name, spec in properties.items()}
    return {name: value for name, value in found.items() if value is not None}


def _field(
    name: str, spec: Mapping[str, Any], properties: Mapping[str, Any], labelled: Sequence[tuple[str, str]], text: str
) -> Any:
    kind, values = _kind(spec), spec.get("enum")
    stated = _labelled(name, str(spec.get("description", "")), labelled)
    read = [_one_of(values, value) if values else _read(kind, value) for value in stated]
    if stated:
        return next((value for value in read if value is not None), None)
    if values:
        return _one_of(values, text)
    return _unlabelled(name, kind, str(spec.get("description", "")), properties, text)


def _kind(spec: Mapping[str, Any]) -> str:
    options: list[Mapping[str, Any]] = [*spec.get("anyOf", []), spec]
    chosen = next((one for one in options if one.get("type") not in (None, "null")), spec)
    kinds = chosen.get("type")
    kind = next((one for one in kinds if one != "null"), "string") if isinstance(kinds, list) else kinds
    return "date" if chosen.get("format") in ("date", "date-time") else str(kind or "string")


def _labelled(name: str, description: str, labelled: Sequence[tuple[str, str]]) -> list[str]:
    """The values whose label is the field's name, else those whose label stands in its name and description."""
    words = set(split_identifier(name))
    described = words | ({stem(word) for word in WORD.findall(description)} - _NOISE)
    chinese = {label for word, label in _CHINESE.items() if stem(word) in words}
    said = [({stem(word) for word in WORD.findall(label)}, label, value) for label, value in labelled]
    exact = [value for stems, label, value in said if stems == words or label in chinese]
    near = [
        value
        for stems, label, value in said
        if stems and (stems <= described or (has_cjk(label) and label in description))
    ]
    return exact or near


def _read(kind: str, value: str) -> Any:
    """`value` as the type; None when it isn't one."""
    if kind == "date":
        return next(iter(_days(value)), None)
    if kind in ("number", "integer"):
        return _number(kind, _NUMBER.findall(value))
    if kind == "boolean":
        return True if _YES.match(value) else False if _NO.match(value) else None
    if kind == "array":
        return [item for one in re.split(r"[,，、;；]|\s+and\s+|和", value) if (item := one.strip(" .。"))] or None
    return value.strip(" \t*\"'").rstrip("。") or None if kind == "string" else None


def _days(text: str) -> list[str]:
    found: list[str] = []
    for match in _DATE.finditer(text):
        year, month, day = (next(match[f"{part}{n}"] for n in ("", 2, 3) if match[f"{part}{n}"]) for part in "ymd")
        number = int(month) if month.isdigit() else _MONTHS.index(month[:3].casefold()) + 1
        try:
            found.append(date(int(year), number, int(day)).isoformat())
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _number(kind: str, numbers: Sequence[str]) -> float | int | None:
    if len(set(numbers)) != 1 or len(numbers[0]) > 25:
        return None
    number = float(numbers[0].replace(",", ""))
    if number.is_integer() and (kind == "integer" or "." not in numbers[0]):
        return int(number)
    return None if kind == "integer" else number


def _one_of(values: Sequence[Any], text: str) -> Any:
    """The one allowed value that the text names."""
    named = [v for v in values if isinstance(v, str) and re.search(rf"(?<!\w){re.escape(v)}(?!\w)", text, re.I)]
    return named[0] if len(named) == 1 else None


def _unlabelled(name: str, kind: str, description: str, properties: Mapping[str, Any], text: str) -> Any:
    """What has a form of its own, if there is just one of it, and one field that could be meant."""
    if kind == "date":
        days = _days(text)
        return days[0] if len(days) == sum(_kind(one) == "date" for one in properties.values()) == 1 else None
    if kind in ("number", "integer"):
        fields = [one for one, spec in properties.items() if _kind(spec) == kind and _OF_MONEY.search(one)]
        return _number(kind, [a or b for a, b in _MONEY.findall(text)]) if fields == [name] else None
    about = f"{name} {description}".casefold()
    form = next((form for words, form in _FORMS if kind == "string" and words.search(about)), None)
    found = list(dict.fromkeys(form.findall(_DATE.sub(";", text)))) if form else []
    return found[0].rstrip(".,") if len(found) == 1 else None
