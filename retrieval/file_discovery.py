"""What a path stands for: every readable file below it, with the tags its folders give, and what is passed over."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cairn.core.clean_text import clean
from cairn.core.errors import UsageError
from cairn.core.registry import loader_of
from cairn.retrieval.document_filters import as_tag

_SETTLED_SECONDS = 2.0
"""A file that was changed so short a time ago may change again without another time showing in it."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile(r"(\\x[89a-f][0-9a-f])")
_OTHER_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A file to add, or a page by its address. `source` is its name in the catalog, `stamp` as `stamp_of` gives it."""

    source: str
    place: Path | str
    tags: frozenset[str] = frozenset()
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A path that is not read: `failed` if it can't be opened though it was asked for, else it is merely not for us."""

    source: str
    reason: str
    failed: bool = False


def find(paths: Iterable[str | Path]) -> Iterator[Found | Refused]:
    """Every file once, in the order given, those of a folder sorted. Raises UsageError for a path that is not there."""
    seen: set[str] = set()
    for place in [(path, resolved(path)) for path in paths]:
        for item in _at(*place):
            if item.source not in seen:
                seen.add(item.source)
                yield item


def name_of(path: str | Path) -> str:
    """A path as the catalog names it. Bytes of it that are not UTF-8 show as `\\xe9`: two such names stay two."""
    text = str(path)
    if _SURROGATE.search(text):
        text = os.fsencode(text).decode("utf-8", "backslashreplace")
    return clean(text)


def place_of(name: str) -> Path:
    """The path that the catalog calls so."""
    path = Path(name)
    if "\\x" not in name or os.path.lexists(path):
        return path
    data = b"".join(
        bytes([int(part[2:], 16)]) if _ESCAPED.fullmatch(part) else part.encode("utf-8", "surrogateescape")
        for part in _ESCAPED.split(name)
    )
    return Path(os.fsdecode(data))


def is_address(path: str | Path) -> bool:
    """Whether it is a page in the web rather than a file."""
    return isinstance(path, str) and path.lower().startswith(("http://", "https://"))


def stamp_of(status: os.stat_result, now: float | None = None) -> str:
    """A file's size and times. It ends with `?` while they prove nothing: the file was changed just now."""
    newest = max(status.st_mtime, status.st_ctime)
    unsettled = (time.time() if now is None else now) - newest < _SETTLED_SECONDS
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}{'?' if unsettled else ''}"


def same_stamp(one: str, other: str) -> bool:
    """Whether they tell of the same size and times, settled or not."""
    return one.rstrip("?") == other.rstrip("?")


def _at(given: str | Path, place: Path | None) -> Iterator[Found | Refused]:
    if place is None:
        yield Found(name_of(given), str(given))
    elif place.is_dir():
        yield from _below(place, place, frozenset())
    else:
        yield _checked(place, frozenset())


def resolved(path: str | Path) -> Path | None:
    """Where a path leads to; None for an address. Raises UsageError for a path that is not there."""
    if not str(path).strip():
        raise UsageError("An empty path can't be added.", "`.` is the folder you are in.")
    if is_address(path):
        if "@" in str(path).split("/")[2]:  # nothing of it may be kept, not even as a source that failed
            raise UsageError("Addresses with a user or a password in them can't be added.", "Leave these out.")
        return None
    if isinstance(path, str) and _OTHER_ADDRESS.match(path):
        raise UsageError(f"{clean(path)} can't be added.", "Pages have addresses with https:// or http://.")
    try:
        return place_of(str(path)).expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{name_of(path)} can't be added: {reason}.", "Check the path.") from None


def _below(folder: Path, root: Path, tags: frozenset[str]) -> Iterator[Found | Refused]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Refused(name_of(folder), f"It can't be read: {error.strerror}. Check its rights.", failed=True)
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith("."):
            yield _refused(path, "hidden")
        elif entry.is_dir(follow_symlinks=False):
            yield from _below(path, root, tags | {tag for tag in [as_tag(entry.name)] if tag})
        elif entry.is_symlink():
            yield _linked(path, root)
        elif loader_of(path.suffix.lower()) is None:
            yield _refused(path, f"no loader for {path.suffix or 'a name without suffix'}")
        elif not entry.is_file():
            yield _refused(path, "not a regular file")
        else:
            yield _checked(path, tags)


def _linked(path: Path, root: Path) -> Refused:
    """A link inside the folder leads to a file that is found anyway; one out of it is not followed."""
    inside = path.resolve().is_relative_to(root)
    return _refused(path, "a link to another place in the folder" if inside else "a link out of the folder")


def _checked(path: Path, tags: frozenset[str]) -> Found | Refused:
    """Opening a pipe would wait for ever."""
    try:
        status = path.stat()
    except OSError as error:
        return Refused(name_of(path), f"It can't be read: {error.strerror}.", failed=True)
    if not stat.S_ISREG(status.st_mode):
        return Refused(name_of(path), "It is not a regular file.", failed=True)
    return Found(name_of(path), path, tags, stamp_of(status))


def _refused(path: Path, reason: str) -> Refused:
    return Refused(name_of(path), reason)
