"""Tables as Cairn shows them to any model: one line each in a tool's description, or CREATE TABLE with hints below."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from cairn.language.words import listed, split_identifier, stem, word_set

_NAME = r'(?:"(?:[^"]|"")+"|`(?:[^`]|``)+`|[^\s,()."`]+)'
_PATH = rf"{_NAME}(?:\.{_NAME})*"
_HEAD = re.compile(r"(?:-- )?Database (.+) \(\w+\):?")
_LINE = re.compile(rf"--? ({_PATH})(?:\(([^()]*)\))?")
_REST = re.compile(r"(?:-- )?Also: (.+?)(?: and \d+ more)?")
_CREATE = re.compile(rf"CREATE (?:TABLE|VIEW) ({_PATH}) \(.*")
_COLUMN = re.compile(rf"  ({_NAME}) ?(.*?),?(?: -- (.*))?")
_REFERENCES = re.compile(rf"REFERENCES ({_PATH})\(({_NAME})\)")
_HINT = re.compile(r"-- '((?:[^']|'')*)' is in (.+?)(?: \(for \"(.*)\"\))?")
_SAMPLE = re.compile(r"'((?:[^']|'')*)'|([^\s,'…]+)")
_ISO = re.compile(r"\d{4}-\d{2}(?:-\d{2})?(?:[ T]\d{2}:\d{2}.*)?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_FLAGS = word_set("t f true false y n yes no 0 1 是 否")
NAMES = [(stem(word),) for word in listed("name 名称 姓名 名字 名")]
_LABEL_ENDS = tuple(map(stem, listed("name title surname 名称 姓名")))
_PERSON = frozenset(map(stem, listed("first last f l fname lname surname firstname lastname")))
_AFFIXES = frozenset(map(stem, listed("tbl table dim fact ref vw t 表")))


@dataclass(frozen=True, eq=False)
class _Named:
    """`written` is its name as a query writes it."""

    written: str

    @cached_property
    def name(self) -> str:
        return _unquoted(self.written)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """What people say for it, without a schema's name or a `tbl_`."""
        words = split_identifier(self.name.rsplit(".", 1)[-1])
        return tuple(word for word in words if word not in _AFFIXES) or tuple(words)


@dataclass(frozen=True, eq=False)
class Column(_Named):
    """`samples` are values in it; `references` is the table and the column that a foreign key points at."""

    type: str = ""
    samples: tuple[str, ...] = ()
    references: tuple[str, str] | None = None

    @cached_property
    def kind(self) -> Literal["number", "text", "date", "boolean"]:
        declared = self.type.upper()
        if any(map(_ISO.fullmatch, self.samples)) or (not self.samples and re.search("DATE|TIMESTAMP", declared)):
            return "date"
        if "BOOL" in declared or (self.samples and {sample.casefold() for sample in self.samples} <= _FLAGS):
            return "boolean"
        numeric = re.search(r"INT|REAL|FLOA|DOUB|NUM|DEC|MONEY|SERIAL", declared)
        return "number" if (all(map(_NUMBER.fullmatch, self.samples)) if self.samples else numeric) else "text"

    @property
    def primary(self) -> bool:
        return "PRIMARY KEY" in self.type

    @property
    def is_key(self) -> bool:
        """An identifier: nothing to add up or to average."""
        return self.primary or self.references is not None or self.words[-1:] in (("id",), (stem("code"),), ("uid",))

    @property
    def is_year(self) -> bool:
        return self.kind == "number" and any(word == "year" or "年" in word for word in self.words)


@dataclass(frozen=True)
class Hint:
    """A stored value, the words of the question that mean it, and the (table, column)s that hold it, nearest first."""

    value: str
    asked: str
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Table(_Named):
    """`hints`: the values in it that the question speaks of."""

    columns: tuple[Column, ...] = ()
    database: str | None = None
    hints: tuple[Hint, ...] = ()

    @cached_property
    def keys(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.primary)

    @cached_property
    def labels(self) -> tuple[Column, ...]:
        """The columns by which people know a row: a name; a first and a last name; a title; one like the table."""
        plain = [c for c in self.columns if not c.references and c.kind == "text"]
        named = [c for c in plain if c.words[-1].endswith(_LABEL_ENDS)]
        called = [c for name in NAMES for c in plain if c.words in (name, (*self.words, *name))][:1]
        person = [c for c in named if _PERSON & set(c.words)]
        titles = [c for c in plain if c.words in ((stem("title"),), self.words)][:1]
        return tuple(called or person or titles or (named if len(named) == 1 else ()))


def read_schema(text: str) -> list[Table]:
    """The tables of a prompt, of what `describe_tables` returned or of a tool's description, with hints of values."""
    found: list[Table] = []
    database = None
    for line in text.splitlines():
        if head := _HEAD.fullmatch(line):
            database = head[1]
        elif create := _CREATE.fullmatch(line):
            found.append(Table(create[1], (), database))
        elif hint := _HINT.fullmatch(line):
            found = [_hinted(table, hint) if table.database == database else table for table in found]
        elif found and (column := _COLUMN.fullmatch(line)):
            found[-1] = replace(found[-1], columns=(*found[-1].columns, _column(column)))
        elif database and (entry := _LINE.fullmatch(line)):
            found.append(Table(entry[1], tuple(map(Column, re.findall(_NAME, entry[2] or ""))), database))
        elif database and (rest := _REST.fullmatch(line)):
            found += [Table(name, (), database) for name in rest[1].split(", ")]
    return found


def _column(line: re.Match[str]) -> Column:
    key = _REFERENCES.search(line[2])
    shown = _SAMPLE.finditer((line[3] or "").rpartition("e.g. ")[2])
    samples = [m[1].replace("''", "'") if m[2] is None else m[2] for m in shown]
    return Column(line[1], line[2], tuple(samples), (_unquoted(key[1]), _unquoted(key[2])) if key else None)


def _hinted(table: Table, line: re.Match[str]) -> Table:
    value = line[1].replace("''", "'")
    places = [_unquoted(path).rpartition(".") for path in re.findall(_PATH, line[2])]
    hint = Hint(value, line[3] or value, tuple((name, column) for name, _, column in places))
    return replace(table, hints=(*table.hints, hint)) if table.name in [name for name, _ in hint.places] else table


def _unquoted(path: str) -> str:
    names = re.findall(_NAME, path)
    return ".".join(n[1:-1].replace(n[0] * 2, n[0]) if n[0] in '"`' else n for n in names)
