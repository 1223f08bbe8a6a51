"""The process that serves the page and the API: `python -m cairn.ui.web.page_server PORT ADDRESS [HOST NAME…]`.

The settings and the page's token come by the environment, which other people of the machine can't read.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Sequence
from contextlib import closing

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.core.settings import load_settings
from cairn.ui.api.application import UPLOADS, make_api
from cairn.ui.api.host_guard import HostGuard
from cairn.ui.api.http_server import ByPath, listen_on, serve_until_told
from cairn.ui.web import APP, TOKEN_VARIABLE, page_home
from cairn.ui.web.conversation_routes import with_conversation
from cairn.ui.web.page_session import PageSession

_GRACE_SECONDS = 4
_PAGE_UPLOADS = "/_stcore/upload_file"
"""Where Streamlit takes the files that are dropped onto the page."""


def run(port: int, address: str, names: Sequence[str], token: str) -> None:
    """Until SIGTERM or Ctrl-C. Raises UsageError for a port in use, SettingsError, StorageError."""
    with closing(listen_on(address, port)) as at:
        home = Cairn(load_settings())
        key = secrets.token_urlsafe(32)
        page_home.share(home, key)
        page = PageSession(st.App(APP), token, port)
        behind = ByPath(with_conversation(make_api(home, key)), page)
        app = HostGuard(behind, port, names, uploads=[UPLOADS, _PAGE_UPLOADS])

        def tell() -> None:
            shown = "127.0.0.1" if address in ("0.0.0.0", "::") else address  # noqa: S104
            shown = f"[{shown}]" if ":" in shown else shown
            sys.stdout.write(f"\n  Cairn: http://{shown}:{port}/?token={token}\n\n")
            sys.stdout.flush()

        try:
            serve_until_told(app, at, tell, home.workspace.runs.at_work, _GRACE_SECONDS)
        finally:
            home.workspace.close()


if __name__ == "__main__":
    try:
        run(int(sys.argv[1]), sys.argv[2], sys.argv[3:], os.environ[TOKEN_VARIABLE])
    except CairnError as error:
        sys.stderr.write(f"cairn: {error}\n")
        sys.exit(error.exit_code)
