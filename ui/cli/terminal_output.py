"""What all commands print with: tables for people, JSON for programs."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from cairn.core.clean_text import clean
from cairn.core.secrets import scrubbed

_UNBOUNDED = 100_000
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


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
