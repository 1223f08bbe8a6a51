"""Tables as prompts and tools show them: the one-line overview; CREATE TABLE text with samples, and hints of values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from models.builtin.words import listed, split_identifier, stem

Kind = Literal["number", "text", "date", "boolean", "other"]

_OVERVIEW_HEAD = re.compile(r"^Database (.+?) \(([^()]*)\)\s*:\s*$")
_OVERVIEW_LINE = re.compile(r"^[-*]\s+(.+?)\s*(?:\((.*)\))?\s*$")
_OVERVIEW_REST = re.compile(r"^Also: (.+?)(?: and \d+ more)?$")
_DATABASE = re.compile(r"^\s*--\s*Database (.+?) \(([^()]*)\)")
_HINT = re.compile(r"^\s*-- '((?:[^']|'')*)' is in (.+?)(?: \(for \"(.*)\"\))?\s*$")
_CREATE = re.compile(r"CREATE\s+(?:TABLE|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?(.+?)\s*\(", re.IGNORECASE)
_BRACKET_BELOW = re.compile(r"(CREATE\s+(?:TABLE|VIEW)\s+[^\n(]+?)\s*\n\s*\(", re.IGNORECASE)
_NAME = r'"(?:[^"]|"")+"|`[^`]+`|\[[^\]]+\]|[^\s,()."`\[\]]+'
_PATH = rf"(?:{_NAME})(?:\.(?:{_NAME}))*"
_COLUMN = re.compile(rf"^\s*({_NAME})\s*(.*)$", re.DOTALL)
_CONSTRAINT = re.compile(r"^(?:PRIMARY\s+KEY|FOREIGN\s+KEY|UNIQUE|CHECK|CONSTRAINT|KEY|INDEX|EXCLUDE)\b", re.IGNORECASE)
_REFERENCES = re.compile(rf"REFERENCES\s+({_PATH})(?:\s*\(\s*({_NAME})\s*\))?", re.IGNORECASE)
_FOREIGN = re.compile(rf"FOREIGN\s+KEY\s*\(\s*({_NAME})\s*\)\s*({_REFERENCES.pattern})", re.IGNORECASE)
_PRIMARY = re.compile(r"^\s*(?:CONSTRAINT\s+\S+\s+)?PRIMARY\s+KEY\s*\(([^)]*)\)", re.IGNORECASE | re.MULTILINE)
_SAMPLE = re.compile(
    r"'((?:[^']|'')*)'|(\d{4}-\d\d-\d\d(?:[ T][\d:.]+)?|-?\d+(?:\.\d+)?)|\b(true|false)\b", re.IGNORECASE
)
_ISO = re.compile(r"\d{4}-\d{2}(?:-\d{2})?(?:[ T]\d{2}:\d{2}.*)?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_AFFIXES = frozenset(["tbl", "tabl", "dim", "fact", "ref", "vw", "表", "t"])


@dataclass(frozen=True, eq=False)
class Column:
    """`samples` are values seen in the column; `references` is the table and the column a foreign key points at."""

    name: str
    type: str = ""
    samples: tuple[str, ...] = ()
    references: tuple[str, str] | None = None
    primary: bool = False

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(split_identifier(self.name))

    @cached_property
    def kind(self) -> Kind:
        declared = self.type.upper()
        if any(_ISO.fullmatch(sample) for sample in self.samples):
            return "date"
        if "BOOL" in declared or (self.samples and {s.casefold() for s in self.samples} <= _FLAGS):
            return "boolean"
        if re.search(r"DATE|TIMESTAMP", declared):
            return "other" if self.samples else "date"
        if self.samples and all(map(_NUMBER.fullmatch, self.samples)):
            return "number"
        if re.search(r"INT|REAL|FLOA|DOUB|NUM|DEC|MONEY|SERIAL", declared) and "POINT" not in declared:
            return "number"
        return "text" if not declared or re.search(r"CHAR|TEXT|CLOB|ENUM|STRING", declared) else "other"

    @property
    def is_key(self) -> bool:
        """An identifier: nothing to add up or to average."""
        return self.primary or self.references is not None or self.words[-1:] in (("id",), (stem("code"),), ("uid",))

    @property
    def is_year(self) -> bool:
        return self.kind == "number" and ("year" in self.words or any("年" in word for word in self.words))


_FLAGS = frozenset(["t", "f", "true", "false", "y", "n", "yes", "no", "0", "1", "是", "否"])


@dataclass(frozen=True)
class Hint:
    """A stored value, the words of the question that mean it, and the (table, column)s that hold it, nearest first."""

    value: str
    asked: str
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Table:
    """`hints`: the values in it that the question speaks of."""

    name: str
    columns: tuple[Column, ...] = ()
    database: str | None = None
    dialect: str = "sqlite"
    hints: tuple[Hint, ...] = ()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words that people say for it, without a schema's name or a `tbl_`."""
        words = split_identifier(self.name.rsplit(".", 1)[-1])
        return tuple(word for word in words if word not in _AFFIXES) or tuple(words)

    @cached_property
    def keys(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.primary)

    @cached_property
    def labels(self) -> tuple[Column, ...]:
        """The columns by which people know a row: its name or title; a first and a last name; one like the table."""
        plain = [c for c in self.columns if not c.references and not (c.primary and len(c.words) > 1)]
        for wanted in (*_LABELS, self.words):
            own = [c for c in plain if c.words in (wanted, (*self.words, *wanted)) and c.kind != "number"]
            if own:
                return tuple(own[:1])
        named = [c for c in plain if c.words[-1].endswith(_LABEL_ENDS)]
        person = [c for c in named if _PERSON & set(c.words)]
        return tuple(sorted(person, key=lambda c: c.words[0][0] == "l")) or tuple(named if len(named) == 1 else ())


_LABELS = tuple((stem(word),) for word in listed("name title 名称 姓名 名字 名"))
_LABEL_ENDS = tuple(map(stem, listed("name title surname 名称 姓名")))
_PERSON = frozenset(map(stem, listed("first last f l fname lname surname firstname lastname")))


def read_overview(text: str) -> list[Table]:
    """The tables in the overview at the end of a tool's description: names only.

    Args:
        text: The description.

    Returns:
        The tables, in its order; those that it only names have no columns.
    """
    found: list[Table] = []
    database, dialect = None, "sqlite"
    for line in map(str.strip, text.splitlines()):
        if head := _OVERVIEW_HEAD.match(line):
            database, dialect = head[1], head[2]
        elif database and (entry := _OVERVIEW_LINE.match(line)):
            columns = tuple(Column(_unquote(name)) for name in (entry[2] or "").split(",") if name.strip(" .…"))
            found.append(Table(_unquote(entry[1]), columns, database, dialect))
        elif database and (rest := _OVERVIEW_REST.match(line)):
            found += [Table(name.strip(), (), database, dialect) for name in rest[1].split(",")]
    return found


def read_schema(text: str) -> list[Table]:
    """The tables of CREATE TABLE statements, one column a line, samples in trailing comments, hints below.

    Args:
        text: A prompt, or what `describe_tables` returned; other text around is passed over.

    Returns:
        The tables, in its order, each with the hints of values in it.
    """
    found: list[Table] = []
    database, dialect = None, "sqlite"
    lines = _BRACKET_BELOW.sub(r"\1 (", text).splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if head := _DATABASE.match(line):
            database, dialect = head[1], head[2]
        elif hint := _HINT.match(line):
            found = _hinted(found, database, hint)
        elif create := _CREATE.search(line):
            body = [line[create.end() :]]
            depth = 1 + _depth(body[0])
            while depth > 0 and at < len(lines) and not _CREATE.match(lines[at]):
                body.append(lines[at])
                depth += _depth(lines[at])
                at += 1
            found.append(Table(_path(create[1]), _columns(body), database, dialect))
    return found


def _hinted(tables: Sequence[Table], database: str | None, line: re.Match[str]) -> list[Table]:
    paths = [_path(place).rpartition(".") for place in re.findall(_PATH, line[2])]
    value = line[1].replace("''", "'")
    hint = Hint(value, line[3] or value, tuple((table, column) for table, _, column in paths))
    places = {table for table, _ in hint.places}
    return [
        replace(table, hints=(*table.hints, hint)) if table.name in places and table.database == database else table
        for table in tables
    ]


def _depth(line: str) -> int:
    code = re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"", "", line.split("--")[0])
    return code.count("(") - code.count(")")


def _columns(body: list[str]) -> tuple[Column, ...]:
    text = "\n".join(body)
    foreign = {_unquote(m[1]): (_path(m[3]), _unquote(m[4] or "")) for m in _FOREIGN.finditer(text)}
    primary = {_unquote(name) for names in _PRIMARY.findall(text) for name in names.split(",")}
    columns: list[Column] = []
    for line in body:
        code, _, comment = line.partition("--")
        for piece in _split_columns(code):
            match = _COLUMN.match(piece)
            if match and not _CONSTRAINT.match(piece.strip()):
                name, rest = _unquote(match[1]), match[2].strip(" ,")
                known = _REFERENCES.search(rest)
                target = (_path(known[1]), _unquote(known[2] or "")) if known else foreign.get(name)
                key = name in primary or "PRIMARY KEY" in rest.upper()
                columns.append(Column(name, rest, _samples(comment), target, key))
    return tuple(columns)


def _split_columns(code: str) -> list[str]:
    """The definitions on one line: split at commas outside brackets, without the bracket that ends the table."""
    pieces, depth = [""], 0
    for c in code:
        depth += (c == "(") - (c == ")")
        if depth < 0:
            break
        if c == "," and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += c
    return [piece for piece in pieces if piece.strip(" ;")]


def _samples(comment: str) -> tuple[str, ...]:
    marker = re.search(r"(?:e\.g\.|values?:|one of)\s*(.*)", comment)
    found = _SAMPLE.finditer(marker[1]) if marker else ()
    return tuple(m[1].replace("''", "'") if m[1] is not None else m[0] for m in found)


def _path(text: str) -> str:
    return ".".join(_unquote(part) for part in re.findall(_NAME, text)) or text


def _unquote(name: str) -> str:
    name = name.strip()
    if len(name) > 1 and (name[0], name[-1]) in {('"', '"'), ("`", "`"), ("[", "]")}:
        return name[1:-1].replace('""', '"')
    return name


def quote_identifier(name: str, dialect: str) -> str:
    """`name` as the dialect needs it; each part of a `schema.table` on its own."""
    mark = "`" if dialect.lower() in ("mysql", "mariadb") else '"'
    folds = dialect.lower() in ("postgresql", "postgres")
    simple = re.compile(r"[a-z_][a-z0-9_]*" if folds else r"[A-Za-z_][A-Za-z0-9_]*")

    def one(part: str) -> str:
        if simple.fullmatch(part) and part.lower() not in _RESERVED:
            return part
        return mark + part.replace(mark, mark * 2) + mark

    return ".".join(one(part) for part in name.split("."))


_RESERVED = frozenset(
    listed(
        "all alter and any array as asc between by case cast check collate column constraint create cross "
        "current_date default delete desc distinct do drop else end except exists false fetch for foreign from full "
        "grant group having in index inner insert intersect interval into is join key keys left like limit natural "
        "not null of offset on or order outer primary rank references returning right row rows select set some "
        "system table then to trigger true union unique update user using values view when where window with"
    )
)
