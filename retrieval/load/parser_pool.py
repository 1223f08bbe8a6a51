"""Documents are parsed in processes of their own: a file that crashes, hangs or swells takes only its parser along."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType

from cairn.core.errors import CairnError, SourceError
from cairn.retrieval.load.loaded_document import MAX_BYTES, Document, ReadAs
from cairn.retrieval.load.parser_process import ParseLimits, Process

_MOST = 8


@dataclass(frozen=True, slots=True)
class Job:
    """A file to parse; `key` is the caller's, `name` the file's name, whose suffix says what it is."""

    key: str
    name: str
    data: bytes
    read_as: ReadAs = field(default_factory=ReadAs)


class Parsers:
    """A pool of parsing processes, started when they are needed and used again. To be closed: use it with `with`."""

    def __init__(self, processes: int | None = None, limits: ParseLimits | None = None) -> None:
        self._count = processes or min(_MOST, _processors())
        self._limits = limits or ParseLimits()
        self._lock = threading.Lock()
        self._idle: list[Process] = []
        self._all: set[Process] = set()
        self._closed = False
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="parse")

    def __enter__(self) -> Parsers:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the processes, also those at work."""
        with self._lock:
            self._closed = True
            idle, busy = self._idle, self._all.difference(self._idle)
            self._idle, self._all = [], set()
        for process in idle:
            process.close()
        for process in busy:
            process.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def parse(self, job: Job) -> Document | SourceError:
        """One document. Raises CairnError if no process can be started."""
        process = self._take()
        try:
            parsed = process.parse(job.name, job.data, job.read_as)
        finally:
            self._give_back(process)
        if self._closed:
            raise _closed()
        return parsed

    def map(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Document | SourceError]]:
        """Each job with what became of it, in the order of the jobs, which are drawn only a few ahead.

        Raises CairnError if no process can be started.
        """
        ahead: deque[tuple[Job, Future[Document | SourceError]]] = deque()
        waiting = iter(jobs)
        more = True
        try:
            while more or ahead:
                while more and self._room(ahead):
                    job = next(waiting, None)
                    if job is None:
                        more = False
                    else:
                        ahead.append((job, self._threads.submit(self.parse, job)))
                if ahead:
                    job, future = ahead.popleft()
                    yield job, future.result()
        finally:
            for _, future in ahead:
                future.cancel()

    def _room(self, ahead: Iterable[tuple[Job, object]]) -> bool:
        sizes = [len(job.data) for job, _ in ahead]
        return len(sizes) < 4 * self._count and sum(sizes) < MAX_BYTES

    def _take(self) -> Process:
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.alive:
                    return process
                self._all.discard(process)
                process.close()
        process = Process(self._limits)
        with self._lock:
            self._all.add(process)
            closed = self._closed
        if closed:
            process.close()
            raise _closed()
        return process

    def _give_back(self, process: Process) -> None:
        with self._lock:
            if process.alive and not self._closed:
                self._idle.append(process)
                return
            self._all.discard(process)
        process.close()


def _closed() -> CairnError:
    return CairnError("The reading of documents was ended.")


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1
