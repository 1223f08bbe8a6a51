"""`cairn add`, `sources`, `remove`."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cairn.errors import SourceError
from ui.cli.asking import opened
from ui.cli.output import note, say, say_json, say_table

_SHOWN = 10


class Report(Protocol):
    def __call__(self, done: int, total: int, what: str, /) -> None: ...


def add(home: Path | None, paths: list[Path], as_json: bool) -> None:
    """Exit code 1 when something could not be read; everything else is added all the same."""
    with opened(home) as app, progress() as report:
        result = app.rooms.library.add(paths, progress=report)
    if as_json:
        say_json(asdict(result))
    else:
        counts = {"added": result.added, "changed": result.changed, "unchanged": result.unchanged}
        say(", ".join(f"{count} {what}" for what, count in counts.items()) + f"; {result.chunks} passages.")
        for source, reason in [*result.failed, *result.skipped[:_SHOWN]]:
            note(f"  {source}: {reason}")
        if (more := len(result.skipped) - _SHOWN) > 0:
            note(f"  … and {more} more files that are not for Cairn (--json names them).")
    if result.failed:
        raise SourceError(
            f"{len(result.failed)} of the files could not be added.",
            "`cairn sources --failed` lists them with the reason.",
        )


def list_sources(home: Path | None, failed: bool, as_json: bool) -> None:
    with opened(home) as app:
        sources = [source for source in app.rooms.library.sources() if not failed or source.error]
    if as_json:
        say_json([asdict(source) for source in sources])
    elif sources:
        own = any(source.collection != "samples" for source in sources)
        say_table(
            ["source", "title", "passages", "state"],
            [(s.source, s.title, s.chunks, _state(s.collection, s.error, own)) for s in sources],
        )
    else:
        note("Nothing failed." if failed else "No documents yet. Add some: cairn add ./my-docs")


def remove(home: Path | None, source: str) -> None:
    with opened(home) as app:
        count = app.rooms.library.remove(source)
    if not count:
        raise SourceError(f"No document {source!r} is known.", "`cairn sources` lists them.")
    say(f"{count} removed.")


def _state(collection: str, error: str | None, own: bool) -> str:
    if error:
        return f"failed: {error}"
    if collection == "samples":
        return "sample (not searched: you have your own)" if own else "sample"
    return "ready"


@contextmanager
def progress() -> Generator[Report]:
    """A bar on standard error, with what is left; nothing where no one looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bars:
        tasks = {}

        def report(done: int, total: int, what: str, /) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield report
