"""Values that a question speaks of, found in the database: `-- 'Berlin' is in city.name`.

A bounded index of the text values of all visible columns is read once for each version of the schema: of each table
the first rows, of a longer one the distinct values of each column among more rows. Hidden columns are never read.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from cairn.core.clean_text import has_cjk
from cairn.core.errors import ToolError
from cairn.databases.connections.database_engine import Limits
from cairn.databases.database_registry import Opened
from cairn.databases.linking.schema_lexicon import stems, words_of
from cairn.databases.linking.schema_text import Schema, Table, one_line
from cairn.databases.linking.value_spans import Span, folded, spans
from cairn.databases.sql_text import quoted

ROWS = 5_000
DISTINCT = 2_000
SCANNED = 100_000
LONGEST = 60
SECONDS = 2.0
"""For reading, whenever a question is asked."""
_QUERY_SECONDS = 1.0
_BYTES = 2_000_000
_MOST_VALUES = 300_000
_TYPO_FROM = 5
_PART_FROM = 3
_KEPT = 16


class Place(NamedTuple):
    table: str
    column: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A stored value, everywhere it is stored, and the words of the question that mean it."""

    value: str
    places: tuple[Place, ...]
    asked: str

    def line(self, dialect: str) -> str:
        """One line of SQL comment, whatever the value is."""
        where = ", ".join(".".join(quoted(name, dialect) for name in place) for place in self.places)
        more = "" if folded(self.asked) == folded(self.value) else f' (for "{one_line(self.asked)}")'
        value = one_line(self.value).replace("'", "''")
        return f"-- '{value}' is in {where}{more}"

    def within(self, tables: Iterable[Table], question: str) -> Hint:
        """The same of these tables only; the places that the question's words name come first."""
        asked = {stem for word in words_of(question) for stem in stems(word)}

        def named(place: Place) -> int:
            words = [word for name in place for word in words_of(name)]
            return sum(not asked.isdisjoint(stems(w)) or (has_cjk(w) and w in question) for w in words)

        there = [Place(table.name, column.name) for table in tables for column in table.columns]
        held = set(self.places)
        return replace(self, places=tuple(sorted((p for p in there if p in held), key=lambda p: -named(p))))


class ValueIndex:
    """Values by their folded text: without case, accents and punctuation."""

    def __init__(self, found: Iterable[tuple[Place, str]] = ()) -> None:
        self.complete = False
        self._values: dict[str, dict[tuple[str, Place], None]] = {}
        self._alike: dict[tuple[int, str], list[str]] = {}
        self.add(found)

    def add(self, found: Iterable[tuple[Place, str]]) -> None:
        for place, value in found:
            if (key := folded(value)) and len(self._values) < _MOST_VALUES:
                if key not in self._values:
                    self._spell(key)
                self._values.setdefault(key, {})[value, place] = None

    def _spell(self, key: str) -> None:
        """By length and ends, to be found for what is a slip away."""
        if len(key) >= _TYPO_FROM - 1 and not has_cjk(key):
            for end in dict.fromkeys((key[0], key[-1])):
                self._alike.setdefault((len(key), end), []).append(key)

    def __len__(self) -> int:
        return len(self._values)

    def find(self, question: str, names: frozenset[str] = frozenset(), most: int = 10) -> list[Hint]:
        """Up to `most` values that the question speaks of, the surest first; `names`: stems of the schema's words,
        which a single word in lower case is rather taken for."""
        taken: list[Span] = []
        sure: list[tuple[float, Hint]] = []
        seen: set[str] = set()
        for span in spans(question, names):
            if any(span.start < other.end and other.start < span.end for other in taken):
                continue
            if (key := self._key(span)) is None:
                continue
            taken.append(span)
            if key not in seen:
                seen.add(key)
                sure += [(span.weight - (key != span.key), hint) for hint in self._hints(key, span)]
        sure.sort(key=lambda pair: -pair[0])
        return [hint for _, hint in sure[:most]]

    def _hints(self, key: str, span: Span) -> list[Hint]:
        """One for each way of writing the value."""
        written: dict[str, list[Place]] = {}
        for value, place in self._values[key]:
            written.setdefault(value, []).append(place)
        return [Hint(value, tuple(places), span.text) for value, places in written.items()]

    def _key(self, span: Span) -> str | None:
        for key in (span.key, *span.variants):
            if key in self._values:
                return key
        if not span.named:
            return None
        return (self._typo(span.key) if len(span.key) >= _TYPO_FROM else None) or self._longer(span)

    def _typo(self, key: str) -> str | None:
        """A value one slip away: a letter more, less, other, or two swapped."""
        for length in (len(key), len(key) + 1, len(key) - 1):
            for end in dict.fromkeys((key[0], key[-1])):
                for other in self._alike.get((length, end), ()):
                    if _one_slip(key, other):
                        return other
        return None

    def _longer(self, span: Span) -> str | None:
        """The only value that has the words of a quoted text among its own."""
        if not span.quoted or len(span.key) < _PART_FROM:
            return None
        within = f" {span.key} "
        found = [key for key in list(self._values) if span.key in key and (within in f" {key} " or has_cjk(span.key))]
        return found[0] if len(found) == 1 else None


def _one_slip(a: str, b: str) -> bool:
    """Whether the optimal string alignment distance of two different texts is 1 (Damerau 1964)."""
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    left, right = a[start : len(a) - end], b[start : len(b) - end]
    return max(len(left), len(right)) == 1 or (len(left) == 2 and left == right[::-1])


_readings: dict[str, _Reading] = {}
_lock = threading.Lock()


def value_index(opened: Opened, seconds: float = SECONDS) -> ValueIndex:
    """The database's values, read again when the engine sees another schema. What there was no time for is read when
    it is asked for the next time. Raises DatabaseError."""
    version = opened.engine.schema()
    with _lock:
        reading = _readings.get(opened.name)
        if reading is None or reading.version is not version or reading.opened.hidden != opened.hidden:
            reading = _readings[opened.name] = _Reading(opened, version)
            while len(_readings) > _KEPT:
                _readings.pop(next(iter(_readings)))
    reading.go_on(seconds)
    return reading.index


class _Reading:
    """A database whose values are being read, table by table."""

    def __init__(self, opened: Opened, version: Schema) -> None:
        self.opened = opened
        self.version = version
        self.index = ValueIndex()
        self._tables = deque(table for table in opened.schema().tables if not table.view)
        self._lock = threading.Lock()

    def go_on(self, seconds: float) -> None:
        """Read what is left, as far as it goes in a moment; who comes meanwhile waits as long for it."""
        end = time.monotonic() + seconds
        if self.index.complete or not self._lock.acquire(timeout=max(0.0, seconds)):
            return
        try:
            while self._tables and time.monotonic() < end:
                self.index.add(self._values(self._tables.popleft()))
            self.index.complete = not self._tables
        finally:
            self._lock.release()

    def _values(self, table: Table) -> Iterator[tuple[Place, str]]:
        columns = _textual(table)
        if not columns:
            return
        names = ", ".join(map(self._quoted, columns))
        rows, cut = self._rows(f"SELECT {names} FROM {self._quoted(table.name)}", ROWS)  # noqa: S608 (guarded)
        for row in rows:
            yield from _worth(table, zip(columns, row, strict=True))
        for column in columns if cut else ():
            name = self._quoted(column)
            inner = f"SELECT {name} FROM {self._quoted(table.name)} LIMIT {SCANNED}"  # noqa: S608
            rows, _ = self._rows(f"SELECT DISTINCT {name} FROM ({inner}) AS some_rows", DISTINCT)  # noqa: S608
            yield from _worth(table, ((column, row[0]) for row in rows))

    def _rows(self, sql: str, most: int) -> tuple[list[list[object]], bool]:
        """Through the guard like any query, so that nothing hidden is read; and whether there is more. What can't be
        read, or takes too long, has no hints."""
        limits = Limits(rows=most, bytes=_BYTES, cell=LONGEST + 1, seconds=_QUERY_SECONDS)
        try:
            rows = self.opened.query(f"{sql} LIMIT {most + 1}", limits).rows
        except ToolError:
            return [], False
        return rows.rows, rows.truncated

    def _quoted(self, name: str) -> str:
        from sqlglot import exp

        return exp.to_identifier(name, quoted=True).sql(dialect=self.opened.dialect)


def _textual(table: Table) -> list[str]:
    """The columns with text short enough to be named in a question."""
    return [
        column.name
        for column in table.columns
        if any(isinstance(value, str) and len(value) <= LONGEST for value in column.samples)
    ]


def _worth(table: Table, cells: Iterable[tuple[str, object]]) -> Iterator[tuple[Place, str]]:
    """What has a letter in it, and is short."""
    for column, value in cells:
        if isinstance(value, str) and len(value) <= LONGEST and any(map(str.isalpha, value)):
            yield Place(table.name, column), value
