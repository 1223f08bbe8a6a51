"""Tables as the tools describe them: the one-line overview, and CREATE TABLE text with sample values in comments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from models.builtin.words import listed, split_identifier

Kind = Literal["number", "text", "date", "boolean", "other"]

_OVERVIEW_HEAD = re.compile(r"^Database (.+?) \(([^()]*)\)\s*:\s*$")
_OVERVIEW_LINE = re.compile(r"^[-*]\s+(.+?)\s*(?:\((.*)\))?\s*$")
_OVERVIEW_REST = re.compile(r"^Also: (.+?)(?: and \d+ more)?$")
_DATABASE = re.compile(r"^\s*--\s*Database (.+?) \(([^()]*)\)")
_CREATE = re.compile(r"CREATE\s+(?:TABLE|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?(.+?)\s*\(", re.IGNORECASE)
_BRACKET_BELOW = re.compile(r"(CREATE\s+(?:TABLE|VIEW)\s+[^\n(]+?)\s*\n\s*\(", re.IGNORECASE)
_NAME = r'"(?:[^"]|"")+"|`[^`]+`|\[[^\]]+\]|[^\s,()"`\[\]]+'
_COLUMN = re.compile(rf"^\s*({_NAME})\s*(.*)$", re.DOTALL)
_CONSTRAINT = re.compile(r"^(?:PRIMARY\s+KEY|FOREIGN\s+KEY|UNIQUE|CHECK|CONSTRAINT|KEY|INDEX|EXCLUDE)\b", re.IGNORECASE)
_FOREIGN = re.compile(rf"FOREIGN\s+KEY\s*\(\s*({_NAME})\s*\)\s*REFERENCES\s+({_NAME})", re.IGNORECASE)
_SAMPLE = re.compile(
    r"'((?:[^']|'')*)'|(\d{4}-\d\d-\d\d(?:[ T][\d:.]+)?|-?\d+(?:\.\d+)?)|\b(true|false|null)\b", re.IGNORECASE
)
_ISO = re.compile(r"\d{4}-\d{2}(?:-\d{2})?(?:[ T]\d{2}:\d{2}.*)?")


@dataclass(frozen=True)
class Column:
    """`samples` are values seen in the column; `references` is the table a foreign key points at."""

    name: str
    type: str = ""
    samples: tuple[str, ...] = ()
    references: str | None = None

    @cached_property
    def words(self) -> list[str]:
        return split_identifier(self.name)

    @cached_property
    def kind(self) -> Kind:
        if any(_ISO.fullmatch(sample) for sample in self.samples):
            return "date"
        declared = self.type.upper()
        if "BOOL" in declared:
            return "boolean"
        if re.search(r"DATE|TIMESTAMP", declared):
            return "other" if self.samples else "date"
        if re.search(r"INT|REAL|FLOA|DOUB|NUM|DEC|MONEY|SERIAL", declared) and "POINT" not in declared:
            return "number"
        if re.search(r"CHAR|TEXT|CLOB|ENUM|STRING", declared) or not declared:
            return "text"
        return "other"

    @property
    def is_key(self) -> bool:
        """An identifier: nothing to add up or to average."""
        return self.references is not None or self.words[-1:] == ["id"]


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[Column, ...] = field(default=())
    database: str | None = None
    dialect: str = "sqlite"

    @cached_property
    def words(self) -> list[str]:
        """The words that people say for it, without a schema's name or a `tbl_`."""
        words = split_identifier(self.name.rsplit(".", 1)[-1])
        return [word for word in words if word not in _AFFIXES] or words


_AFFIXES = frozenset(["tbl", "tabl", "dim", "fact", "t", "vw", "表"])


def read_overview(text: str) -> list[Table]:
    """The tables in the overview at the end of a tool's description: names only."""
    found: list[Table] = []
    database, dialect = None, "sqlite"
    for line in text.splitlines():
        if head := _OVERVIEW_HEAD.match(line.strip()):
            database, dialect = head[1], head[2]
        elif database and (entry := _OVERVIEW_LINE.match(line.strip())):
            columns = tuple(Column(_unquote(name)) for name in (entry[2] or "").split(",") if name.strip(" .…"))
            found.append(Table(_unquote(entry[1]), columns, database, dialect))
        elif database and (rest := _OVERVIEW_REST.match(line.strip())):
            found += [Table(name.strip(), (), database, dialect) for name in rest[1].split(",")]
    return found


def read_schema(text: str) -> list[Table]:
    """The tables of CREATE TABLE statements, one column a line, samples in trailing comments."""
    found: list[Table] = []
    database, dialect = None, "sqlite"
    lines = _BRACKET_BELOW.sub(r"\1 (", text).splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if head := _DATABASE.match(line):
            database, dialect = head[1], head[2]
        elif create := _CREATE.search(line):
            body = [line[create.end() :]]
            depth = 1 + _depth(body[0])
            while depth > 0 and at < len(lines) and not _CREATE.match(lines[at]):
                body.append(lines[at])
                depth += _depth(lines[at])
                at += 1
            found.append(Table(_table_name(create[1]), _columns(body), database, dialect))
    return found


def _depth(line: str) -> int:
    code = re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"", "", line.split("--")[0])
    return code.count("(") - code.count(")")


def _columns(body: list[str]) -> tuple[Column, ...]:
    foreign = {_unquote(name): _unquote(table) for name, table in _FOREIGN.findall("\n".join(body))}
    columns: list[Column] = []
    for line in body:
        code, _, comment = line.partition("--")
        for piece in _split_columns(code):
            match = _COLUMN.match(piece)
            if match and not _CONSTRAINT.match(piece.strip()):
                name, rest = _unquote(match[1]), match[2]
                reference = re.search(rf"REFERENCES\s+({_NAME})", rest, re.IGNORECASE)
                target = _unquote(reference[1]) if reference else foreign.get(name)
                columns.append(Column(name, rest.strip(" ,"), _samples(comment), target))
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
    if not marker:
        return ()
    return tuple(m[1].replace("''", "'") if m[1] is not None else m[0] for m in _SAMPLE.finditer(marker[1]) if not m[3])


def _table_name(text: str) -> str:
    return ".".join(_unquote(part) for part in re.findall(_NAME.replace(r"\[\]]+", r"\[\].]+"), text)) or text


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
        "current_date "
        "default delete desc distinct do drop else end except exists false fetch for foreign from full grant "
        "group having in "
        "index inner insert intersect interval into is join key keys left like limit natural not null of "
        "offset on or order outer "
        "primary rank references returning right row rows select set some system table then to trigger true "
        "union unique update "
        "user using values view when where window with"
    )
)
