"""Fields of a form by the labels before their values: what `extract` gives without a language model.

It reads `label: value`, cells beside each other and cells below each other. Nothing is understood: a value without a
label of its field before it is not found. Of a row of cells the last amount is its number, as forms reckon; of a column
with several rows the last one, where the sum stands.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from cairn.chains.values.amounts import amounts_in
from cairn.chains.values.dates import dates_in, in_one_order
from cairn.core.clean_text import CJK, has_cjk
from cairn.core.task import FieldSpec

_CELLS = re.compile(r"\s*[|│┃]\s*|<br\s*/?>|\t+|[ \u3000]{2,}|\s*(?:\.{3,}|…{2,}|(?: \.){3,})\s*")
_RULE = re.compile(r"[\s|:=_*+│┃─━═┼┬┴├┤┌┐└┘╭╮╰╯-]*")
_TABLE_RULE = re.compile(r"[\s|:]*-{3,}[\s|:-]*")
_MARKUP = re.compile(r"^(?:[\s#>*_•·【]|-(?=\s|$))+|[\s*_】]+$")
_LINK = r"(?:[\s*_.#]*[:：=】][\s*_]*|\.?[*_]{2}\s*)"
_ENDS = re.compile(r"\*\*|__|\s<")
_REMARK = r"(?:\s?[(（][^()（）]{1,20}[)）]|\s?@?\s?\d+(?:[.,]\d+)?\s?%)?"
"""`VAT (19 %)`, `VAT @ 20%`"""
_CURRENCY = re.compile(r"\b[A-Z]{2,3}\b|人民币|[元圆整]")
_NUMERIC = ("number", "integer")
_YES, _NO = {"yes", "true", "x", "☒", "☑", "是", "有"}, {"no", "false", "☐", "否", "无"}


@dataclass(frozen=True, slots=True)
class _Found:
    """`rank`: the lower, the surer it is that the text is the label's value. `length`: a longer label says more."""

    field: str
    text: str
    rank: int
    length: int


def labelled_fields(text: str, fields: Sequence[FieldSpec]) -> dict[str, Any]:
    """The value of each field, None where none stands behind one of its labels.

    Args:
        text: The document's, with tables as Markdown has them or in columns.
        fields: Labels are their own, and their names with blanks for `_`; of two fields' the longer one counts.

    Returns:
        By the field's name: the first value of the field's type, of those that stand surest where they belong.
    """
    found = sorted(_found(in_one_order(text), _Labels(fields)), key=lambda one: (one.rank, -one.length))
    return {field.name: _first(field, found) for field in fields}


def _first(field: FieldSpec, found: Sequence[_Found]) -> Any:
    values = (_value(field.type, one.text) for one in found if one.field == field.name)
    return next((value for value in values if value is not None), None)


class _Labels:
    """Finds labels in a cell: one at its beginning, and further ones with a colon behind them."""

    def __init__(self, fields: Sequence[FieldSpec]) -> None:
        known = [(label, field) for field in fields for label in [field.name, *field.labels] if _key(label)]
        self._fields: dict[str, list[FieldSpec]] = defaultdict(list)
        for label, field in known:
            self._fields[_key(label)].append(field)
        words = "|".join(map(_pattern, sorted({label for label, _ in known}, key=len, reverse=True)))
        label = rf"(?P<label>{words})(?![^\W\d_{CJK}]){_REMARK}"
        self._first = re.compile(rf"{label}(?P<link>{_LINK}|\.?)", re.IGNORECASE)
        self._other = re.compile(rf"(?<![^\W\d_{CJK}]){label}{_LINK}", re.IGNORECASE)

    def fields_of(self, match: re.Match[str]) -> list[FieldSpec]:
        return self._fields[_key(match["label"])]

    def first(self, cell: str) -> re.Match[str] | None:
        return self._first.match(cell)

    def parts(self, cell: str) -> list[str]:
        """The cell, parted before each label with a colon behind it."""
        starts = [match.start() for match in self._other.finditer(cell) if match.start()]
        return [cell[a:b].strip(" ,;，；") for a, b in zip([0, *starts], [*starts, len(cell)], strict=True)]


def _found(text: str, labels: _Labels) -> Iterator[_Found]:
    rows = _rows(text, labels)
    for number, row in enumerate(rows):
        below = rows[number + 1].cells if number + 1 < len(rows) else []
        for place, cell in enumerate(row.cells):
            if label := labels.first(cell):
                for field in labels.fields_of(label):
                    for text, rank in _values(row, place, label, below, field.type in _NUMERIC, labels):
                        yield _Found(field.name, text, rank, len(_key(label["label"])))


def _values(
    row: _Row, place: int, label: re.Match[str], below: Sequence[str], numeric: bool, labels: _Labels
) -> Iterator[tuple[str, int]]:
    """What may be the value of a label in the cell at `place`, each with its rank."""
    rest = _MARKUP.sub("", row.cells[place][label.end() :])
    if rest:
        sure = label["link"].strip(". ") != ""
        yield rest, 0 if sure else 2 if not numeric else 1 if _is_amount(rest) else 4
    beside = [cell for cell in takewhile(lambda cell: not labels.first(cell), row.cells[place + 1 :]) if cell]
    for cell in reversed(beside) if numeric else beside[:1]:
        yield cell, 5 if row.body else 0 if not rest else 1 if numeric else 2
    column = [cells[place] for cells in row.body if place < len(cells) and cells[place]]
    if column:
        yield column[-1 if numeric else 0], 0 if len(column) == 1 else 3
    elif not rest and place < len(below) and not labels.first(below[place]):
        yield below[place], 1 if len(row.cells) == 1 else 2


@dataclass(frozen=True, slots=True)
class _Row:
    """`body`: the rows below it where it is the head of a table."""

    cells: list[str]
    body: list[list[str]]


def _rows(text: str, labels: _Labels) -> list[_Row]:
    """Of each line that is more than a rule."""
    lines = text.splitlines()
    cells = [[] if _RULE.fullmatch(line) else _cells(line, labels) for line in lines]
    return [_Row(each, _body(lines, cells, number, labels)) for number, each in enumerate(cells) if each]


def _body(lines: Sequence[str], cells: Sequence[list[str]], head: int, labels: _Labels) -> list[list[str]]:
    """Of the table whose head is that line; none where that has values, or labels are at the rows' beginnings."""
    below = lines[head + 1] if head + 1 < len(lines) else ""
    if "|" not in lines[head] or not _TABLE_RULE.fullmatch(below) or re.search(r"\d", lines[head]):
        return []
    body = list(takewhile(bool, islice(cells, head + 2, None)))
    return [] if any(labels.first(row[0]) for row in body[:-1] or body) else body


def _is_amount(text: str) -> bool:
    """Alone, or with the sign or code of a currency."""
    return any(not re.search(r"\w", _CURRENCY.sub("", text[:a] + text[b:])) for _, a, b in amounts_in(text))


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
    if kind in _NUMERIC:
        amount = next((value for value, _, _ in amounts_in(text)), None)
        return int(amount) if amount is not None and kind == "integer" else amount
    if kind == "boolean":
        word = text.casefold().strip(" .")
        return True if word in _YES else False if word in _NO else None
    if kind == "list":
        return [part for part in re.split(r"\s*[;,；，、]\s*", text) if part] or None
    return _ENDS.split(text)[0].strip(" ,;，；") or None
