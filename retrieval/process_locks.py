"""Locks between processes. They die with their holder, so a kill leaves none behind."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from cairn.core.errors import StorageError

_POLL_SECONDS = 0.01


@contextmanager
def exclusive(path: Path, timeout: float = -1) -> Generator[None]:
    """Hold the lock file `path` alone, among threads too; -1 waits for ever. Raises TimeoutError, StorageError."""
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=timeout, poll_interval=_POLL_SECONDS)
    except Timeout:
        raise TimeoutError(f"{path.name} is held by another process") from None
    except OSError as error:
        raise StorageError(f"The lock {path} can't be taken: {error}.", "Check the home folder's rights.") from None
    try:
        yield
    finally:
        lock.release()
