"""The client of a model from a file, by the OpenAI protocol that its server speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2

from cairn.models.gguf_server import gguf_server
from cairn.models.openai_model import ServerClient

ADDRESS = "http://127.0.0.1/v1"
"""Until a request is sent, which then goes to the server's port."""


class GgufClient(ServerClient):
    """The HTTP to the server of a model's file, which is started when it is not there, also in the middle of a chat."""

    def __init__(
        self, name: str, files: list[Path], window: int, home: Path, tell: Callable[[Mapping[str, str]], None]
    ) -> None:
        super().__init__(tell, trust_env=False)
        self._server = gguf_server(name, files, window, home)

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        state = await asyncio.to_thread(self._server.running)
        port = httpx2.URL(state.address).port
        request.url = request.url.copy_with(port=port)
        request.headers |= {"host": f"127.0.0.1:{port}", "authorization": f"Bearer {state.key}"}
        return await super().send(request, **options)
