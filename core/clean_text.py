"""Text from outside, made safe to store, index and send."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
_CJK = re.compile(f"[{CJK}]")
_PIECES = re.compile(rf"[{CJK}]|[^\W_]+|[^\w\s]|_")


_UNSEEN = "\u00ad\u180e\u200b\u2060-\u2064\ufeff"
_SHAPING = "\u200c-\u200f\u202a-\u202e\u2066-\u2069"
_UNSHAPED = rf"0-9A-Za-z\u00c0-\u052f\u1e00-\u1fff{CJK}"
_IDLE = re.compile(f"[{_UNSEEN}]|(?<=[{_UNSHAPED}])[{_SHAPING}]+(?=[{_UNSHAPED}])")
"""Characters that are seen nowhere: soft hyphens, zero-width blanks, stray byte order marks; joiners and marks of
direction between letters whose script needs none (Persian, Hindi and emoji do)."""
_INVISIBLE = re.compile(f"[{_UNSEEN}{_SHAPING}]")


def clean(text: str) -> str:
    """`text` as valid Unicode: lone surrogates become U+FFFD, NUL goes (databases and JSON refuse both)."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")


def readable(text: str) -> str:
    """`text` cleaned, without characters inside words that nobody sees and no search would match."""
    text = clean(text)
    return _IDLE.sub("", text) if _INVISIBLE.search(text) else text


def has_cjk(text: str) -> bool:
    return _CJK.search(text) is not None


TokenCount = Callable[[str], int]
"""From a text to its tokens: a model's own counter (`cairn.models.token_counts`), or `approximate_tokens`."""


@lru_cache(128)  # instructions and tools are the same in every question
def approximate_tokens(text: str) -> int:
    """About how many tokens a model counts, without its files: one per CJK character, one per four other letters."""
    return sum((len(piece) + 3) // 4 for piece in _PIECES.findall(text))


def without_password(url: str) -> str:
    """An address as it may be shown: without a user and password in it."""
    return re.sub(r"^(\w+://)?[^/\s]*@", r"\1", url)


def normalise(text: str) -> str:
    """For comparing: as `folded`, white space as single blanks."""
    return " ".join(folded(text).split())


def folded(text: str) -> str:
    """For indexing and matching: NFKC (full-width forms become plain ones), case folded, nothing invisible."""
    return unicodedata.normalize("NFKC", text if text.isascii() else _INVISIBLE.sub("", text)).casefold()


def plain(value: object) -> str:
    """A value as people write it: without the noise in a float's 16th and 17th digit."""
    return format(value, ".15g") if isinstance(value, float) else str(value)
