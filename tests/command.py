"""The command `cairn` as a terminal runs it: a process of its own, with its environment, its streams and its exit code.

Its imports take longer than most commands do: one process a test worker does them, and each command is a fork of it.
What a start is about (`test_lazy`, `test_wheel`, `test_cli_edges`) starts a process of its own.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import shutil
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
from select import select
from threading import Thread

SECONDS = 120
CAIRN = [sys.executable, "-m", "cairn"]
"""For tests of Ctrl-C: a process of its own, which hears the signal itself."""
CLIENT = """#!{python} -IS
import json, os, signal, socket, sys
def forward(number, _frame):
    server.send(bytes([number]))
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, forward)
    request = json.dumps([dict(os.environ), sys.argv, os.getcwd()]).encode()
    socket.send_fds(server, [len(request).to_bytes(4)], [0, 1, 2])
    server.sendall(request)
    code = int(server.recv(16))
if code < 0:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""
"""What stands for `cairn`, or for `python -c`, hands over all that it was given, and passes signals on."""
SERVER = """
import sys
from tests.command import serve
program = serve(sys.argv[1])
if program is None:
    from cairn.ui.cli import main
    main()
else:
    exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})
"""
APART = ("cairn.ui.web", "cairn.evals.lora_training", "cairn.core.migrations", "cairn.__main__")
"""Not imported beforehand: what no command of a test needs, and what is heavy or an extra."""


def cairn(
    env: Mapping[str, str], *arguments: object, stdin: str = "", ok: int = 0, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A command to its end. It must exit with `ok`, and never with a traceback."""
    command = [cairn_command(), *map(str, arguments)]
    done = subprocess.run(
        command, env=env, cwd=cwd, input=stdin, capture_output=True, encoding="utf-8", timeout=SECONDS
    )
    assert done.returncode == ok, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def cairn_command() -> str:
    """What to run as `cairn`; its folder can stand on the path."""
    return str(_clients() / "cairn")


def python_command() -> str:
    """What to run as `python`, with `-c`: a program that imports of `cairn` finds it imported."""
    return str(_clients() / "python")


@cache
def _clients() -> Path:
    """The folder with the commands, once there is the process that has imported all; it ends when this one does."""
    folder = Path(tempfile.mkdtemp(prefix="cairn"))
    atexit.register(shutil.rmtree, folder)
    address = str(folder / "requests")
    for name in ("cairn", "python"):
        (folder / name).write_text(CLIENT.format(python=sys.executable, address=address), "utf-8")
        (folder / name).chmod(0o700)
    env = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, address],
        cwd=Path(__file__).parents[1],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin and process.stdout
    with process.stdout as listens:
        assert listens.readline(), "The process that runs the commands of tests ended."
    atexit.register(process.wait)
    atexit.register(process.stdin.close)
    return folder


def serve(address: str) -> str | None:
    """Fork a process for each request. In that process it returns: the program that is to be run, None for `cairn`."""
    _import_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("listens", flush=True)
        while True:
            if sys.stdin in select([listener, sys.stdin], [], [])[0]:
                sys.exit()
            connection, _ = listener.accept()
            if os.fork() == 0:
                break
            connection.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with connection:
        size, streams, _, _ = socket.recv_fds(connection, 4, 3)
        wanted, request = int.from_bytes(size), b""
        while len(request) < wanted:
            request += connection.recv(wanted - len(request))
        if (child := os.fork()) != 0:
            Thread(target=_signalled, args=(connection, child), daemon=True).start()
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            with suppress(OSError):
                connection.sendall(str(code).encode())
            os._exit(0)
    return _become(json.loads(request), streams)


def _signalled(connection: socket.socket, child: int) -> None:
    """Pass on what the client is sent; one that is gone was killed."""
    with suppress(ProcessLookupError):
        while number := connection.recv(1):
            os.kill(child, number[0])
        os.kill(child, signal.SIGKILL)


def _become(request: tuple[dict[str, str], list[str], str], streams: list[int]) -> str | None:
    env, command, cwd = request
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - until the process ends
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    named, *arguments = command
    program = None if Path(named).name == "cairn" else arguments.pop(1)
    sys.argv = [named, *arguments] if program is None else arguments
    sys.path[:1] = [*([] if program is None else [""]), *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    return program


def _import_all() -> None:
    import cairn

    for module in walk_packages(cairn.__path__, "cairn."):
        if not module.name.startswith(APART):
            import_module(module.name)
    gc.collect()
    gc.freeze()  # else each fork's first collection copies all of its memory
