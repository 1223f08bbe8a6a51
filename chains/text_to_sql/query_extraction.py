"""The query in a model's answer, and the class of a question in another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_FENCED = re.compile(r"```[ \t]*(\w*)[ \t]*\r?\n(.*?)(?:```|\Z)", re.DOTALL)
_QUERY = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*\(*\s*(?:select\b|with\s+(?:recursive\s+)?[\"\w]+\s*(?:\(|as\b))", re.IGNORECASE
)
_NAMED = re.compile(r"\s*--[ \t]*database:?[ \t]+[`'\"]?([a-z0-9_-]+)", re.IGNORECASE)
_CLASS = re.compile(r"^\W*class\W*[:：]\W*(easy|non[- _]?nested|nested)\b", re.IGNORECASE | re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:[-*•–]|\d{1,2}[.)、])[ \t]*(\S.*)$", re.MULTILINE)
_MARKS = frozenset({"sql", "sqlite", "postgresql", "postgres", "mysql", "mariadb"})
_MOST_PARTS = 6

QuestionClass = Literal["easy", "non_nested", "nested"]


@dataclass(frozen=True, slots=True)
class Query:
    """What a model answered with; `database` where it named one in a first line `-- Database NAME`."""

    sql: str
    database: str | None


def find_query(text: str) -> Query | None:
    """The last ```sql block of an answer, else a block or a whole text that starts like a query."""
    blocks = [(language.lower(), body) for language, body in _FENCED.findall(text)]
    marked = [body for language, body in blocks if language in _MARKS]
    alike = [body for _, body in blocks if _QUERY.match(body)]
    if found := marked or alike or ([text] if _QUERY.match(text) else []):
        sql = found[-1].strip()
        named = _NAMED.match(sql)
        return Query(sql, named[1].lower() if named else None) if sql else None
    return None


def find_class(text: str) -> tuple[QuestionClass, list[str]] | None:
    """The class that a line `Class: NESTED` names, with the sub-questions listed below it; None where none is named."""
    found = _CLASS.search(text)
    if found is None:
        return None
    parts = [" ".join(match[1].split())[:300] for match in _ITEM.finditer(text, found.end())]
    name = found[1].lower()
    return ("easy" if name == "easy" else "nested" if name == "nested" else "non_nested"), parts[:_MOST_PARTS]
