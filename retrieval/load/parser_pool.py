"""Documents are parsed in processes of their own: a file that crashes, hangs or swells takes only its parser along.

From outside such a process is frames of JSON and bytes through its pipes, and a deadline.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import IO, Any, cast

from cairn.core.errors import CairnError, SourceError
from cairn.retrieval.load.loaded_document import MAX_BYTES, Document, ReadAs, Section

_MOST = 8
_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from cairn.retrieval.load.parser_worker import main; main()"
)
_START_SECONDS = 60
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH")
"""Of the environment: no key goes to where foreign files are read."""


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


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """For one document: seconds of the processor (and four times as many by the clock, since a busy machine is not the
    document's fault), bytes of memory over what the process has when it starts, characters of text."""

    seconds: float = 60
    memory: int = 1 << 30
    text: int = 64 * 1024 * 1024


class Process:
    """Parses one document after the other until one of them ends it. Raises CairnError if it can't be started."""

    def __init__(self, limits: ParseLimits) -> None:
        self._limits = limits
        self._timed_out = False
        told = json.dumps({"parent": os.getpid(), "memory": limits.memory, "seconds": limits.seconds})
        command = [sys.executable, "-I", "-c", _START, json.dumps(sys.path), told]
        environment = {name: value for name, value in os.environ.items() if name in _PASSED_ON}
        try:
            self._child = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
            )
        except OSError as error:
            raise CairnError(f"No process can be started to read documents: {error.strerror}.") from None
        if self._exchange(b"", _START_SECONDS) is None:
            raise CairnError("The process that reads documents does not start.", "Is Cairn installed completely?")

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def kill(self) -> None:
        """From any thread: one that waits for an answer learns it from the pipe, and closes."""
        self._child.kill()
        self._child.wait()

    def close(self) -> None:
        """By the one that uses it."""
        self.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            try:
                cast("IO[bytes]", pipe).close()
            except OSError:  # what was still to be written can't be
                continue

    def parse(self, name: str, data: bytes, read_as: ReadAs) -> Document | SourceError:
        told = {"name": name, "size": len(data), "text": self._limits.text, "read_as": asdict(read_as)}
        request = json.dumps(told)
        answer = self._exchange(request.encode() + b"\n" + data, 4 * self._limits.seconds)
        if answer is None:
            return self._death()
        if answer.pop("last", False):
            self.close()
        return _read_answer(answer)

    def _exchange(self, request: bytes, seconds: float) -> dict[str, Any] | None:
        """The answer to a request; None if the process ended instead, by itself or by the deadline."""
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        source, target = cast("IO[bytes]", self._child.stdout), cast("IO[bytes]", self._child.stdin)
        try:
            target.write(request)
            target.flush()
            size = source.readline()
            answer = source.read(int(size)) if size.endswith(b"\n") else b""
            if size.endswith(b"\n") and len(answer) == int(size):
                return json.loads(answer)
        except OSError:  # the pipe broke
            pass
        finally:
            timer.cancel()
        self.close()
        return None

    def _expire(self) -> None:
        self._timed_out = True
        self._child.kill()

    def _death(self) -> SourceError:
        if self._timed_out or -self._child.returncode == getattr(signal, "SIGXCPU", 0):
            seconds = format(self._limits.seconds, "g")
            return SourceError(f"It takes longer than {seconds} seconds to read.", "Split it into several files.")
        return SourceError(
            "Its parser broke down over it: it is damaged, or larger inside than it looks.",
            "Open it in its own program, save it anew, and add it again.",
        )


def _read_answer(answer: dict[str, Any]) -> Document | SourceError:
    if "error" in answer:
        return SourceError(answer["error"], answer["hint"])
    return _read_document(answer)


def _read_document(told: dict[str, Any]) -> Document:
    sections = [Section(*section) for section in told.pop("sections")]
    notices, tags = tuple(told.pop("notices")), tuple(told.pop("tags"))
    attached = tuple((name, _read_document(one)) for name, one in told.pop("attached"))
    return Document(sections=sections, notices=notices, tags=tags, attached=attached, **told)
