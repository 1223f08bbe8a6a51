"""Keys and passwords of this process, and texts without them.

Whoever reads a key or a password says so (`keep`); errors as they are made and events as they are told leave it out,
whatever put it there: an address, a server that echoes what it was sent, a driver's own words.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from urllib.parse import quote, unquote, urlsplit

SHOWN = "***"
_SHORTEST = 6
"""Shorter ones stand in too many words to be taken out of a text; in an address they are found all the same."""
_PART = r"[^\s/?#@\"'<>|\\]"
_IN_ADDRESS = re.compile(
    rf"(?<=://)(?!\*\*\*@){_PART}*:(?!\*\*\*@){_PART}+@|(?:(?<=https://)|(?<=http://))(?!\*\*\*@){_PART}+@",
    re.IGNORECASE,
)
"""In addresses of the web a user's name is a key as often as not."""
_kept: set[str] = set()
_any: re.Pattern[str] | None = None


def keep(*values: str | None) -> None:
    """These are secret from now on, as they are and as addresses write them."""
    global _any
    forms = {form for value in values if value for form in (value, quote(value, safe=""), unquote(value))}
    new = {form for form in forms if len(form) >= _SHORTEST} - _kept
    if new:
        _kept.update(new)
        _any = re.compile("|".join(map(_alone, sorted(_kept, key=len, reverse=True))))


def _alone(secret: str) -> str:
    """Not within a longer word: the password `postgres` is no part of `postgresql`."""
    before = r"(?<!\w)" if re.match(r"\w", secret) else ""
    return f"{before}{re.escape(secret)}" + (r"(?!\w)" if re.search(r"\w\Z", secret) else "")


def keep_address(address: str | None) -> None:
    """The password in an address is secret, unless it is the user's name."""
    with suppress(ValueError):  # no address: nothing is sent there either
        parts = urlsplit(address or "")
        keep(parts.password if parts.password != parts.username else None)


def scrubbed(text: str) -> str:
    """`text` without secrets, nor user and password of any address in it."""
    if "://" in text:
        text = _IN_ADDRESS.sub(f"{SHOWN}@", text)
    return _any.sub(SHOWN, text) if _any is not None else text


def all_scrubbed(data: Any) -> Any:
    """JSON-like data, with every text in it scrubbed."""
    match data:
        case str():
            return scrubbed(data)
        case dict():
            return {all_scrubbed(key): all_scrubbed(value) for key, value in data.items()}
        case list() | tuple():
            return [all_scrubbed(value) for value in data]
        case _:
            return data
