"""What is made when it is asked for: an object that is dear to open (`late`), what is known once in a run (`once`)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from cairn.core.context_values import inside

_T = TypeVar("_T")
_known: ContextVar[dict[Hashable, Any] | None] = ContextVar("cairn_run_memory", default=None)


class _Late:
    def __init__(self, open: Callable[[], Any]) -> None:
        self._open = open

    def __getattr__(self, name: str) -> Any:
        return getattr(self._open(), name)


def late(open: Callable[[], _T]) -> _T:
    """What `open` gives, asked for each time when something of it is used: whoever opens it keeps it."""
    return cast(_T, _Late(open))


def remembering() -> AbstractContextManager[None]:
    """Everything inside, also in tasks and threads that are started inside, is one run; inside another, part of it."""
    known = _known.get()
    return inside(_known, {} if known is None else known)


def once(key: Hashable, make: Callable[[], _T]) -> _T:
    """What `make` gave when it was first called for this key in the run; outside of runs it is called each time."""
    known = _known.get()
    if known is None:
        return make()
    if key not in known:
        known[key] = make()
    return known[key]
