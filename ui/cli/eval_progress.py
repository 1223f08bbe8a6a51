"""How far a long evaluation is: a line that is written over in a terminal, else one line each tenth."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from cairn.evals.eval_records import Record
from cairn.ui.cli.terminal_output import note


class Progress:
    """`120 of 972, 83.3 % right so far, 4 min left` on standard error."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = self._right = self._judged = 0
        self._began = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._terminal and self._done:
            sys.stderr.write("\r\x1b[K")

    def show(self, record: Record) -> None:
        """Another question is done."""
        self._done += 1
        self._judged += record.verdict not in ("gold_failed", "unjudged")
        self._right += record.verdict == "right"
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{self.line()}")
            sys.stderr.flush()
        elif self._done < self._total and self._done * 10 // self._total > (self._done - 1) * 10 // self._total:
            note(self.line())

    def line(self) -> str:
        right = f", {self._right / self._judged:.1%} right so far" if self._judged else ""
        seconds = (time.monotonic() - self._began) / self._done * (self._total - self._done)
        return f"{self._done} of {self._total}{right}, {_duration(seconds)} left"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
