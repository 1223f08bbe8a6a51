"""Parsing in the test's own process, for tests whose subject is what comes after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cairn.errors import SourceError
from retrieval.load import Document, load
from retrieval.load.parsers import Job


class Here:
    """Stands in for `retrieval.load.parsers.Parsers`."""

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Document | SourceError]]:
        for job in jobs:
            try:
                yield job, load(job.data, job.name, job.read_as)
            except SourceError as error:
                yield job, error
