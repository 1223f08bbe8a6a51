"""The process that serves a model from its file: llama.cpp inside, for whoever holds a lease.

A lease is a connection to its second port, which the system closes with the process that holds it, however that ends.
The last one gone, the server waits for another and then ends itself. What to serve is told by a line of JSON on its
standard input, where no other user of the machine reads the key.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

from filelock import FileLock, Timeout

GREETING = b"cairn\n"
_KEY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Serving:
    """`state`: the file where users find the server. `linger`: seconds that it stays without any."""

    model: str
    adapters: tuple[str, ...]
    window: int
    threads: int
    key: str
    state: str
    lock: str
    linger: float


@dataclass(frozen=True, slots=True)
class ServerState:
    """Where a server listens, and the key it asks for."""

    address: str
    lease_port: int
    pid: int
    key: str

    def write(self, file: Path) -> None:
        """Whole or not at all, for its owner alone."""
        part = file.with_suffix(f".{self.pid}")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as opened:
            json.dump(asdict(self), opened)
        part.replace(file)


def read_state(file: Path) -> ServerState | None:
    """What stands in the file; None where it is not there, or is not whole."""
    try:
        return ServerState(**json.loads(file.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


class _Leases:
    """Counts who uses the server. `changed` is set at each one that comes or goes."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self.held = 0
        self.changed = asyncio.Event()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._count(1)
        try:
            async with asyncio.timeout(_KEY_SECONDS):
                said = await reader.readline()
            if hmac.compare_digest(said.rstrip(b"\n"), self._key):
                writer.write(GREETING)
                await reader.read()
        except (OSError, ValueError, TimeoutError):
            pass
        finally:
            self._count(-1)
            writer.close()

    def _count(self, more: int) -> None:
        self.held += more
        self.changed.set()

    async def all_gone(self, seconds: float) -> None:
        """Returns when nobody has held one for so long."""
        while True:
            self.changed.clear()
            limit = None if self.held else seconds
            try:
                await asyncio.wait_for(self.changed.wait(), limit)
            except TimeoutError:
                return


async def _serve(serving: Serving) -> None:
    leases = _Leases(serving.key)
    listening = await asyncio.start_server(leases.take, "127.0.0.1", 0)
    address = _started(serving)
    port = int(listening.sockets[0].getsockname()[1])
    ServerState(address, port, os.getpid(), serving.key).write(Path(serving.state))
    with suppress(OSError):  # who started it may be gone already
        sys.stdout.write("ready\n")
        sys.stdout.flush()
    while True:
        await leases.all_gone(serving.linger)
        with suppress(Timeout), FileLock(serving.lock).acquire(timeout=0):  # else someone is just coming
            if not leases.held:
                _end(Path(serving.state))


def _end(state: Path) -> NoReturn:
    """At once: whoever comes now finds no file, and starts another server."""
    state.unlink(missing_ok=True)
    os._exit(0)


def _started(serving: Serving) -> str:
    """The address of llama.cpp's server in this process."""
    import xllamacpp  # pyright: ignore

    llama = cast(Any, xllamacpp)
    params = llama.CommonParams()
    params.model.path = serving.model
    params.lora_adapters = [_adapter(llama, path) for path in serving.adapters]
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.api_keys = [serving.key]
    params.ui = params.endpoint_slots = False
    params.n_parallel, params.n_ctx = 1, serving.window
    params.cache_ram_mib = 0  # prompts of other adapters would be mixed with this one's, and memory grows to 8 GB
    params.cpuparams.n_threads = serving.threads
    params.use_jinja = True
    params.verbosity = 1
    server = llama.Server(params)
    _kept.append(server)
    return str(server.listening_address)


def _adapter(llama: Any, path: str) -> Any:
    adapter = llama.CommonAdapterLoraInfo()
    adapter.path, adapter.scale = path, 1.0
    return adapter


_kept: list[Any] = []
"""The server ends with its object."""


def main() -> None:
    asyncio.run(_serve(Serving(**json.loads(sys.stdin.readline()))))
