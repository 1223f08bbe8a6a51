"""One figure out of quoted passages, or one query out of a schema, for a plan's next step. Unknown when in doubt."""

from __future__ import annotations

import re
from decimal import Decimal

from cairn.passages import read_passages
from models.builtin.markdown import read_table
from models.builtin.mentions import Lookup
from models.builtin.numerals import DIGITS, SCALES, plain
from models.builtin.quote import find_quotes
from models.builtin.reader import Reading
from models.builtin.schema import Column, Table, read_schema
from models.builtin.sql import choose
from models.builtin.words import all_terms, content_terms

UNKNOWN = "unknown"
ONE_FIGURE = ("(one figure)", "（一个数）")
"""Behind a question, English or Chinese: a query is to show nothing else."""
_FIGURE = re.compile(
    rf"(?<![0-9A-Za-z.,-])(?P<digits>{DIGITS.pattern})(?P<percent>\s?%)?(?:\s?(?P<scale>{'|'.join(SCALES)}|[万亿]))?(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[;；，。]|,\s|\s(?:and|but|while|whereas)\s|[.!?]\s")
_MARKER = re.compile(r"\[\d+\]")
_YEAR = re.compile(r"(?:1[5-9]|20|21)\d\d")
_NAME = re.compile(r"name|title|label|名|标题", re.IGNORECASE)


def read_value(question: str, text: str) -> str:
    """The value alone, or `unknown`."""
    if tables := read_schema(text):
        return query_for(question, tables) or UNKNOWN
    for quote in find_quotes(question, read_passages(text))[:1]:
        return figure_in(question, quote.text) or UNKNOWN
    return UNKNOWN


def single_figure(result: str) -> bool:
    """Whether a tool's result is one number, or a table of one."""
    table = read_table(result)
    cells = [cell for row in table.rows for cell in row] if table else [result.strip()]
    return len(cells) == 1 and re.fullmatch(r"-?\d+(?:\.\d+)?%?", cells[0]) is not None


def figure_in(question: str, sentence: str) -> str | None:
    """The one figure of the clause that says most of what the question asks for; None where there are several."""
    asked = set(content_terms(question))
    clauses = [clause for clause in _CLAUSE.split(_MARKER.sub(" ", sentence)) if _figures(question, clause)]
    if not clauses:
        return None
    best = max(clauses, key=lambda clause: len(asked & all_terms(clause)))
    figures = list(dict.fromkeys(_figures(question, best)))
    return figures[0] if len(figures) == 1 else None


def _figures(question: str, clause: str) -> list[str]:
    """Without what the question names itself, and without years beside another figure."""
    found = [_plain(match) for match in _FIGURE.finditer(clause) if match["digits"] not in question]
    others = [figure for figure in found if not _YEAR.fullmatch(figure)]
    return others or found


def _plain(match: re.Match[str]) -> str:
    digits, scale = match["digits"], (match["scale"] or "").casefold()
    number = plain(digits, scale) if scale in "万亿" else plain(digits)
    if scale in SCALES:
        number = format((Decimal(number) * SCALES[scale]).normalize(), "f")
    return f"{number}%" if match["percent"] else number


def query_for(question: str, tables: list[Table]) -> str | None:
    """The query, if every word finds its place; a strange one may be a name."""
    alone = question.endswith(ONE_FIGURE)
    for mark in ONE_FIGURE:
        question = question.removesuffix(mark).rstrip()
    reading = choose(question, tables)
    if reading is not None and not reading.understood:
        reading = _with_names(question, tables, reading)
    if reading is None or not reading.understood:
        return None
    figures = [column for column in reading.query.show if column.kind == "number" and not column.is_key]
    if alone and len(figures) == 1:
        reading.query.show = figures
    return reading.query.sql()


def _with_names(question: str, tables: list[Table], reading: Reading) -> Reading | None:
    """Read again with what is strange as a value, of the column of names if there is one.

    Not for a count: of a value that stands nowhere, or in another column, there are none.
    """
    if set(reading.unknown) != set(reading.strange) or reading.query.aggregate == "COUNT":
        return None
    for column in sorted(_texts(reading.query.table), key=lambda one: not _NAME.search(one.name)):
        lookups = [Lookup(phrase, column.name, phrase) for phrase in map(_bare, reading.strange)]
        again = choose(question, tables, lookups)
        if again is not None and again.understood:
            return again
    return None


def _texts(table: Table) -> list[Column]:
    return [column for column in table.columns if column.kind == "text"]


def _bare(phrase: str) -> str:
    text = re.sub(r"['’]s$", "", phrase.strip(' ?？。.,!"“”'))
    return re.sub(r"^(?:the|an?)\s+", "", text.strip("'‘’"), flags=re.IGNORECASE)
