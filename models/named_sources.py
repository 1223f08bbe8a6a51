"""What a server says that its answer rests on, in the forms in which servers of the OpenAI family say it.

OpenAI and those that follow it put `annotations` into the message; search services `citations` or `search_results`
beside it; Azure's answers on one's own data a `context` with `citations`; others `sources`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

_LISTS = ("annotations", "citations", "search_results", "sources", "documents")
_INNER = ("url_citation", "file_citation", "source", "document")
_PLACES = ("url", "source", "filepath", "file", "filename", "path", "name", "id", "file_id", "title")
_QUOTES = ("quote", "content", "text", "snippet", "page_content")


def named_sources(*parts: Mapping[str, Any]) -> list[dict[str, str]]:
    """Of an event and its message, each source once: where it is, its title, and what of it was quoted."""
    lists = [items for part in parts for items in _lists(part)]
    found = [source for items in lists for item in items if (source := _source(item))]
    return list({(source["source"], source["quote"]): source for source in found}.values())


def _lists(part: Mapping[str, Any]) -> Iterable[list[Any]]:
    context = part.get("context")
    for place in (part, context if isinstance(context, Mapping) else {}):
        yield from (items for name in _LISTS if isinstance(items := place.get(name), list))


def _source(item: Any) -> dict[str, str] | None:
    if isinstance(item, str):
        return {"source": item, "title": "", "quote": ""} if item.strip() else None
    if not isinstance(item, Mapping):
        return None
    known = cast(Mapping[str, Any], item)
    for name in _INNER:
        if isinstance(inner := known.get(name), Mapping):
            known = {**known, **cast(Mapping[str, Any], inner)}
    place = _first(known, _PLACES)
    return {"source": place, "title": _first(known, ("title",)), "quote": _first(known, _QUOTES)} if place else None


def _first(known: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((value for name in names if isinstance(value := known.get(name), str) and value.strip()), "")
