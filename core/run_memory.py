"""What is found out or told once in a run, however often it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

_T = TypeVar("_T")
_known: ContextVar[dict[Hashable, Any] | None] = ContextVar("cairn_run_memory", default=None)


@contextmanager
def remembering() -> Generator[None]:
    """Everything inside, also in tasks and threads that are started inside, is one run; inside another, part of it."""
    if _known.get() is not None:
        yield
        return
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def once(key: Hashable, make: Callable[[], _T]) -> _T:
    """What `make` gave when it was first called for this key in the run; outside of runs it is called each time."""
    known = _known.get()
    if known is None:
        return make()
    if key not in known:
        known[key] = make()
    return known[key]
