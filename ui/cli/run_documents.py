"""`cairn add`, `sources`, `remove`."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
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

from cairn.core.errors import ModelError, SourceError, StorageError
from cairn.core.registry import problems
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.terminal import note, say, say_json, say_list

if TYPE_CHECKING:
    from cairn.retrieval.catalog_records import SourceInfo
    from cairn.retrieval.ingest import AddReport
    from cairn.retrieval.library import Library

_SHOWN = 10
_KEPT = "What was read is kept; running the same command again makes what is missing."


class Report(Protocol):
    def __call__(self, done: int, total: int, what: str, /) -> None: ...


def add(home: Path | None, paths: list[str], options: dict[str, Any], as_json: bool) -> None:
    """Exit code 1 when something could not be read; everything else is added all the same."""
    try:
        with opened(home) as app, progress() as report:
            result = _added(app.workspace.library, paths, report, options)
    except KeyboardInterrupt:
        note("Stopped. What was added stays; the same command goes on from there.")
        raise
    for problem in problems():
        note(problem)
    if as_json:
        say_json(asdict(result))
    else:
        _tell(result)
    if result.failed or result.unopened:
        whats, hints = zip(*_unread(result), strict=True)
        raise SourceError(" ".join(whats), " ".join(hints))


def _added(library: Library, paths: list[str], report: Report, options: dict[str, Any]) -> AddReport:
    """The catalog comes before the indexes: where a server of theirs is away, the documents are there already."""
    try:
        return library.add(paths, progress=report, **options)
    except (StorageError, ModelError) as error:
        error.hint = f"{error.hint} {_KEPT}" if error.hint else _KEPT
        raise


def _unread(result: AddReport) -> Generator[tuple[str, str]]:
    """What went wrong and what to do: `cairn sources` and `--retry` know of documents, not of folders."""
    if result.failed:
        yield (
            f"{len(result.failed)} document{'s' * (len(result.failed) > 1)} could not be read.",
            "`cairn sources --failed` lists them with the reason; `cairn add --retry` tries them again.",
        )
    if names := [source for source, _ in result.unopened]:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        them, they = ("it", "it") if len(names) == 1 else ("them", "they")
        yield (
            f"{', '.join(names[:_SHOWN])}{more} could not be opened.",
            f"Add {them} again, with the same command, when {they} can be opened.",
        )


def _tell(result: AddReport) -> None:
    counts = {"added": result.added, "changed": result.changed, "unchanged": result.unchanged}
    rare = {
        "removed": result.removed,
        "split anew": result.resplit,
        "failed": len(result.failed),
        "not opened": len(result.unopened),
    }
    counts |= {what: count for what, count in rare.items() if count}
    say(", ".join(f"{count} {what}" for what, count in counts.items()) + f"; {result.chunks} passages.")
    for source, reason in [*result.failed, *result.unopened, *result.partial, *result.skipped[:_SHOWN]]:
        note(f"  {source}: {reason}")
    if (more := len(result.skipped) - _SHOWN) > 0:
        note(f"  … and {more} more files that are not for Cairn (--json names them).")


def list_sources(home: Path | None, failed: bool, as_json: bool) -> None:
    with opened(home) as app:
        sources = [source for source in app.workspace.library.sources() if not failed or source.error]
        left_out = app.workspace.library.left_out()
    where = ["collection"] if {source.collection for source in sources} - {"samples", "default"} else []

    def row(s: SourceInfo) -> Sequence[Any]:
        state = _state(s, left_out)
        return s.source, *([s.collection] * len(where)), s.title, s.date, ", ".join(s.tags), s.chunks, state

    columns = ["source", *where, "title", "date", "tags", "passages", "state"]
    nothing = "Nothing failed." if failed else "No documents yet. Add some: cairn add ./my-docs"
    say_list(sources, columns, row, nothing, as_json)
    if left_out and not as_json and any(source.collection == "samples" for source in sources):
        note("The samples are not searched, since you have documents of your own; CAIRN_SAMPLES=always searches both.")


def remove(home: Path | None, sources: Sequence[str]) -> None:
    """Exit code 1 when one of them is not known; the others are removed all the same."""
    unknown: list[str] = []
    with opened(home) as app:
        for source in dict.fromkeys(sources):
            if count := app.workspace.library.remove(source):
                say(f"{count} removed." if len(sources) == 1 else f"{source}: {count} removed.")
            else:
                unknown.append(source)
    if unknown:
        raise SourceError(f"No document {' or '.join(map(repr, unknown))} is known.", "`cairn sources` lists them.")


def _state(source: SourceInfo, left_out: bool) -> str:
    if source.error:
        return (
            f"failed: {source.error}" if source.state == "failed" else f"old version, for the new one: {source.error}"
        )
    if source.collection == "samples":
        return "sample (not searched)" if left_out else "sample"
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
