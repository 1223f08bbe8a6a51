"""LangChain's model for the OpenAI protocol, made to read what servers of that family really send."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI
from openai import DefaultAsyncHttpxClient

from cairn.models.error_mapping import unreadable
from cairn.models.server_stream import ServerStream

_OWN_HOST = "api.openai.com"
_PASSED_ON = ("reasoning_content", "refusal", "named_sources")


class OpenAIModel(ChatOpenAI):
    """`ChatOpenAI` that passes on thoughts, refusals and sources, and names the limit of tokens as the server does."""

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        made = super()._convert_chunk_to_generation_chunk(chunk, default_chunk_class, base_generation_info)
        if made and chunk["choices"] and isinstance(made.message, AIMessageChunk):
            delta = chunk["choices"][0]["delta"]
            made.message.additional_kwargs |= {key: delta[key] for key in _PASSED_ON if delta.get(key)}
        return made

    def _get_request_payload(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        payload = super()._get_request_payload(*args, **kwargs)
        own = urlsplit(self.openai_api_base or "").hostname == _OWN_HOST
        if not own and "max_completion_tokens" in payload:  # OpenAI's new name, which others don't all know
            payload["max_tokens"] = payload.pop("max_completion_tokens")
        return payload


class ServerClient(DefaultAsyncHttpxClient):
    """The HTTP below it. A streamed answer is given on as the protocol describes it, whatever form it came in."""

    def __init__(self, where: str, tell: Callable[[Mapping[str, str]], None], **options: Any) -> None:
        """`where`: the model and its address, for errors. `tell` is told each response's headers."""
        super().__init__(**options)
        self._where = where
        self._tell = tell

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        response = await super().send(request, stream=stream, **options)
        self._tell(response.headers)
        if not stream or not response.is_success:
            return response
        return httpx2.Response(
            response.status_code,
            headers={"content-type": "text/event-stream"},
            stream=_Understood(response, self._where),
            request=request,
            extensions=response.extensions,
        )


class _Understood(httpx2.AsyncByteStream):
    """Iterated a second time, it goes on: so the client reads what is left and can use the connection again."""

    def __init__(self, response: httpx2.Response, where: str) -> None:
        self._response = response
        self._where = where
        self._bytes = response.aiter_bytes()
        self._stream = ServerStream()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._bytes:
            for event in self._stream.take(data):
                yield _line(event)
            if self._stream.done:
                yield b"data: [DONE]\n\n"
        for event in self._stream.take(b"", last=True):
            yield _line(event)
        if self._stream.unread and not self._stream.begun:
            kind = self._response.headers.get("content-type", "").partition(";")[0] or "something else"
            raise unreadable(self._where, f"instead of a stream came {kind}: {self._stream.unread}")

    async def aclose(self) -> None:
        await self._response.aclose()


def _line(event: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"
