"""LangChain's model for the OpenAI protocol, made to read what servers of that family really send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx2
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI
from openai import DefaultAsyncHttpxClient

from cairn.models.error_mapping import unreadable
from cairn.models.server_stream import ServerStream

_OWN_HOST = "api.openai.com"
_PASSED_ON = ("reasoning_content", "refusal", "named_sources")
_LAST_BYTES_SECONDS = 0.05


class OpenAIModel(ChatOpenAI):
    """`ChatOpenAI` that reads a stream in whatever form it comes, passes on thoughts, refusals and sources, and names
    the limit of tokens as the server knows it. `where`: the model and its address, for errors."""

    where: str

    async def _astream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        """Past the client's own reading of events, which wants each of them in order, and costs more than the rest."""
        asked = {**kwargs, "stream": True, "stream_options": {"include_usage": True}}
        payload = self._get_request_payload(messages, stop=stop, **asked)
        if tools := payload.pop("tools", None):  # as they are: the client goes through each part of their schemas
            payload["extra_body"] = {**payload.get("extra_body", {}), "tools": tools}
        response = (await self.async_client.with_raw_response.create(**payload)).http_response
        try:
            async for event in self._events(response):
                if chunk := self._convert_chunk_to_generation_chunk(event, AIMessageChunk, None):
                    yield chunk
        finally:
            await response.aclose()

    async def _events(self, response: httpx2.Response) -> AsyncGenerator[dict[str, Any]]:
        stream = ServerStream()
        received = response.aiter_bytes()
        async for data in received:
            for event in stream.take(data):
                yield event
            if stream.done:  # what is left ends the response, so that its connection can be used again
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LAST_BYTES_SECONDS):
                        await anext(received, None)
                return
        for event in stream.take(b"", last=True):
            yield event
        if stream.unread and not stream.begun:
            kind = response.headers.get("content-type", "").partition(";")[0] or "something else"
            raise unreadable(self.where, f"instead of a stream came {kind}: {stream.unread}")

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
    """The HTTP below it, whose `tell` is told each response's headers."""

    def __init__(self, tell: Callable[[Mapping[str, str]], None], **options: Any) -> None:
        super().__init__(**options)
        self._tell = tell

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        response = await super().send(request, **options)
        self._tell(response.headers)
        return response
