"""A server's own words for what went wrong, whatever shape it gives them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

_KEYS = ("message", "msg", "error", "detail", "errors", "title", "reason", "error_description")
_TITLE = re.compile(r"<(title|h1)[^>]*>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml)", re.IGNORECASE)
_MARK = re.compile(r"<[^>]*>")
_DEEPEST = 5


def words(given: Any, depth: int = _DEEPEST) -> str:
    """The text of an error: of JSON its message, of a page its title; "" where there is none.

    >>> words({"detail": [{"loc": ["body", "messages"], "msg": "field required"}]})
    'body.messages: field required'
    """
    if depth == 0:
        return ""
    if isinstance(given, str):
        return _of_text(given, depth)
    if isinstance(given, list):
        return "; ".join(filter(None, (words(one, depth - 1) for one in given)))
    if not isinstance(given, Mapping):
        return ""
    found = next(filter(None, (words(given.get(key), depth - 1) for key in _KEYS)), "")
    place = given.get("loc")
    return f"{'.'.join(map(str, place))}: {found}" if found and isinstance(place, list) else found


def _of_text(text: str, depth: int) -> str:
    if text.lstrip().startswith(("{", "[")):
        try:
            return words(json.loads(text), depth - 1) or text.strip()
        except (ValueError, RecursionError):
            return text.strip()
    if _PAGE.match(text):
        title = _TITLE.search(text)
        return " ".join(unescape(_MARK.sub(" ", title[2] if title else text)).split())
    return text.strip()
