"""`cairn serve`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from cairn.agents.service import Cairn
from cairn.core.settings import Settings
from cairn.memory.api_keys import Keys
from cairn.ui.api.application import UPLOADS, make_api
from cairn.ui.api.host_guard import HostGuard, Limits
from cairn.ui.api.http_server import is_local, listen_on, serve_until_told
from cairn.ui.cli.terminal import note

EXPOSED = (
    "Other machines can reach this address, and what is sent there can be read on the way: put a proxy with HTTPS "
    "before it, and name it by --host-name."
)


def serve(settings: Settings, port: int, address: str, names: Sequence[str], max_upload: int) -> None:
    """Until SIGTERM or Ctrl-C. What is still at work then is told as interrupted, and can be gone on with."""
    with closing(listen_on(address, port)) as at:
        port = at.getsockname()[1]
        home = Cairn(settings)
        limits = Limits(upload=max_upload * 1_000_000)
        app = HostGuard(make_api(home), port, names, limits, uploads=[UPLOADS])

        def tell() -> None:
            shown = f"[{address}]" if ":" in address else address
            url = f"http://{shown}:{port}"
            note(f"Cairn's API: {url}/api/v1, for OpenAI's clients {url}/v1. Ctrl-C ends it.")
            if not Keys(home.workspace.database, settings.user).list():
                note("Nobody has a key yet: cairn keys add NAME")
            warn_if_exposed(address)

        try:
            serve_until_told(app, at, tell, home.workspace.runs.at_work)
        finally:
            home.workspace.close()


def warn_if_exposed(address: str) -> None:
    """Raises UsageError for what is no address."""
    if not is_local(address):
        note(EXPOSED)
