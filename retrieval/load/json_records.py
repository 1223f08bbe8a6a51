"""JSON and JSONL: each record is a section of lines `path: value`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from cairn.core.clean_text import clean
from cairn.core.errors import SourceError
from cairn.retrieval.load.loaded_document import Document, Writer
from cairn.retrieval.load.text_decoding import decode

_NAMES = ("title", "name", "question", "heading", "subject", "id", "key")
_DEPTH = 100


def load_json(data: bytes, name: str) -> Document:
    """A list is a record for each member, a mapping one for each list or mapping in it."""
    text, parsed = decode(data), _Parsed()
    try:
        value = parsed.value(text)
    except ValueError as error:
        try:
            records = list(_lines(text, parsed))
        except SourceError:
            raise _broken(error) from None
        return _written(records, name, parsed)
    except RecursionError:
        raise _too_deep() from None
    return _written(_records(value), name, parsed)


def load_jsonl(data: bytes, name: str) -> Document:
    parsed = _Parsed()
    return _written(_lines(decode(data), parsed), name, parsed)


class _Parsed:
    """JSON's values; what a record says twice is kept twice, as a list, and its key is in `repeated`."""

    def __init__(self) -> None:
        self.repeated: dict[str, None] = {}

    def value(self, text: str) -> Any:
        return json.loads(text, object_pairs_hook=self._record)

    def _record(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        record = dict(pairs)
        if len(record) < len(pairs):
            for key, often in Counter(key for key, _ in pairs).items():
                if often > 1:
                    self.repeated[key] = None
                    record[key] = [value for name, value in pairs if name == key]
        return record

    @property
    def notices(self) -> tuple[str, ...]:
        keys = list(self.repeated)
        told = ", ".join(f"`{clean(key)[:40]}`" for key in keys[:5]) + ", …" * (len(keys) > 5)
        return (f"said more than once in one record, and kept each time: {told}",) if keys else ()


def _lines(text: str, parsed: _Parsed) -> Iterator[tuple[str | None, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield None, parsed.value(line)
            except ValueError as error:
                raise _broken(error, f"line {number}") from None
            except RecursionError:
                raise _too_deep() from None


def _broken(error: ValueError, where: str | None = None) -> SourceError:
    place = where or f"line {getattr(error, 'lineno', 1)}"
    return SourceError(f"It is not JSON: {getattr(error, 'msg', error)} in {place}.", "Correct it there.")


def _too_deep() -> SourceError:
    return SourceError("It is nested too deeply.", "Take the inner parts out into files of their own.")


def _records(value: Any) -> Iterator[tuple[str | None, Any]]:
    if isinstance(value, list):
        yield from ((None, item) for item in value)
        return
    if not isinstance(value, dict):
        yield None, value
        return
    flat = {key: item for key, item in value.items() if not isinstance(item, list | dict)}
    if flat:
        yield None, flat
    for key, item in value.items():
        if isinstance(item, list) and any(isinstance(member, dict) for member in item):
            yield from ((str(key), member) for member in item)
        elif isinstance(item, list | dict):
            yield str(key), item


def _written(records: Iterable[tuple[str | None, Any]], name: str, parsed: _Parsed) -> Document:
    writer = Writer()
    for heading, record in records:
        writer.section(" > ".join(filter(None, (heading, _called(record)))) or None)
        for path, value in _leaves(record):
            writer.line(f"{path}: {value}" if path else value)
        writer.gap()
    return writer.document(name, notices=parsed.notices)


def _called(record: Any) -> str | None:
    if not isinstance(record, dict):
        return None
    lower = {str(key).lower(): item for key, item in record.items()}
    found = next((lower[key] for key in _NAMES if isinstance(lower.get(key), str | int) and lower[key] != ""), None)
    return " ".join(str(found).split())[:80] if found is not None else None


def _leaves(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """A list of plain values is one line."""
    if depth > _DEPTH:
        raise _too_deep()
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list) and any(isinstance(item, list | dict) for item in value):
        for number, item in enumerate(value, 1):
            yield from _leaves(item, f"{path}[{number}]", depth + 1)
    elif isinstance(value, list):
        if value:
            yield path, ", ".join(map(_shown, value))
    elif value is not None and value != "":
        yield path, _shown(value)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
