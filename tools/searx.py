"""SearxNG, through langchain-community's wrapper: the only file that knows the wrapper.

The wrapper builds the request and names the results' parts. Its own HTTP call has no deadline and no bound and takes
any answer, so that is done by the fetcher that pages are read with; the results it trips over are left out before.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from cairn.core.clean_text import clean
from cairn.core.errors import SourceError, ToolError
from cairn.retrieval.web_addresses import check_url
from cairn.retrieval.web_fetch import fetch

SECONDS = 20.0
MAX_BYTES = 2 * 1024 * 1024
_CHECK = "Check `searx_url`; the server must allow `json` under search.formats in its settings.yml."


@dataclass(frozen=True, slots=True)
class Found:
    """One result. `address` is in its plain form, as `cairn.retrieval.web_addresses.check_url` gives it."""

    address: str
    title: str
    snippet: str


def search_web(server: str, query: str, count: int, seconds: float = SECONDS) -> list[Found]:
    """The first `count` results of the SearxNG server at the address `server`. Raises ToolError."""
    try:
        wrapper = _bounded()(searx_host=endpoint(server), params={"language": "all"}, seconds=seconds)
        told = wrapper.results(query, count)
    except SourceError as error:
        raise ToolError(f"Searching the web failed. {error.message}", _CHECK) from error
    except (ValueError, RecursionError) as error:
        raise ToolError("The search server's answer can't be read.", _CHECK) from error
    return [Found(part["link"], part["title"], part["snippet"]) for part in told if "link" in part]


@cache
def _bounded() -> Any:
    """The wrapper's class, with our own HTTP. Once, since what tells warnings apart is not made for threads."""
    with warnings.catch_warnings():
        # That the package is archived, see docs/architecture.md.
        warnings.simplefilter("ignore", DeprecationWarning)
        from langchain_community.utilities.searx_search import SearxResults, SearxSearchWrapper

    class Bounded(SearxSearchWrapper):
        seconds: float

        def _searx_api_query(self, params: dict[str, Any]) -> SearxResults:
            address = f"{self.searx_host}?{urlencode(params)}"
            page = fetch(address, allow_private=True, max_bytes=MAX_BYTES, seconds=self.seconds)
            return SearxResults(json.dumps({"results": _usable(json.loads(page.bytes))}))

    return Bounded


def endpoint(server: str) -> str:
    """`http://host:8888` is the server's front page; it searches at `/search`. Raises SourceError."""
    plain = check_url(server, allow_private=True).geturl().rstrip("/")
    return plain if plain.endswith("/search") else f"{plain}/search"


def _usable(answer: Any) -> list[dict[str, Any]]:
    """The results that have an address of the web. Raises ValueError for what is no answer of a search."""
    results = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(results, list):
        raise ValueError("no results in it")
    return [kept for result in results if isinstance(result, dict) and (kept := _plain(result)) is not None]


def _plain(result: dict[str, Any]) -> dict[str, Any] | None:
    try:
        address = check_url(str(result.get("url", "")), allow_private=True).geturl()
    except SourceError:
        return None
    return {
        "url": address,
        "title": _text(result.get("title")) or address,
        "content": _text(result.get("content")),
        "engines": [],
        "category": "general",
    }


def _text(value: Any) -> str:
    return " ".join(clean(value).split()) if isinstance(value, str) else ""
