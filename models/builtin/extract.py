"""Typed fields out of a text by simple patterns. What is not plainly there is left out, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from models.builtin.lexicon import IN_CHINESE
from models.builtin.when import find_days
from models.builtin.words import WORD, has_cjk, listed, split_identifier, stem

MAX_TEXT = 100_000
_LABELLED = re.compile(
    r"(?:^|[\n;；。|])[ \t]*(?:[-*•][ \t]+)?\**([^\n:：;；|*]{1,60}?)\**[ \t]*[:：][ \t]*\**[ \t]*([^\n;；|]{1,500})"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_URL = re.compile(r"https?://[^\s<>()\"']{1,500}")
_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?")
_PHONE = re.compile(r"(?<![^\W一-鿿])\+?\d[\d ()/-]{5,18}\d(?![^\W一-鿿])")
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\b\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b|\b(?:19|20)\d\d\s*[-/]\s*(?:19|20)\d\d\b"
)
_AMOUNT = r"(?<![\d.,])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![.,]?\d)"
_SIGN, _CODES = "[€$£¥￥]", "EUR|USD|GBP|CHF|CNY|RMB|JPY"
_SCALED = r"(?!\s?(?:k|m|bn|thousand|million|billion)\b|\s?[十百千万亿])"
_MONEY = re.compile(
    rf"(?:{_SIGN}|\b(?:{_CODES}))\s?(?P<before>{_AMOUNT}){_SCALED}|"
    rf"(?P<behind>{_AMOUNT})\s?(?:{_SIGN}|(?:{_CODES}|euros?|dollars?|yuan|francs?|yen)\b|元|块钱|美元|欧元|英镑|人民币)",
    re.IGNORECASE,
)
_OF_MONEY = frozenset(stem(word) for word in listed("amount price money total cost fee sum salary budget payment"))
_OF_MONEY_ZH = re.compile("金额|价|费|总额|款|工资|预算")
_YES = re.compile(r"^(?:yes|true|y|on|是|有|对|√|✓)\b|^(?:是|有|对)", re.IGNORECASE)
_NO = re.compile(r"^(?:no|false|n|off|none)\b|^(?:否|无|没有|不是|不)", re.IGNORECASE)
_NOISE = frozenset(
    stem(word) for word in listed("the a an of for in on to is it as or and iso format text value field date number")
)


def fill(schema: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The fields of a JSON schema's `properties` that the text plainly states."""
    properties: dict[str, Any] = schema.get("properties") or {}
    labelled = [(label.strip(), value.strip()) for label, value in _LABELLED.findall(text[:MAX_TEXT])]
    found = {name: _field(name, spec, properties, labelled, text[:MAX_TEXT]) for name, spec in properties.items()}
    return {name: value for name, value in found.items() if value is not None}


def _field(
    name: str, spec: Mapping[str, Any], properties: Mapping[str, Any], labelled: Sequence[tuple[str, str]], text: str
) -> Any:
    kind = _kind(spec)
    values = spec.get("enum")
    stated = _labelled(name, spec, labelled)
    for value in stated:
        read = _one_of(values, value) if values else _read(kind, value)
        if read is not None:
            return read
    if stated:
        return None
    return _one_of(values, text) if values else _elsewhere(name, kind, spec, properties, text)


def _kind(spec: Mapping[str, Any]) -> str:
    options: list[Mapping[str, Any]] = [*spec.get("anyOf", []), spec]
    chosen = next((one for one in options if one.get("type") not in (None, "null")), spec)
    kind = chosen.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "string")
    return "date" if chosen.get("format") in ("date", "date-time") else str(kind or "string")


def _labelled(name: str, spec: Mapping[str, Any], labelled: Sequence[tuple[str, str]]) -> list[str]:
    """The values whose label is the field's name first, then those whose label stands in its description."""
    words = _words(name)
    described = set(words) | {stem(word) for word in WORD.findall(str(spec.get("description", "")))} - _NOISE
    exact: list[str] = []
    near: list[str] = []
    for label, value in labelled:
        said = {stem(word) for word in WORD.findall(label)} - _NOISE or {stem(word) for word in WORD.findall(label)}
        if said == set(words) - _NOISE or said == set(words) or _same_in_chinese(words, label):
            exact.append(value)
        elif _near(said, set(words), described) or (has_cjk(label) and label in str(spec.get("description", ""))):
            near.append(value)
    return exact or near


def _near(said: set[str], words: set[str], described: set[str]) -> bool:
    return bool(said) and (said <= described or (bool(words - _NOISE) and words <= said))


def _words(name: str) -> list[str]:
    return split_identifier(name)


def _same_in_chinese(words: Sequence[str], label: str) -> bool:
    return any(label.strip() == phrase for word in words for phrase in IN_CHINESE.get(word, ()))


def _read(kind: str, value: str) -> Any:
    """`value` as the type; None when it isn't one."""
    if kind == "date":
        days = find_days(value)
        return days[0].isoformat() if days else None
    if kind in ("number", "integer"):
        return _number(kind, value)
    if kind == "boolean":
        return True if _YES.match(value) else False if _NO.match(value) else None
    if kind == "array":
        items = [item.strip(" .。") for item in re.split(r"[,，、;；]|\s+and\s+|和", value)]
        return [item for item in items if item] or None
    return value.strip(" \t*\"'").rstrip("。") or None if kind == "string" else None


def _number(kind: str, value: str) -> float | int | None:
    numbers = _NUMBER.findall(value)
    if len(numbers) != 1 or len(numbers[0]) > 25:
        return None
    number = float(numbers[0].replace(",", ""))
    if kind == "integer":
        return int(number) if number.is_integer() else None
    return int(number) if number.is_integer() and "." not in numbers[0] else number


def _one_of(values: Sequence[Any], text: str) -> Any:
    """The one allowed value that the text names."""
    named = [
        v
        for v in values
        if isinstance(v, str) and v and re.search(rf"(?<!\w){re.escape(v)}(?!\w)", text, re.IGNORECASE)
    ]
    return named[0] if len(named) == 1 else None


def _elsewhere(name: str, kind: str, spec: Mapping[str, Any], properties: Mapping[str, Any], text: str) -> Any:
    """Without a label: what has a form of its own, if there is just one of it."""
    about = f"{name} {spec.get('description', '')}".casefold()
    if kind == "string":
        for sign, pattern in (
            (r"e-?mail|邮箱|邮件", _EMAIL),
            (r"url|website|link|网址|网站", _URL),
        ):
            if re.search(sign, about):
                found = list(dict.fromkeys(pattern.findall(text)))
                return found[0].rstrip(".,") if len(found) == 1 else None
        return _phone(text) if re.search(r"phone|mobile|电话|手机", about) else None
    if kind == "date":
        dates = [one for one in properties.values() if _kind(one) == "date"]
        days = list(dict.fromkeys(find_days(text)))
        return days[0].isoformat() if len(dates) == 1 and len(days) == 1 else None
    if kind in ("number", "integer"):
        beside = _beside(_words(name), kind, text)
        return _money(name, kind, properties, text) if beside is None else beside
    return None


def _phone(text: str) -> str | None:
    """The only number that could be dialled: 7 to 15 digits in groups, or ten at least, or with a `+` or a zero."""
    runs = dict.fromkeys(run.strip() for run in _PHONE.findall(_DATE.sub(";", _MONEY.sub(";", text))))
    found = [run for run in runs if _dials(run)]
    return found[0] if len(found) == 1 else None


def _dials(run: str) -> bool:
    digits = re.sub(r"\D", "", run)
    return 7 <= len(digits) <= 15 and (run != digits or len(digits) >= 10 or run[0] == "0")


def _money(name: str, kind: str, properties: Mapping[str, Any], text: str) -> float | int | None:
    """The only amount with a currency, where only one of the fields can be meant."""
    fields = [one for one, spec in properties.items() if _kind(spec) in ("number", "integer") and _is_money(one)]
    amounts = {(match["before"] or match["behind"]).replace(",", "") for match in _MONEY.finditer(text)}
    return _number(kind, amounts.pop()) if fields == [name] and len(amounts) == 1 else None


def _is_money(name: str) -> bool:
    return bool(_OF_MONEY & set(_words(name)) or _OF_MONEY_ZH.search(name))


def _beside(words: Sequence[str], kind: str, text: str) -> float | int | None:
    """A number right behind the field's own words: `a total of 42.50`, `总额为 42.5 元`."""
    found: set[str] = set()
    phrases = [phrase for word in words for phrase in IN_CHINESE.get(word, ())]
    for match in re.finditer(rf"(?:{_NUMBER.pattern})(?![\w-]*[-/]\d)", text):
        before = text[max(0, match.start() - 30) : match.start()]
        near = re.split(r"[\d.,;!?。，；\n]", before)[-1]
        said = [stem(word) for word in WORD.findall(near)]
        if set(words) <= set(said) or any(phrase in near for phrase in phrases):
            found.add(match[0])
    return _number(kind, found.pop()) if len(found) == 1 else None
