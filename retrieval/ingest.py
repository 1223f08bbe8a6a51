"""Files on disk into the catalog. One file is one transaction; an unchanged one costs no write."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cairn.errors import SourceError, UsageError
from cairn.text import clean
from retrieval.catalog import Catalog, Known
from retrieval.derived import Progress
from retrieval.load import LOADERS, MAX_BYTES, load
from retrieval.split import RECIPE, split


@dataclass
class AddReport:
    """What `add` did: numbers of documents, of chunks written, and who failed or was passed over, with the reason."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    chunks: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    skipped: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


@dataclass(frozen=True, slots=True)
class _Refused:
    """A path that is not read: `failed` if the user could want it repaired, else it is merely not for us."""

    path: Path
    reason: str
    failed: bool = False


def ingest(catalog: Catalog, paths: Sequence[Path], collection: str, progress: Progress | None = None) -> AddReport:
    """Put files, and what lies below folders, into the catalog. Raises UsageError for a path that is not there."""
    report = AddReport()
    found = list(_find(paths))
    known = catalog.known(collection)
    for number, item in enumerate(found, 1):
        if isinstance(item, _Refused):
            (report.failed if item.failed else report.skipped).append((clean(str(item.path)), item.reason))
        else:
            _ingest_file(catalog, item, collection, known, report)
        if progress:
            progress(number, len(found), "reading")
    return report


def _ingest_file(catalog: Catalog, path: Path, collection: str, known: dict[str, Known], report: AddReport) -> None:
    source = clean(str(path))
    before = known.get(source)
    try:
        data = _read(path)
    except SourceError as error:
        report.failed.append((source, str(error)))
        if before is None:
            catalog.fail(collection, source, str(error), "", RECIPE)
        return
    digest = sha256(data).hexdigest()
    if before and (before.digest, before.recipe) == (digest, RECIPE):
        if before.error:
            report.failed.append((source, before.error))
        else:
            report.unchanged += 1
        return
    try:
        document = load(data, path.name)
    except SourceError as error:
        report.failed.append((source, str(error)))
        catalog.fail(collection, source, str(error), digest, RECIPE)
        return
    pieces = split(document)
    catalog.store(collection, source, document, pieces, digest, RECIPE)
    report.chunks += len(pieces)
    if before:
        report.changed += 1
    else:
        report.added += 1


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(f"It can't be read: {error.strerror}.", "Check its rights.") from None
    if len(data) > MAX_BYTES:
        raise SourceError(f"It is larger than {MAX_BYTES >> 20} MiB.", "Split it into several files.")
    return data


def _find(paths: Iterable[Path]) -> Iterator[Path | _Refused]:
    """Every file once, in the order given, those of a folder sorted."""
    resolved = [_existing(path) for path in paths]
    seen: set[Path] = set()
    for path in resolved:
        for item in _below(path, path) if path.is_dir() else [_checked(path)]:
            place = item if isinstance(item, Path) else item.path
            if place not in seen:
                seen.add(place)
                yield item


def _existing(path: Path) -> Path:
    try:
        return path.expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{clean(str(path))} can't be added: {reason}.", "Check the path.") from None


def _below(folder: Path, root: Path) -> Iterator[Path | _Refused]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield _Refused(folder, f"It can't be read: {error.strerror}. Check its rights.", failed=True)
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith("."):
            yield _Refused(path, "hidden")
        elif entry.is_dir(follow_symlinks=False):
            yield from _below(path, root)
        elif entry.is_symlink():
            yield _linked(path, root)
        elif path.suffix.lower() not in LOADERS:
            yield _Refused(path, f"no loader for {path.suffix or 'a name without suffix'}")
        else:
            yield _checked(path)


def _linked(path: Path, root: Path) -> Path | _Refused:
    """A link inside the folder leads to a file that is found anyway; one out of it is not followed."""
    target = path.resolve()
    return _Refused(
        path, "a link to another place in the folder" if target.is_relative_to(root) else "a link out of the folder"
    )


def _checked(path: Path) -> Path | _Refused:
    """Opening a pipe would wait for ever."""
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        return _Refused(path, f"It can't be read: {error.strerror}.", failed=True)
    return path if regular else _Refused(path, "It is not a regular file.", failed=True)
