"""An object that is dear to open, handed on without opening it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


class _Late:
    def __init__(self, open: Callable[[], Any]) -> None:
        self._open = open

    def __getattr__(self, name: str) -> Any:
        return getattr(self._open(), name)


def late(open: Callable[[], _T]) -> _T:
    """What `open` gives, asked for each time when something of it is used: whoever opens it keeps it."""
    return cast(_T, _Late(open))
