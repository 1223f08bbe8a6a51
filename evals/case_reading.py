"""Question sets as cases: names of columns and values in all the ways that people write them.

A name counts in any case, with spaces, hyphens or underscores. In a CSV a list is written as JSON or with `|` between
its items, an object as JSON, a truth value in words. What is wrong is named with its line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from cairn.core.clean_text import clean
from cairn.core.errors import UsageError
from cairn.evals.cases import CallGold, Case, Said, SourceGold
from cairn.evals.set_formats import Row, read_rows

_ALIASES = {
    "question": "question input prompt 问题",
    "id": "id question_id qid",
    "history": "history messages",
    "answers": "answers answer gold_answer expected expected_output correct_answer reference 答案",
    "sources": "sources source gold_sources correct_chunks 来源",
    "query": "query sql gold_query gold_sql",
    "database": "database db_id db",
    "label": "label class category 标签",
    "fields": "fields",
    "contains": "contains must_contain",
    "matches": "matches regex",
    "refuse": "refuse unanswerable is_impossible",
    "tool_calls": "tool_calls calls",
    "rubric": "rubric criteria",
    "tags": "tags tag",
    "group": "group cluster",
    "difficulty": "difficulty hardness",
}
_NAMES = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()}
_PLACE = {"file": "file source path document url", "heading": "heading section", "page": "page", "text": "text quote"}
_PLACES = {alias: name for name, aliases in _PLACE.items() for alias in aliases.split()}
_YES, _NO = ("true", "yes", "y", "1", "是", "对"), ("false", "no", "n", "0", "否", "不")


def read_cases(path: Path) -> list[Case]:
    """The cases of a question set, numbered from 1 where they have no id. Raises UsageError."""
    found: dict[str, Case] = {}
    for number, row in enumerate(read_rows(path), 1):
        case = read_case(row, str(number))
        if case.id in found:
            raise UsageError(f"{row.where}: the id {case.id!r} was there before.", "Each question needs its own id.")
        found[case.id] = case
    if not found:
        raise UsageError(f"{path} has no questions.", "Each needs a `question` and what is right.")
    return list(found.values())


def read_case(row: Row, number: str) -> Case:
    """One row; `number` is its id where it has none. Raises UsageError, naming where it stands."""
    known, extra = _named(row)
    given = {name: _READERS[name](_Value(name, value, row)) for name, value in known.items()}
    question = given.pop("question", None) or _text_to_sort(extra, given)
    if not question:
        raise UsageError(f"{row.where}: there is no question.", "Write it under 'question'.")
    values: dict[str, Any] = {"id": number, **given, "question": question, "extra": extra}
    return Case(**values)


def _named(row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is known by a name, the first that has a value, and what else there is."""
    known: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in row.values.items():
        name = _NAMES.get(_plain(key))
        blank = value is None or (isinstance(value, str) and not value.strip())
        if name is None:
            extra[key] = value
        elif not blank and (name not in known or _plain(key) == name):
            known[name] = value
    return known, extra


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", clean(str(name)).strip().casefold())


def _text_to_sort(extra: dict[str, Any], given: Mapping[str, Any]) -> str | None:
    """A set of texts with labels or fields calls its question `text`."""
    key = next((key for key in extra if _plain(key) in ("text", "文本")), None)
    if key is None or not ("label" in given or "fields" in given) or not isinstance(extra[key], str):
        return None
    return clean(extra.pop(key)).strip()


class _Value:
    """A cell as it stands in the file, and how to say that it is wrong."""

    def __init__(self, name: str, value: Any, row: Row) -> None:
        self._name = name
        self._where = row.where
        self.value: Any = _clean(value)
        self.typed = row.typed

    def wrong(self, told: str, hint: str) -> UsageError:
        return UsageError(f"{self._where}: `{self._name}` {told}.", hint)

    def text(self) -> str:
        if isinstance(self.value, (str, int, float)):
            return str(self.value).strip()
        raise self.wrong("is no text", "Write one text.")

    def items(self) -> list[Any]:
        """Of a CSV's cell those of a JSON list, or between `|`."""
        if isinstance(self.value, str) and not self.typed:
            if self.value.lstrip().startswith(("[", "{")):
                return _as_list(self.json())
            return [item.strip() for item in self.value.split("|") if item.strip()]
        return _as_list(self.value)

    def json(self) -> Any:
        """What a CSV's cell holds; a JSON file's value as it is."""
        if not isinstance(self.value, str) or self.typed:
            return self.value
        try:
            return json.loads(self.value)
        except (ValueError, RecursionError) as error:
            raise self.wrong(f"is not JSON: {error}", "Check its quotes and brackets.") from None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean(item) for item in cast(list[Any], value)]
    if isinstance(value, dict):
        return {clean(str(key)): _clean(item) for key, item in cast(dict[Any, Any], value).items()}
    return value


def _as_list(value: Any) -> list[Any]:
    return cast(list[Any], value) if isinstance(value, list) else [value]


def _texts(cell: _Value) -> tuple[str, ...]:
    items = cell.items()
    if any(not isinstance(item, (str, int, float)) for item in items):
        raise cell.wrong("holds something that is no text", "Write a text, or a list of texts.")
    return tuple(str(item).strip() for item in items if str(item).strip())


def _expressions(cell: _Value) -> tuple[str, ...]:
    """`|` belongs to an expression: several are a JSON list."""
    plain = isinstance(cell.value, str) and not (not cell.typed and cell.value.lstrip().startswith("["))
    found = (str(cell.value).strip(),) if plain else _texts(cell)
    for expression in found:
        try:
            re.compile(expression)
        except re.error as error:
            raise cell.wrong(f"has no regular expression: {expression!r}, {error}", "Correct it.") from None
    return found


def _truth(cell: _Value) -> bool:
    word = str(cell.value).strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise cell.wrong(f"is {word[:40]!r}, neither yes nor no", "Write true or false.")


def _sources(cell: _Value) -> tuple[SourceGold, ...]:
    return tuple(_source(item, cell) for item in cell.items())


def _source(item: Any, cell: _Value) -> SourceGold:
    if isinstance(item, str) and item.strip():
        return SourceGold(file=item.strip())
    if not isinstance(item, dict):
        raise cell.wrong(f"has {item!r}", "A source is a file's name, or has `file`, `heading`, `page` or `text`.")
    given = {_PLACES.get(_plain(key), key): value for key, value in cast(dict[str, Any], item).items()}
    if unknown := [key for key in given if key not in _PLACE]:
        raise cell.wrong(f"says {unknown[0]!r} of a source", "It knows `file`, `heading`, `page` and `text`.")
    page = given.pop("page", None)
    if page is not None and not str(page).strip().isdecimal():
        raise cell.wrong(f"has the page {page!r}", "A page is a number.")
    texts = {key: str(value).strip() for key, value in given.items() if str(value or "").strip()}
    if not texts:
        raise cell.wrong("has a source without file, heading or text", "Say where the answer stands.")
    return SourceGold(**texts, page=None if page is None else int(page))


def _fields(cell: _Value) -> dict[str, Any]:
    value = cell.json()
    if isinstance(value, dict):
        return cast(dict[str, Any], value)
    raise cell.wrong("is no object", 'Write {"name": "value", …}.')


def _calls(cell: _Value) -> tuple[CallGold, ...]:
    return tuple(_call(item, cell) for item in _as_list(cell.json()))


def _call(item: Any, cell: _Value) -> CallGold:
    """`{"name", "arguments"}`, or `{name: {argument: [alternatives]}}` as the Berkeley leaderboard has it."""
    data = cast(dict[str, Any], item) if isinstance(item, dict) else {}
    if isinstance(data.get("name"), str) and set(data) <= {"name", "arguments", "args"}:
        name, arguments = data["name"], data.get("arguments", data.get("args")) or {}
    elif len(data) == 1:
        [(name, arguments)] = data.items()
    else:
        name, arguments = "", None
    if not name or not isinstance(arguments, dict):
        raise cell.wrong("has something that is no call", 'Write {"name": "…", "arguments": {…}}.')
    return CallGold(name, cast(dict[str, Any], arguments))


def _history(cell: _Value) -> tuple[Said, ...]:
    """Texts in turn, the user's first, or messages with a role."""
    said: list[Said] = []
    for number, item in enumerate(_as_list(cell.json())):
        role, text = ("assistant" if number % 2 else "user"), item
        if isinstance(item, dict):
            message = cast(dict[str, Any], item)
            role, text = message.get("role"), message.get("content")
        if role not in ("user", "assistant") or not isinstance(text, str):
            raise cell.wrong(f"has {item!r}", 'Write texts, or {"role": "user" or "assistant", "content": "…"}.')
        said.append((role, text))
    return tuple(said)


_READERS: dict[str, Callable[[_Value], Any]] = {
    **dict.fromkeys(("id", "question", "query", "database", "label", "rubric", "group", "difficulty"), _Value.text),
    **dict.fromkeys(("answers", "contains", "tags"), _texts),
    "matches": _expressions,
    "refuse": _truth,
    "sources": _sources,
    "fields": _fields,
    "tool_calls": _calls,
    "history": _history,
}
