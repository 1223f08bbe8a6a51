"""The processes that databases are asked in: kept while they are idle, killed when they take too long."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import cairn
from cairn.core.errors import DatabaseError

GRACE = 0.5
_KEPT = 2
_KEPT_VARIABLES = ("SYSTEMROOT", "TMPDIR", "TEMP")
_ROOT = str(Path(cairn.__file__ or "").parents[1])


class _Worker:
    """`python -I` running the module's `main`; what it is told, passwords among it, goes over its standard input."""

    def __init__(self, module: str, site: bool) -> None:
        start = f"import sys; sys.path.insert(0, sys.argv[1]); from {module} import main; main()"
        self._process = subprocess.Popen(  # noqa: S603 (our own module, our own interpreter)
            [sys.executable, "-I", *([] if site else ["-S"]), "-c", start, _ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
        )

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """The answer, or None when the process ended or had to be killed."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None  # noqa: S101 (both are pipes)
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        try:
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
            return json.loads(stdout.readline())
        except (OSError, ValueError):
            return None
        finally:
            timer.cancel()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


class Workers:
    """Idle workers, each of which serves one request at a time; safe to use from several threads.

    `site`: whether installed packages can be imported there.
    """

    def __init__(self, module: str, site: bool) -> None:
        self._module = module
        self._site = site
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()
        atexit.register(self.close)

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer. A worker that ends before its time is replaced once: it may have died while it was idle.

        Raises DatabaseError when no process can be started.
        """
        for _ in range(2):
            began, answer = time.monotonic(), None
            worker = self._take()
            try:
                answer = worker.ask(request, seconds)
            finally:
                self._give_back(worker, keep=answer is not None)
            if answer is not None:
                return answer
            if time.monotonic() - began >= seconds:
                return {"error": "interrupted", "kind": "limit"}
        return {"error": "it ended the process that ran it", "kind": "limit"}

    def _take(self) -> _Worker:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        try:
            return _Worker(self._module, self._site)
        except OSError as error:
            raise DatabaseError(f"No process can be started for the database: {error}.", "Free memory.") from None

    def _give_back(self, worker: _Worker, keep: bool) -> None:
        with self._lock:
            if keep and len(self._idle) < _KEPT:
                self._idle.append(worker)
                return
        worker.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()
