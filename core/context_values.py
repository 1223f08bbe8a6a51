"""What is known of the run, the call or the thread of work that code is part of: context variables, which tasks and
threads inherit.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

_T = TypeVar("_T")


@contextmanager
def inside(variable: ContextVar[_T], value: _T) -> Generator[None]:
    """Inside the block, also in tasks and threads that are started there, the variable has this value."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
