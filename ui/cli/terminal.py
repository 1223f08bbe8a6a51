"""The terminal: what commands print, for people and as JSON, and Ctrl-C where breaking off would do harm.

All that catches Ctrl-C is for the main thread, and leaves it ignored where it is.
"""

from __future__ import annotations

import io
import json
import re
import signal
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from cairn.core.clean_text import clean
from cairn.core.errors import StorageError
from cairn.core.secrets import scrubbed

_UNBOUNDED = 100_000
_REDRAWN = 0.2
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_Handler = Callable[[int, FrameType | None], Any]


def shown(text: str, stream: TextIO) -> str:
    """`text` as `stream` gets it: without secrets, and in a terminal without control characters, since no document may
    steer it."""
    text = scrubbed(clean(text))
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n")) if stream.isatty() else text


def say(text: str) -> None:
    sys.stdout.write(shown(text, sys.stdout) + "\n")


def note(text: str) -> None:
    sys.stderr.write(shown(text, sys.stderr) + "\n")


def say_json(data: Any) -> None:
    say_line(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def say_line(text: str) -> None:
    """JSON, at once, in UTF-8 whatever the terminal's encoding is (RFC 8259)."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(scrubbed(clean(text)) + "\n")
    sys.stdout.flush()


def say_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Aligned columns without a frame, so that other tools can read them too."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*("" if value is None else escape(shown(str(value), sys.stdout)) for value in row))
    Console(width=None if sys.stdout.isatty() else _UNBOUNDED).print(table)


def say_list(
    found: Sequence[Any], columns: Sequence[str], row: Callable[[Any], Sequence[Any]], nothing: str, as_json: bool
) -> None:
    """Records as JSON or as a table, a row each; `nothing` is noted where there are none."""
    if as_json:
        say_json([asdict(one) for one in found])
    elif found:
        say_table(columns, [row(one) for one in found])
    else:
        note(nothing)


def moment(seconds: float) -> str:
    """`2026-11-30 09:15`, in the time of this machine."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def write_file(path: Path, text: str) -> None:
    """Raises StorageError."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise StorageError(f"{path} can't be written: {error.strerror}.", "Name another file.") from None


def duration(seconds: float) -> str:
    """`40 s`, `7 min`, `2.5 h`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class StatusLine:
    """A line on standard error that is drawn over; nothing where that is no terminal."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self._drawn = -_REDRAWN

    def draw(self, text: str) -> None:
        """Not more often than can be read."""
        if self.terminal and time.monotonic() - self._drawn > _REDRAWN:
            self._drawn = time.monotonic()
            self._write(shown(text, sys.stderr))

    def clear(self) -> None:
        if self.terminal:
            self._write("")

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def typed(prompt: str) -> str | None:
    """A line from the keyboard or a pipe, None at its end; asked for on standard error, so that what is said on
    standard output can be piped away."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    with raised():
        try:
            return clean(input()).strip()
        except EOFError:
            return None


def chosen(prompt: str, letters: str) -> str | None:
    """One of these letters, asked for until it is one; a word counts by its first. None at the end of what is typed."""
    while (line := typed(prompt)) is not None:
        if line and (letter := line[0].casefold()) in letters:
            return letter
    return None


@contextmanager
def held() -> Generator[list[int]]:
    """Inside, Ctrl-C is noted in the list that is given, and raises nothing.

    An import that is broken off can't be made again in the same process, and a line that was read from a pipe
    as Ctrl-C came would be lost.
    """
    noted: list[int] = []
    with _handled(lambda number, _frame: noted.append(number)):
        yield noted


@contextmanager
def stopping(stop: Callable[[], object]) -> Generator[None]:
    """Inside, the first Ctrl-C calls `stop` and raises nothing; the next one raises KeyboardInterrupt.

    An exception may come between any two steps: half of an event would be shown, or a lock be released twice.
    """

    def handler(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()

    with _handled(handler):
        yield


@contextmanager
def raised() -> Generator[None]:
    """Inside, Ctrl-C raises KeyboardInterrupt, as it does where it is not held."""
    with _handled(signal.default_int_handler):
        yield


@contextmanager
def _handled(handler: _Handler) -> Generator[None]:
    before = signal.getsignal(signal.SIGINT)
    try:
        if before != signal.SIG_IGN:
            signal.signal(signal.SIGINT, handler)
        yield
    finally:
        signal.signal(signal.SIGINT, before)
