"""What an index derived from the catalog must be able to do, and how it follows the catalog's log.

Applying a stretch of the log twice changes nothing, and the position is written after it: whatever is killed in
between, following on from the position converges.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Protocol

from cairn.core.errors import CairnError, StorageError
from cairn.core.events import emit
from cairn.retrieval.catalog import Catalog
from cairn.retrieval.catalog_records import Changes

_TROUBLE = re.compile(r"is full|no space|read.?only|permission|denied|too many open|is locked|out of memory", re.I)
Progress = Callable[[int, int, str], None]
"""Told `(done, total, what)`; `total` is 0 while it is not known."""


class DamageError(Exception):
    """An index can't be read. Whoever holds the lock for adding may discard it and follow the log from the start."""


class Derived(Protocol):
    """An index over the chunks of the catalog whose `birth` is given."""

    name: str
    batch: int

    def applied(self, birth: int) -> int:
        """The number of the last change that is in; 0 for an index that is empty, or another catalog's."""
        ...

    def apply(self, birth: int, changes: Changes, tick: Callable[[int], None]) -> None:
        """Take a stretch of the log in, telling `tick` how many of its chunks are prepared."""
        ...

    def count(self, birth: int) -> int: ...

    def discard(self, birth: int) -> None:
        """Empty it."""
        ...


def follow(catalog: Catalog, index: Derived, progress: Progress | None = None, seconds: float | None = None) -> int:
    """Bring the index up to the catalog; how many changes are left when `seconds` ran out (0 without a bound).

    Only one at a time may do so: the caller holds the lock for adding. A damaged index is filled anew.
    """
    birth = catalog.position().birth
    try:
        left = _advance(catalog, index, progress, seconds)
        if left == 0 and index.count(birth) != catalog.count():
            raise DamageError("it does not hold every passage")
        return left
    except DamageError as damage:
        return remake(catalog, index, damage, progress, seconds)


def remake(
    catalog: Catalog,
    index: Derived,
    damage: DamageError,
    progress: Progress | None = None,
    seconds: float | None = None,
) -> int:
    """Discard a damaged index and fill it anew, as `follow` does. Raises StorageError if that fails too."""
    emit("notice", {"text": f"The {index.name} was damaged ({damage}). It is being rebuilt from the catalog."})
    try:
        index.discard(catalog.position().birth)
        return _advance(catalog, index, progress, seconds)
    except DamageError as again:
        raise StorageError(
            f"The {index.name} can't be rebuilt: {again}.", "Is the disk sound, and is there room on it?"
        ) from again


def _advance(catalog: Catalog, index: Derived, progress: Progress | None, seconds: float | None) -> int:
    end = time.monotonic() + seconds if seconds is not None else None
    position = catalog.position()
    birth, head = position.birth, position.head
    first = applied = index.applied(birth)
    if applied > head:
        raise DamageError("it is ahead of the catalog")
    while applied < head:
        if end is not None and time.monotonic() > end:
            return head - applied
        changes = catalog.changes(applied, index.batch)
        index.apply(birth, changes, partial(_tell, progress, index.name, applied - first, head - first))
        applied = changes.last
        _tell(progress, index.name, applied - first, head - first, 0)
    return 0


def _tell(progress: Progress | None, what: str, before: int, total: int, done: int) -> None:
    if progress:
        progress(before + done, total, what)


def hashed(collection: str) -> str:
    """A collection as a folder or Chroma may be called: of ASCII letters and digits, whatever its own are."""
    return sha256(collection.encode()).hexdigest()[:12]


def is_failure(error: BaseException) -> bool:
    """Whether a library failed by itself. A panic in Rust is a BaseException, as Ctrl-C is; ours are not meant."""
    panic = type(error).__name__ == "PanicException"
    return panic or (isinstance(error, Exception) and not isinstance(error, CairnError | TimeoutError))


def is_trouble(error: BaseException) -> bool:
    """Whether the machine is to blame: making the index anew would not help."""
    return isinstance(error, PermissionError | MemoryError) or _TROUBLE.search(str(error)) is not None
