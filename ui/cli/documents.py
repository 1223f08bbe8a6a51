"""`cairn add`, `sources`, `remove`."""

from __future__ import annotations

import sys
from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from cairn.errors import SourceError
from ui.cli.asking import opened
from ui.cli.output import note, say, say_json, say_table

if TYPE_CHECKING:
    from retrieval.ingest import AddReport
    from retrieval.records import SourceInfo

_SHOWN = 10


class Report(Protocol):
    def __call__(self, done: int, total: int, what: str, /) -> None: ...


def add(home: Path | None, paths: list[str], options: dict[str, Any], as_json: bool) -> None:
    """Exit code 1 when something could not be read; everything else is added all the same."""
    try:
        with opened(home) as app, progress() as report:
            result = app.rooms.library.add(paths, progress=report, **options)
    except KeyboardInterrupt:
        note("Stopped. What was added stays; the same command goes on from there.")
        raise
    if as_json:
        say_json(asdict(result))
    else:
        _tell(result)
    if result.failed:
        raise SourceError(
            f"{len(result.failed)} document{'s' * (len(result.failed) > 1)} could not be read.",
            "`cairn sources --failed` lists them with the reason; `cairn add --retry` tries them again.",
        )


def _tell(result: AddReport) -> None:
    counts = {"added": result.added, "changed": result.changed, "unchanged": result.unchanged}
    rare = {"removed": result.removed, "split anew": result.resplit, "failed": len(result.failed)}
    counts |= {what: count for what, count in rare.items() if count}
    say(", ".join(f"{count} {what}" for what, count in counts.items()) + f"; {result.chunks} passages.")
    for source, reason in [*result.failed, *result.partial, *result.skipped[:_SHOWN]]:
        note(f"  {source}: {reason}")
    if (more := len(result.skipped) - _SHOWN) > 0:
        note(f"  … and {more} more files that are not for Cairn (--json names them).")


def list_sources(home: Path | None, failed: bool, as_json: bool) -> None:
    with opened(home) as app:
        sources = [source for source in app.rooms.library.sources() if not failed or source.error]
    if as_json:
        say_json([asdict(source) for source in sources])
    elif sources:
        own = {source.collection for source in sources} - {"samples"}
        where = ["collection"] if own - {"default"} else []
        say_table(
            ["source", *where, "title", "date", "tags", "passages", "state"],
            [
                (s.source, *([s.collection] * len(where)), s.title, s.date, ", ".join(s.tags), s.chunks, _state(s, own))
                for s in sources
            ],
        )
    else:
        note("Nothing failed." if failed else "No documents yet. Add some: cairn add ./my-docs")


def remove(home: Path | None, source: str) -> None:
    with opened(home) as app:
        count = app.rooms.library.remove(source)
    if not count:
        raise SourceError(f"No document {source!r} is known.", "`cairn sources` lists them.")
    say(f"{count} removed.")


def _state(source: SourceInfo, own: Collection[str]) -> str:
    if source.error:
        return (
            f"failed: {source.error}" if source.state == "failed" else f"old version, for the new one: {source.error}"
        )
    if source.collection == "samples":
        return "sample (not searched: you have your own)" if own else "sample"
    return f"ready, but: {source.notice}" if source.notice else "ready"


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.1f}/s" if speed else "", style="progress.data.speed")


@contextmanager
def progress() -> Generator[Report]:
    """A bar on standard error, with the rate and the time left; nothing where no one looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bars:
        tasks: dict[str, TaskID] = {}

        def report(done: int, total: int, what: str, /) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield report
