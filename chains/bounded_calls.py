"""Model calls that a chain makes on the way to an answer: silent, and held to the task's limits."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage

from cairn.core.clean_text import clean
from cairn.core.errors import CairnError, TaskError
from cairn.core.events import emit, silent
from cairn.core.task import Limits
from cairn.models.answer_forms import AnswerForm
from cairn.models.constrained_output import text_in_form
from cairn.models.guarded_model import limited
from cairn.models.model_stream import UNOPENED
from cairn.models.token_counts import counter_of
from cairn.prompts.template import step

MOST_TOKENS = 800
"""Of one helper's answer; what comes after is not read, nor paid for."""
_SHARE = 0.5
_REFUSAL = re.compile(
    r"\W*(?:(?:i['’]?m|i am|we['’]re)\s+(?:(?:very|so)\s+)?(?:sorry|afraid|unable|not able)|sorry\b"
    r"|i (?:cannot|can['’]?t|won['’]?t|do not|don['’]?t)\b|as an ai\b"
    r"|(?:很|非常)?抱歉|对不起|我?(?:无法|不能)|作为(?:一个)?(?:人工智能|AI))",
    re.IGNORECASE,
)
_HELPERS_SHARE = 0.5


class HelperError(Exception):
    """A helper call gave nothing that can be used; the message says why, as the end of a sentence.

    `limit`: the limit's name in `task.limits` where that is why.
    """

    def __init__(self, reason: str, limit: str | None = None) -> None:
        super().__init__(reason)
        self.limit = limit


class Helper:
    """One answer's helper calls: all but one of the task's model calls, within its tokens and seconds.

    Each call gets at most half of the time that is left, so that the answer always has some.
    """

    def __init__(self, model: BaseChatModel, limits: Limits) -> None:
        self._model = model
        self._count = counter_of(model)
        self._calls = limits.model_calls - 1
        self._tokens = limits.tokens
        self._end = time.monotonic() + limits.seconds

    @property
    def model(self) -> str:
        """The model's name."""
        return _name(self._model)

    @property
    def seconds_left(self) -> float:
        """For the answer itself."""
        return max(0.0, self._end - time.monotonic())

    async def ask(self, name: str, form: AnswerForm | None = None, **values: str) -> str:
        """What the model says to the step `name`, never empty; asked for in the `form`. Raises HelperError."""
        messages = step(name).format_messages(**{key: clean(value) for key, value in values.items()})
        self._spend(messages)
        try:
            with silent():
                async with asyncio.timeout(self.seconds_left * _SHARE):
                    text = await text_in_form(self._model, form, lambda body: self._read(name, messages, body))
        except TimeoutError:
            _report_unknown_usage(self._model)
            raise HelperError("the model took too long") from None
        except CairnError as error:
            raise HelperError(str(error).rstrip(".")) from error
        self._tokens -= self._count(text)
        if not text.strip() or _REFUSAL.match(text):
            raise HelperError("the model gave no answer" if not text.strip() else "the model refused")
        return text.strip()

    def _spend(self, messages: list[BaseMessage]) -> None:
        self._calls -= 1
        self._tokens -= sum(self._count(message.text) for message in messages) + MOST_TOKENS
        if self._calls < 0 or self._tokens < 0:
            raise HelperError(f"the limit of {'model calls' if self._calls < 0 else 'tokens'} is reached")
        self._tokens += MOST_TOKENS

    async def _read(self, name: str, messages: list[BaseMessage], body: dict[str, Any]) -> AIMessage:
        text, tokens, finish = "", 0, {}
        model = limited(self._model, MOST_TOKENS)
        stream = cast(AsyncGenerator[AIMessageChunk], model.astream(messages, {"run_name": name}, **body))
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                text = "" if UNOPENED in chunk.additional_kwargs else text + chunk.text
                finish |= chunk.response_metadata
                tokens += self._count(chunk.text)
                if tokens > MOST_TOKENS:
                    _report_unknown_usage(self._model)
                    finish = {"finish_reason": "length"}
                    break
        return AIMessage(text, response_metadata=finish)


def need_writer(model: BaseChatModel, *settings: str) -> None:
    """Raises TaskError, naming the first of `settings`, if the model can't write anything of its own."""
    if settings and not getattr(model, "generative", True):
        raise TaskError(
            f"`{settings[0]}` needs a model that writes, which {getattr(model, 'model_name', 'this one')} does not.",
            "Choose another model (`cairn doctor` tells how), or leave that setting out of the task.",
        )


def listed_lines(text: str, most: int) -> list[str]:
    """The different items of a list, one a line, at most `most`. Raises HelperError when it is none."""
    items = [
        match[1].strip().strip('"“”')
        for match in re.finditer(r"^[ \t]*(?:[-*•–]|\d{1,2}[.)、])[ \t]*(.+)$", text, re.M)
    ]
    found = [item for item in dict.fromkeys(items) if re.search(r"\w", item) and len(item) <= 500][:most]
    if not found:
        raise HelperError("its answer was not a list")
    return found


class LimitReached(Exception):
    """`reason` is the limit's name in `task.limits`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Budget:
    """Asks the model, silently, as long as calls, tokens and seconds last. Safe for calls that run at once."""

    def __init__(self, model: BaseChatModel, limits: Limits) -> None:
        self._model = model
        self._count = counter_of(model)
        self._limits = limits
        self._end = time.monotonic() + limits.seconds
        self._calls = 0
        self._tokens = 0

    @property
    def calls_left(self) -> int:
        return self._limits.model_calls - self._calls

    @property
    def writes(self) -> bool:
        """Whether the model writes texts of its own."""
        return bool(getattr(self._model, "generative", True))

    async def ask(self, messages: Sequence[BaseMessage]) -> str:
        """What the model answers. Raises LimitReached, ModelError."""
        return (await self._ask(messages, self._end - time.monotonic())).text

    async def help(
        self, messages: Sequence[BaseMessage], keep: int = 1, form: AnswerForm | None = None, most: int | None = None
    ) -> str:
        """The same for a call that the answer can do without: `keep` calls are left over, and half of the time.

        `most`: tokens of what it says.

        Raises HelperError.
        """
        if self.calls_left < 1 + keep:
            raise HelperError("the limit of model calls is reached", "model_calls")
        try:
            seconds = (self._end - time.monotonic()) * _HELPERS_SHARE
            return await text_in_form(self._model, form, lambda body: self._ask(messages, seconds, body, most))
        except LimitReached as limit:
            reason = "the model took too long" if limit.reason == "seconds" else f"the limit of {limit.reason}"
            raise HelperError(reason, limit.reason) from None
        except CairnError as error:
            raise HelperError(str(error).rstrip(".")) from error

    async def _ask(
        self,
        messages: Sequence[BaseMessage],
        seconds: float,
        body: Mapping[str, Any] | None = None,
        most: int | None = None,
    ) -> AIMessage:
        sent = sum(self._count(message.text) for message in messages)
        if self.calls_left < 1:
            raise LimitReached("model_calls")
        if self._tokens + sent > self._limits.tokens:
            raise LimitReached("tokens")
        self._calls += 1
        self._tokens += sent
        model = limited(self._model, most) if most else self._model
        deadline = asyncio.timeout(max(0.0, seconds))
        try:
            with silent():
                async with deadline:
                    message = await model.ainvoke(list(messages), **(body or {}))
        except TimeoutError:
            if not deadline.expired():
                raise
            _report_unknown_usage(self._model)
            raise LimitReached("seconds") from None
        used = message.usage_metadata["total_tokens"] - sent if message.usage_metadata else None
        self._tokens += self._count(message.text) if used is None else max(used, 0)
        return message


def _report_unknown_usage(model: BaseChatModel) -> None:
    """A call that was broken off has a cost that nobody knows."""
    emit("usage", {"model": _name(model), "input_tokens": None, "output_tokens": None, "cost": None})


def _name(model: BaseChatModel) -> str:
    return getattr(model, "model_name", type(model).__name__)
