"""One parsing process, seen from outside: frames of JSON and bytes through its pipes, and a deadline."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from typing import IO, Any, cast

from cairn.core.errors import CairnError, SourceError
from cairn.retrieval.load.loaded_document import Document, ReadAs, Section

_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from cairn.retrieval.load.parser_worker import main; main()"
)
_START_SECONDS = 60
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH")
"""Of the environment: no key goes to where foreign files are read."""


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
