"""The command `cairn` as a terminal runs it: a process of its own, with its environment, its streams and its exit code.

Its imports take longer than most commands do: one process a test worker does them, and each command is a fork of it.
What a start is about (`test_readme`, `test_wheel`, `test_cli_edges`) and what is killed starts a process of its own.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

CAIRN = [str(Path(sys.executable).with_name("cairn"))]
SECONDS = 120
START = """
import socket, sys
from tests.command import serve
with socket.socket(fileno=int(sys.argv[1])) as requests:
    serve(requests)
from cairn.ui.cli import main
main()
"""
APART = ("cairn.ui.web", "cairn.evals.lora_training", "cairn.core.migrations", "cairn.__main__")
"""Not imported beforehand: what no command of a test needs, and what is heavy or an extra."""


def cairn(
    env: Mapping[str, str], *arguments: object, stdin: str = "", ok: int = 0, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A command to its end. It must exit with `ok`, and never with a traceback."""
    command = list(map(str, arguments))
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin.encode())
        given.seek(0)
        code = _forked(env, command, cwd or Path.cwd(), [file.fileno() for file in (given, out, err)])
        out.seek(0)
        err.seek(0)
        done = subprocess.CompletedProcess([*CAIRN, *command], code, out.read().decode(), err.read().decode())
    assert code == ok, f"{command}: exit {code}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def _forked(env: Mapping[str, str], command: list[str], cwd: Path, streams: list[int]) -> int:
    told, tells = socket.socketpair()
    with told:
        told.settimeout(SECONDS)
        request = json.dumps([dict(env), command, str(cwd)]).encode()
        with tells:
            requests, _ = _imported()
            socket.send_fds(requests, [len(request).to_bytes(4)], [*streams, tells.fileno()])
        requests.sendall(request)
        answer = told.recv(16)
    assert answer, "The process that runs the commands of tests ended."
    return int(answer)


@cache
def _imported() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """The process that has imported all, and where it takes requests; it ends when this one does."""
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-c", START, str(theirs.fileno())]
        env = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=Path(__file__).parents[1], env=env)
    atexit.register(_ended, ours, process)
    return ours, process


def _ended(requests: socket.socket, process: subprocess.Popen[bytes]) -> None:
    requests.close()
    process.wait()


def serve(requests: socket.socket) -> None:
    """Fork a process for each request. In that process it returns, and the command is to be run."""
    _import_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        size, descriptors, _, _ = socket.recv_fds(requests, 4, 4)
        if not size:
            sys.exit()
        wanted = int.from_bytes(size)
        request = b""
        while len(request) < wanted:
            request += requests.recv(wanted - len(request))
        if os.fork() == 0:
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if (child := os.fork()) == 0:
                _become(json.loads(request), descriptors)
                return
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            with suppress(OSError):
                os.write(descriptors[3], str(code).encode())
            os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)


def _become(request: tuple[dict[str, str], list[str], str], descriptors: list[int]) -> None:
    env, command, cwd = request
    for number, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, number)
    for descriptor in descriptors:
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = [*CAIRN, *command]


def _import_all() -> None:
    import cairn

    for module in walk_packages(cairn.__path__, "cairn."):
        if not module.name.startswith(APART):
            import_module(module.name)
    gc.collect()
    gc.freeze()  # else each fork's first collection copies all of its memory
