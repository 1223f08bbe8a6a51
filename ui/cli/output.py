"""What all commands print with: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from cairn.text import clean


def say(text: str) -> None:
    sys.stdout.write(clean(text) + "\n")


def note(text: str) -> None:
    sys.stderr.write(clean(text) + "\n")


def say_json(data: Any) -> None:
    say(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def say_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Aligned columns without a frame, so that other tools can read them too."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*("" if value is None else escape(clean(str(value))) for value in row))
    Console(soft_wrap=not sys.stdout.isatty()).print(table)
