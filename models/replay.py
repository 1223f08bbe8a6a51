"""Recorded answers: `record` writes them, `replay:FILE` answers from them, without a server and at no cost.

A file of answers is JSONL: `{"v": 1, "key", "model", "answer"}`. The key is a hash of the prompt, so that the file
holds no prompt and no key of a provider's; the answer is what the model said.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import FileIO
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from cairn.core.errors import NotRecorded, SettingsError, StorageError

_FIELDS = ("tool_calls", "invalid_tool_calls", "usage_metadata", "response_metadata")


class ReplayChatModel(BaseChatModel):
    """Answers from `file`. The same prompt asked again gets the next of its recorded answers, then the first again.

    Raises SettingsError when the file can't be read, NotRecorded for a prompt that was not recorded.
    """

    file: Path
    temperature: float | None = None
    takes_body: ClassVar[bool] = True
    _answers: dict[str, list[dict[str, Any]]] = PrivateAttr()
    _asked: dict[str, int] = PrivateAttr(default_factory=lambda: defaultdict(int))
    _lock: Any = PrivateAttr(default_factory=Lock)

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        self._answers = _read(self.file)

    @property
    def _llm_type(self) -> str:
        return "replay"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:  # type: ignore[override]
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(**self._find(messages, stop, kwargs)))])

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        yield ChatGenerationChunk(message=AIMessageChunk(**self._find(messages, stop, kwargs)))

    async def _astream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ):
        for chunk in self._stream(messages, stop, **kwargs):
            yield chunk

    def _find(self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        key = prompt_key(messages, kwargs.get("tools"), stop, self.temperature, kwargs.get("extra_body"))
        answers = self._answers.get(key)
        if not answers:
            raise NotRecorded(
                f"{self.file} has no answer to this prompt ({len(self._answers)} others are recorded).",
                f"Record it: the same with a real model and CAIRN_RECORD={self.file}.",
            )
        with self._lock:
            turn = self._asked[key]
            self._asked[key] = turn + 1
        return answers[turn % len(answers)]


def recorder(
    file: Path, model: str, temperature: float | None = None
) -> Callable[[Sequence[BaseMessage], Mapping[str, Any], AIMessage], None]:
    """A function that adds a model's answer to `file`, which it makes at once. Raises SettingsError, StorageError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as error:
        raise SettingsError(
            f"{file} can't be written: {error.strerror}.", "Choose another file for `record`."
        ) from None

    def record(messages: Sequence[BaseMessage], kwargs: Mapping[str, Any], answer: AIMessage) -> None:
        key = prompt_key(messages, kwargs.get("tools"), kwargs.get("stop"), temperature, kwargs.get("extra_body"))
        kept = {"content": answer.content} | {name: value for name in _FIELDS if (value := getattr(answer, name))}
        _append(file, json.dumps({"v": 1, "key": key, "model": model, "answer": kept}, ensure_ascii=False, default=str))

    return record


def prompt_key(
    messages: Sequence[BaseMessage],
    tools: Sequence[Any] | None,
    stop: Sequence[str] | None,
    temperature: float | None,
    body: Mapping[str, Any] | None = None,
) -> str:
    """A hash of all that decides an answer but the model's name; the same in every process and on every machine.

    Ids of tool calls are numbered in order of appearance, since they are random.
    """
    ids: dict[str, int] = {}
    asked = {
        "messages": [_canonical(message, ids) for message in messages],
        "tools": [convert_to_openai_tool(tool)["function"] for tool in tools or ()],
        "stop": list(stop or ()),
        "temperature": temperature,
    } | ({"body": body} if body else {})
    text = json.dumps(asked, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _canonical(message: BaseMessage, ids: dict[str, int]) -> dict[str, Any]:
    form: dict[str, Any] = {"type": message.type.removesuffix("MessageChunk").lower(), "content": message.content}
    if isinstance(message, AIMessage):
        calls = [*message.tool_calls, *message.invalid_tool_calls]
        form["calls"] = [(call["name"], call["args"], ids.setdefault(call["id"] or "", len(ids))) for call in calls]
    elif isinstance(message, ToolMessage):
        form["call"] = ids.setdefault(message.tool_call_id, len(ids))
    return form


def _append(file: Path, line: str) -> None:
    """One write at the end of the file: whole beside other processes' lines, and never glued to a torn one."""
    try:
        with file.open("ab+", buffering=0) as handle:
            torn = handle.tell() > 0 and _last_byte(handle) != b"\n"
            data = (b"\n" if torn else b"") + line.encode("utf-8", "replace") + b"\n"
            if handle.write(data) < len(data):
                raise OSError(None, "there is no room left")
    except OSError as error:
        raise StorageError(f"An answer can't be recorded in {file}: {error.strerror}.", "Is the disk full?") from None


def _last_byte(handle: FileIO) -> bytes:
    handle.seek(-1, os.SEEK_END)
    return handle.read(1)


def _read(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Answers by key. A line that a crash cut short is passed over."""
    answers: dict[str, list[dict[str, Any]]] = defaultdict(list)
    try:
        if file.exists() and not file.is_file():  # a device would be read without end
            raise OSError(None, "it is not a file")
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if (record := _parse(line)) is not None:
                    answers[record["key"]].append(record["answer"])
    except OSError as error:
        raise SettingsError(
            f"The recorded answers in {file} can't be read: {error.strerror}.",
            f"Record them: ask with a real model and CAIRN_RECORD={file}.",
        ) from None
    return dict(answers)


def _parse(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    good = isinstance(record, dict) and isinstance(record.get("key"), str) and isinstance(record.get("answer"), dict)
    return cast(dict[str, Any], record) if good else None
