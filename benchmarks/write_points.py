"""The points at which a process writes into a home, for benchmarks that kill it at each.

Before and after each statement that writes, before each commit and as a connection is given back, before each file in
the home is opened for writing, renamed or removed, in the middle of each text that is written, around each write to an
index.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool

from benchmarks.resume_kills import Killer
from cairn.retrieval.dense_index import Dense
from cairn.retrieval.lexical_index import Lexical

_WRITES = ("INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER")


class Torn:
    """A file in which half of each text is written before the killer may strike."""

    def __init__(self, file: Any, killer: Killer) -> None:
        self._file, self._killer = file, killer

    def write(self, text: Any) -> int:
        self._file.write(text[: len(text) // 2])
        self._file.flush()
        self._killer.point()
        self._file.write(text[len(text) // 2 :])
        return len(text)

    def __enter__(self) -> Torn:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def watch(killer: Killer, home: Path) -> None:
    """From here on this process passes a point at each write."""

    def inside(path: object) -> bool:
        return isinstance(path, str | os.PathLike) and str(path).startswith(str(home))

    def audit(name: str, arguments: tuple[Any, ...]) -> None:
        if name == "open" and inside(arguments[0]):
            if arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                killer.point()
        elif name in ("os.rename", "os.remove", "os.mkdir") and inside(arguments[0]):
            killer.point()

    def statement(_c: Any, _cursor: Any, text: str, *_: Any) -> None:
        if text.lstrip().startswith(_WRITES):
            killer.point()

    def written(*_: Any) -> None:
        killer.point()

    def torn(path: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
        file = plain(path, mode, *rest, **named)
        return Torn(file, killer) if inside(path) and mode != "r" and "b" not in mode else file

    plain = io.open
    io.open = torn  # type: ignore[assignment]
    sys.addaudithook(audit)
    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "after_cursor_execute", statement)
    event.listen(Engine, "commit", written)
    event.listen(Pool, "checkin", written)
    for index in (Dense, Lexical):
        index.apply = killer.around(index.apply)  # type: ignore[method-assign]
