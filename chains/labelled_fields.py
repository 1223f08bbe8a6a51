"""Fields of a form by the labels before their values: what `extract` gives without a language model.

It reads `label: value`, cells beside each other and cells below each other. Nothing is understood: a value without a
label of its field before it is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cairn.chains.values.amounts import amounts_in
from cairn.chains.values.dates import dates_in
from cairn.core.clean_text import CJK, has_cjk
from cairn.core.task import FieldSpec

_CELLS = re.compile(r"\s*[|│┃]\s*|<br\s*/?>|\t+|[ \u3000]{2,}|\s*(?:\.{3,}|…{2,}|(?: \.){3,})\s*")
_RULE = re.compile(r"[\s|:=_*+│┃─━═┼┬┴├┤┌┐└┘╭╮╰╯-]*")
_MARKUP = re.compile(r"^[\s#>*_•·【-]+|[\s*_】]+$")
_LINK = r"[\s*_.#]*[:：=】][\s*_]*"
_ENDS = re.compile(r"\*\*|__|\s<")
_REMARK = r"(?:\s?[(（][^()（）]{1,20}[)）]|\s?@?\s?\d+(?:[.,]\d+)?\s?%)?"
"""`VAT (19 %)`, `VAT @ 20%`"""
_YES, _NO = {"yes", "true", "x", "☒", "☑", "是", "有"}, {"no", "false", "☐", "否", "无"}


@dataclass(frozen=True, slots=True)
class _Found:
    """`rank`: 0 where a mark or the next cell says what the label's value is, 1 where it stands behind it, 2 below."""

    field: str
    text: str
    rank: int


def labelled_fields(text: str, fields: Sequence[FieldSpec]) -> dict[str, Any]:
    """The value of each field, None where none stands behind one of its labels.

    Args:
        text: The document's, with tables as Markdown has them or in columns.
        fields: Labels are their own, and their names with blanks for `_`; of two fields' the longer one counts.

    Returns:
        By the field's name: the first value of the field's type, of those that stand surest where they belong.
    """
    known = {label: field.name for field in reversed(fields) for label in [field.name, *field.labels] if _key(label)}
    found = sorted(_found(text, _Labels(known)), key=lambda one: one.rank)
    return {field.name: _first(field, found) for field in fields}


def _first(field: FieldSpec, found: Sequence[_Found]) -> Any:
    values = (_value(field.type, one.text) for one in found if one.field == field.name)
    return next((value for value in values if value is not None), None)


class _Labels:
    """Finds labels in a cell: one at its beginning, and further ones with a colon behind them."""

    def __init__(self, known: dict[str, str]) -> None:
        self._field = {_key(label): field for label, field in known.items()}
        words = "|".join(map(_pattern, sorted(known, key=len, reverse=True)))
        label = rf"(?P<label>{words})(?![^\W\d_{CJK}]){_REMARK}"
        self._first = re.compile(rf"{label}(?P<link>{_LINK}|\.?)", re.IGNORECASE)
        self._other = re.compile(rf"(?<![^\W\d_{CJK}]){label}{_LINK}", re.IGNORECASE)

    def field_of(self, match: re.Match[str]) -> str:
        return self._field[_key(match["label"])]

    def first(self, cell: str) -> re.Match[str] | None:
        return self._first.match(cell)

    def parts(self, cell: str) -> list[str]:
        """The cell, parted before each label with a colon behind it."""
        starts = [match.start() for match in self._other.finditer(cell) if match.start()]
        return [cell[a:b].strip(" ,;，；") for a, b in zip([0, *starts], [*starts, len(cell)], strict=True)]


def _found(text: str, labels: _Labels) -> Iterator[_Found]:
    lines = [_cells(line, labels) for line in text.splitlines() if not _RULE.fullmatch(line)]
    for number, cells in enumerate(lines):
        below = lines[number + 1] if number + 1 < len(lines) else []
        for place, cell in enumerate(cells):
            if not (label := labels.first(cell)):
                continue
            field, rest = labels.field_of(label), cell[label.end() :].strip()
            beside = cells[place + 1] if place + 1 < len(cells) else ""
            if rest:
                yield _Found(field, rest, 0 if label["link"].strip(". ") else 1)
            elif beside and not labels.first(beside):
                yield _Found(field, beside, 0)
            elif place < len(below) and not labels.first(below[place]):
                yield _Found(field, below[place], 2)


def _cells(line: str, labels: _Labels) -> list[str]:
    cells = [_MARKUP.sub("", cell) for cell in _CELLS.split(line.strip().strip("|"))]
    return [part for cell in cells for part in labels.parts(cell)]


def _key(label: str) -> str:
    return re.sub(r"[\s_-]+", "", label).casefold().rstrip(".:：")


def _pattern(label: str) -> str:
    """Words with any white space between them, Chinese characters with one blank (`合 计`)."""
    label = label.strip().rstrip(".:：")
    words = label if has_cjk(label) else re.split(r"[\s_-]+", label)
    return (r"\s?" if has_cjk(label) else r"[\s_-]+").join(map(re.escape, words))


def _value(kind: str, text: str) -> Any:
    """None where there is none of the kind."""
    if kind == "date":
        return next((day for day, _, _ in dates_in(text)), None)
    if kind in ("number", "integer"):
        amount = next((value for value, _, _ in amounts_in(text)), None)
        return int(amount) if amount is not None and kind == "integer" else amount
    if kind == "boolean":
        word = text.casefold().strip(" .")
        return True if word in _YES else False if word in _NO else None
    if kind == "list":
        return [part for part in re.split(r"\s*[;,；，、]\s*", text) if part] or None
    return _ENDS.split(text)[0].strip(" ,;，；") or None
