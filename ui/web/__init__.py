"""The pages: `serve` starts their process, `page_server.py`; `web_app.py` is what it shows."""

from __future__ import annotations

import errno
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from cairn.core.errors import UsageError
from cairn.core.settings import Settings

APP = Path(__file__).with_name("web_app.py")
HOST = "127.0.0.1"
TOKEN_VARIABLE = "CAIRN_WEB_TOKEN"  # noqa: S105 (its name)
_LAST_PORT = 65535
_PATIENCE = 60.0
_PATIENCE_AT_END = 5.0


def serve(
    settings: Settings, port: int = 8501, open_browser: bool = True, address: str = HOST, names: Sequence[str] = ()
) -> int:
    """Serve the pages, and the API beside it, until Ctrl-C; the server's exit code.

    Args:
        settings: Those of the home.
        port: Where it listens.
        open_browser: Whether to open the page.
        address: Another one than this machine's own lets other machines in.
        names: Further host names that it is reached by.

    Returns:
        The exit code.

    Raises:
        UsageError: The port is in use.
    """
    if _taken(port):
        raise _in_use(port)
    token = os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(24)
    command = [sys.executable, "-m", "cairn.ui.web.page_server", str(port), address, *names]
    given = {TOKEN_VARIABLE: token, "STREAMLIT_SERVER_PORT": str(port)}
    process = subprocess.Popen(command, env=os.environ | environment(settings) | given)  # noqa: S603 (our own words)

    def end(_signal: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    if open_browser:
        threading.Thread(target=_open_when_ready, args=(process, port, token), daemon=True).start()
    try:
        code = process.wait()
    except KeyboardInterrupt:
        _end(process)
        return 0
    if code and _taken(port):  # another program was quicker while Streamlit was starting
        raise _in_use(port)
    return code


def _end(process: subprocess.Popen[bytes]) -> None:
    """A server that was told to end before it was quite up does not listen."""
    process.terminate()
    try:
        process.wait(_PATIENCE_AT_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def environment(settings: Settings) -> dict[str, str]:
    """The settings that are not the defaults, as the variables from which another process reads the same."""
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    return {f"CAIRN_{name.upper()}": _as_text(value) for name, value in given.items() if value is not None}


def _as_text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def _open_when_ready(process: subprocess.Popen[bytes], port: int, token: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if _answers(port):
            webbrowser.open(f"http://{HOST}:{port}/?token={token}")
            return
        time.sleep(0.1)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _taken(port: int) -> bool:
    """Whether another program has the port, also one that does not answer (now)."""
    if _answers(port):
        return True
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Streamlit binds
        try:
            probe.bind((HOST, port))
            probe.listen()
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _in_use(port: int) -> UsageError:
    other = port + 1 if port < _LAST_PORT else port - 1
    return UsageError(
        f"Another program has port {port} of this machine.",
        f"Take another port: `cairn web --port {other}`, or `CAIRN_WEB_PORT={other} make run`.",
    )
