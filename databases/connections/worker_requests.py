"""What the worker processes share: the loop, bounds on the process, results within their caps. Standard library only.

A worker reads one JSON request a line and answers with one JSON line: {"columns", "rows", "truncated"}, another object
that its own module describes, or {"error", "kind": "query" | "limit" | "refused" | "database"}. It may be killed at any
time.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time

TYPE_CHECKING = False  # `typing` itself would cost a quarter of the start
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from threading import Timer
    from typing import Any

MEMORY = 768 * 1024 * 1024
DISTINCT = 12
LONG = 60
_EXACT_DIGITS = 15
_PATIENCE = 0.5


def serve(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer requests until standard input ends."""
    _bound_process()
    for line in sys.stdin.buffer:
        try:
            answered = answer(json.loads(line))
        except MemoryError:
            answered = {"error": "it needs too much memory", "kind": "limit"}
        sys.stdout.buffer.write(json.dumps(answered, ensure_ascii=True, allow_nan=False).encode() + b"\n")
        sys.stdout.buffer.flush()


def _bound_process() -> None:
    """No more memory than MEMORY, no files written (SQLite's WAL index, 32 kB pages, is all that one may need)."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, bound in (("RLIMIT_AS", MEMORY), ("RLIMIT_FSIZE", 1_000_000), ("RLIMIT_CORE", 0)):
        try:
            resource.setrlimit(getattr(resource, name), (bound, bound))
        except (AttributeError, ValueError, OSError):
            continue


def end_at(end: float, cancel: Callable[[], None]) -> Timer:
    """At `end` (monotonic seconds) `cancel`; if the request is not answered soon after, answer so and end the process.

    The caller cancels the timer when it has its answer.
    """
    from threading import Timer  # SQLite's workers start without threads

    def late() -> None:
        cancel()
        if not timer.finished.wait(_PATIENCE):
            sys.stdout.buffer.write(b'{"error": "interrupted", "kind": "limit"}\n')
            sys.stdout.buffer.flush()
            os._exit(1)

    timer = Timer(max(0.0, end - time.monotonic()), late)
    timer.daemon = True
    timer.start()
    return timer


def collect(columns: Sequence[str], rows: Iterable[Sequence[Any]], request: dict[str, Any]) -> dict[str, Any]:
    """The first rows within the request's `rows`, `bytes` and `cell`."""
    kept: list[list[Any]] = []
    size = 0
    for row in rows:
        values = [safe(value, request["cell"]) for value in row]
        size += sum(len(str(value)) for value in values)
        if len(kept) == request["rows"] or size > request["bytes"]:
            return {"columns": list(columns), "rows": kept, "truncated": True}
        kept.append(values)
    return {"columns": list(columns), "rows": kept, "truncated": False}


def safe(value: Any, cell: int) -> Any:
    """A value as JSON can hold it: long texts cut, bytes in hexadecimal, NaN and infinity as texts."""
    if isinstance(value, str):
        return value if len(value) <= cell else value[:cell] + "…"
    if isinstance(value, bytes):
        return f"x'{value[:16].hex()}'" if len(value) <= 16 else f"x'{value[:16].hex()}…' ({len(value)} bytes)"
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def number(text: str) -> int | float | str:
    """A decimal as a number; as its text where a float would lose digits before the point."""
    whole, _, fraction = text.partition(".")
    if not fraction and whole.lstrip("-").isdecimal():
        return int(text)
    return float(text) if len(whole.lstrip("-")) <= _EXACT_DIGITS and fraction.isdecimal() else text


def samples(columns: Sequence[str], rows: Iterable[Sequence[Any]], most: int) -> dict[str, tuple[list[Any], bool]]:
    """Per column the first distinct values of the first `most` rows, and whether these are all there are."""
    distinct: list[dict[Any, None]] = [{} for _ in columns]
    seen = 0
    for row in rows:
        seen += 1
        for value, values in zip(row, distinct, strict=True):
            if value not in (None, "") and len(values) <= DISTINCT:
                values[safe(value, LONG)] = None
        if seen % 32 == 0 and all(len(values) > DISTINCT for values in distinct):
            break
    return {
        column: (list(values)[:DISTINCT], seen < most and len(values) <= DISTINCT)
        for column, values in zip(columns, distinct, strict=True)
    }


def quoted(name: str, mark: str = '"') -> str:
    """A name in SQL, whatever is in it."""
    return mark + name.replace(mark, mark * 2) + mark
