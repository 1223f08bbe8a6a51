"""The process in which documents are parsed. It holds no secrets, is bounded, and may be killed at any time.

A request is a line of JSON, `{"name", "size", "text", "read_as"}`, and `size` bytes; an answer a line with its size in
bytes, and JSON: a document's fields, or `{"error", "hint"}`; `"last": true` says that the process ends after it. The
first answer, without a request, says that it is ready.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from math import ceil
from pathlib import Path
from typing import IO, Any

from cairn.core.errors import SourceError, UsageError
from cairn.core.registry import packaged
from cairn.retrieval.load import Document, ReadAs, load

_FILE_SIZE = 4 * 1024 * 1024
"""Bytes of a file it may write: Python's compiled modules."""


def main() -> None:
    told = json.loads(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a parser prints
    threading.Thread(target=_outlive_not, args=(told["parent"],), daemon=True).start()
    for loader in packaged("loader"):
        with suppress(UsageError):  # which its own documents will tell
            loader.load()  # before the bounds, which are for documents
    enough = (_used() or 0) + told["memory"] // 4
    bound_memory(told["memory"])
    _answer(answers, {"ready": True})
    requests = sys.stdin.buffer
    while line := requests.readline():
        request = json.loads(line)
        data = requests.read(request["size"])
        bound_time(told["seconds"])
        answer = _parsed(request, data)
        if (_used() or 0) > enough:  # what one document leaves behind must not be taken from the next
            answer["last"] = True
        _answer(answers, answer)
        if answer.get("last"):
            return


def _parsed(request: dict[str, Any], data: bytes) -> dict[str, Any]:
    try:
        document = load(data, request["name"], ReadAs(**request["read_as"]))
        if len(document.text) > request["text"]:
            raise SourceError("Its text is too long.", "Split it into several files.")
    except (SourceError, UsageError) as error:
        return {"error": error.message, "hint": error.hint}
    except MemoryError:
        return {"error": "It needs too much memory to read.", "hint": "Split it into several files.", "last": True}
    return _told(document)


def _told(document: Document) -> dict[str, Any]:
    sections = [(part.start, part.end, part.heading, part.page) for part in document.sections]
    return {
        "title": document.title,
        "text": document.text,
        "sections": sections,
        "author": document.author,
        "date": document.date,
        "language": document.language,
        "notices": document.notices,
        "tags": document.tags,
        "attached": [(name, _told(one)) for name, one in document.attached],
    }


def _answer(answers: IO[bytes], answer: dict[str, Any]) -> None:
    text = json.dumps(answer).encode()
    answers.write(b"%d\n" % len(text) + text)
    answers.flush()


def bound_memory(more: int) -> None:
    """`more` bytes of address space over what is used now; no core dumps, no large files. On Linux only."""
    used = _used()
    if used is None:
        return
    import resource

    bounds = {resource.RLIMIT_AS: used + more, resource.RLIMIT_FSIZE: _FILE_SIZE, resource.RLIMIT_CORE: 0}
    for kind, bound in bounds.items():
        resource.setrlimit(kind, (bound, bound))


def _used() -> int | None:
    """Bytes of address space; None where the system doesn't tell."""
    try:
        pages = Path("/proc/self/statm").read_bytes().split()[0]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def bound_time(seconds: float) -> None:
    """Of the processor, from now on: what holds even when the parent is gone and no other thread gets a turn."""
    try:
        import resource
    except ImportError:  # Windows
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (ceil(usage.ru_utime + usage.ru_stime + seconds), hard))


def _outlive_not(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
