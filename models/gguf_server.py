"""Models from a file on this machine: whoever asks one finds its server, or starts it.

The processes of a home share a server. One is found by a file in the home's folder `locks`, which only its owner can
read, and is kept by a lease (`gguf_process.py`). A lock of the same name lets one process at a time look, start or end.
"""

from __future__ import annotations

import atexit
import hashlib
import http.client
import json
import os
import secrets
import shlex
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from filelock import FileLock

from cairn.core.errors import ModelUnavailable, SettingsError
from cairn.core.settings import Home, Settings
from cairn.models.gguf_file import window_of
from cairn.models.gguf_process import GREETING, ServerState, Serving, read_state

LINGER_SECONDS = 20.0
_GREETING_SECONDS = 30.0  # on a machine that is busy
_FIRST_LINES = 2  # the later ones only say that what failed has failed
_START = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from cairn.models.gguf_process import main; main()"
_PROMPT = "A cairn is a heap of stones that shows the way. " * 10
_WRITTEN = 16
_SECONDS = 120.0


def gguf_files(name: str, there: bool = True) -> list[Path]:
    """The model's file and its adapters' of `gguf:FILE` or `gguf:FILE+ADAPTER`. `there`: each has to be.

    Raises SettingsError, also where the package that runs them is missing.
    """
    if find_spec("xllamacpp") is None:
        install = f"{shlex.quote(sys.executable)} -m pip install 'cairn-chat[local]'"
        raise SettingsError("The package xllamacpp is missing.", f"Install it: {install}")
    whole = Path(name.partition(":")[2]).expanduser().absolute()
    if whole.is_file():  # a plus in its own name
        return [whole]
    files = [Path(part).expanduser().absolute() for part in name.partition(":")[2].split("+")]
    for file in files if there else ():
        if not file.is_file():
            raise SettingsError(
                f"There is no file {file}.", "Write a model's file as `gguf:FILE`, with an adapter `gguf:FILE+ADAPTER`."
            )
    return files


class GgufServer:
    """The server of one model's file for this process, which keeps a lease of it until it ends."""

    def __init__(self, name: str, files: list[Path], window: int, home: Path) -> None:
        self._name = name
        self._files = files
        self._window = window
        self._home = home
        told = json.dumps([[str(file) for file in files], [file.stat().st_mtime_ns for file in files], window])
        self.at = f"gguf-{hashlib.sha256(told.encode()).hexdigest()[:16]}"
        self._looking = threading.Lock()
        self._state: ServerState | None = None
        self._lease: socket.socket | None = None

    def running(self) -> ServerState:
        """Where it listens; started if it does not. Raises ModelUnavailable."""
        with self._looking:
            if self._state is None or not _open(self._lease):
                folder = Home(self._home).locks
                with FileLock(folder / f"{self.at}.lock", thread_local=False):
                    self._state = self._found(folder) or self._started(folder)
            return self._state

    def _found(self, folder: Path) -> ServerState | None:
        state = read_state(folder / f"{self.at}.json")
        if state is None:
            return None
        try:
            lease = socket.create_connection(("127.0.0.1", state.lease_port), timeout=_GREETING_SECONDS)
            lease.sendall(f"{state.key}\n".encode())
            if lease.recv(len(GREETING)) == GREETING:
                self._lease = lease
                atexit.register(lease.close)
                return state
            lease.close()
        except OSError:  # its process was killed
            pass
        return None

    def _started(self, folder: Path) -> ServerState:
        log = folder / f"{self.at}.log"
        command = [sys.executable, "-I", "-c", _START, json.dumps(sys.path)]
        with log.open("wb") as errors:
            process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,  # Ctrl+C is for who asks, not for a server that others use as well
            )
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both are pipes")
        with process.stdin as stdin, process.stdout as stdout:
            with suppress(BrokenPipeError):
                stdin.write(json.dumps(asdict(self._serving(folder))).encode() + b"\n")
                stdin.flush()
            if stdout.readline() and (state := self._found(folder)):
                process.returncode = 0  # it outlives us, and nobody need be told so
                return state
        raise self._ended(process.wait(), log)

    def _serving(self, folder: Path) -> Serving:
        return Serving(
            model=str(self._files[0]),
            adapters=tuple(str(file) for file in self._files[1:]),
            window=self._window,
            threads=_physical_cores(),
            key=secrets.token_urlsafe(24),
            state=str(folder / f"{self.at}.json"),
            lock=str(folder / f"{self.at}.lock"),
            linger=LINGER_SECONDS,
        )

    def _ended(self, code: int, log: Path) -> ModelUnavailable:
        lines = [line for line in log.read_text("utf-8", "replace").splitlines() if " E " in line]
        why = f"it was killed by signal {-code}" if code < 0 else f"exit code {code}"
        said = "; ".join(line.partition(" E ")[2] for line in lines[:_FIRST_LINES]) or why
        return ModelUnavailable(
            f"The server of {self._name} ended before it listened: {said}.",
            f"Is the file whole, and is there memory for it? A smaller `context_window` takes less. See {log}.",
        )


def window_for(files: list[Path], settings: Settings) -> int:
    """The tokens that its server gives a model."""
    return settings.context_window if "context_window" in settings.model_fields_set else window_of(files[0])


def start_server(name: str, settings: Settings) -> None:
    """Start the server of `gguf:FILE` while everything else is prepared; what goes wrong is told by who asks it."""
    files = gguf_files(name)
    server = gguf_server(name, files, window_for(files, settings), settings.home)

    def start() -> None:
        with suppress(ModelUnavailable, OSError):
            server.running()

    threading.Thread(target=start, name="cairn-gguf", daemon=True).start()


_servers: dict[tuple[str, Path], GgufServer] = {}
_making = threading.Lock()


def gguf_server(name: str, files: list[Path], window: int, home: Path) -> GgufServer:
    """One in a process, so that it holds one lease however many models it makes."""
    server = GgufServer(name, files, window, home)
    with _making:
        return _servers.setdefault((server.at, home), server)


def _open(lease: socket.socket | None) -> bool:
    """Whether the server is still there: it says nothing more, so what can be read is its end."""
    if lease is None:
        return False
    lease.setblocking(False)
    try:
        lease.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        pass
    lease.close()
    atexit.unregister(lease.close)
    return False


def _physical_cores() -> int:
    """Of those that this process may use: two threads of a core are slower than one."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or usable, usable))


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens per second."""

    read: float
    written: float


def measured_speed(name: str, settings: Settings) -> Speed:
    """By one short prompt. Starts the model's server where it does not run. Raises SettingsError, ModelUnavailable."""
    files = gguf_files(name)
    state = gguf_server(name, files, window_for(files, settings), settings.home).running()
    asked = {"prompt": _PROMPT, "n_predict": _WRITTEN, "cache_prompt": False, "ignore_eos": True}
    headers = {"Authorization": f"Bearer {state.key}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(urlsplit(state.address).netloc, timeout=_SECONDS)
    try:
        connection.request("POST", "/completion", json.dumps(asked), headers)
        timings = json.loads(connection.getresponse().read())["timings"]
        return Speed(float(timings["prompt_per_second"]), float(timings["predicted_per_second"]))
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as error:
        raise ModelUnavailable(f"The speed of {name} can't be measured: {error!r}.", "Try again later.") from None
    finally:
        connection.close()
