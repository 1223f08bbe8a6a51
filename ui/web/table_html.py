"""A result's table as HTML that can be sorted and filtered, and as a file with all of its rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from html import escape
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from cairn.core.clean_text import clean, plain
from cairn.core.events import Table
from cairn.ui.web import safe
from cairn.ui.web.html_pieces import Words, button, fold
from cairn.ui.web.markdown_html import code

_FILTERED_FROM = 8
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?%?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def table(number: int, given: Table, text: str, say: Words, drawn: bool = False) -> str:
    """The whole table; folded away where a chart or the answer's text shows it already, or its only value."""
    count = len(given["rows"])
    rows = say("table.rows", count=count)
    sql = f"<details><summary>SQL</summary>{code(given['sql'], 'sql')}</details>" if given["sql"] else ""
    inside = _tools(count, say) + _grid(given) + _cut(given, say) + sql
    body = f'<section class="cairn-result-table" data-table="{number}" aria-label="{escape(rows)}">{inside}</section>'
    return fold(f"table-{number}", f"{escape(rows)}, SQL", body) if drawn or _told(given, text) else body


def _told(given: Table, text: str) -> bool:
    rows = given["rows"]
    single = len(rows) == 1 and len(rows[0]) == 1
    return "| ---" in text or (single and plain(rows[0][0]) in text)


def _tools(count: int, say: Words) -> str:
    label = escape(say("table.filter"))
    field = f'<input type="search" data-filter aria-label="{label}" placeholder="{label}">'
    forms = (("csv", "CSV"), ("xlsx", "Excel"))
    files = "".join(button("table-file", say("table.save", form=name), "quiet", form=form) for form, name in forms)
    return f'<div class="cairn-row">{field if count >= _FILTERED_FROM else ""}{files}</div>'


def _grid(given: Table) -> str:
    sort = '<th scope="col" aria-sort="none"><button type="button" data-do="sort">{}</button></th>'
    head = "".join(sort.format(escape(clean(str(name)))) for name in given["columns"])
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in given["rows"])
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="cairn-table" tabindex="0"><table>{inside}</table></div>'


def _cell(value: Any) -> str:
    if value is None:
        return '<td class="cairn-null">NULL</td>'
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    style = ' class="cairn-right"' if number else ""
    return f"<td{style}>{escape(clean(str(value)))}</td>"


def _cut(given: Table, say: Words) -> str:
    if not given.get("truncated"):
        return ""
    return safe.note(say("table.cut", count=len(given["rows"])), "note")


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """UTF-8 with the mark that tells spreadsheets so. A text that they would run as a formula begins with `'`."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(_harmless, columns))
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def as_xlsx(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook of one sheet, in which every text is a text and nothing a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Result")
    for row in (columns, *rows):
        sheet.append([_xlsx_cell(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _xlsx_cell(sheet: Any, value: Any) -> Any:
    """Integers that a spreadsheet would round are texts."""
    if value is None or (isinstance(value, (int, float)) and abs(value) < 2**53):
        return value
    cell = WriteOnlyCell(sheet, _CONTROLS.sub("\ufffd", clean(str(value))))
    cell.data_type = "s"
    return cell
