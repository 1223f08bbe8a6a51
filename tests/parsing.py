"""Parsing in the test's own process, for tests whose subject is what comes after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cairn.core.errors import SourceError
from cairn.retrieval.load import Document, load
from cairn.retrieval.load.parser_pool import Job


class Here:
    """Stands in for `cairn.retrieval.load.parser_pool.Parsers`."""

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Document | SourceError]]:
        for job in jobs:
            try:
                yield job, load(job.data, job.name, job.read_as)
            except SourceError as error:
                yield job, error
