"""One answer's model calls, all held to the task's limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from cairn.chains.helper_calls import HelperError
from cairn.core.errors import CairnError
from cairn.core.events import emit, silent
from cairn.core.task import Limits
from cairn.models.token_counts import counter_of

_HELPERS_SHARE = 0.5


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

    @property
    def temperature(self) -> float | None:
        """The model's, None where it has none."""
        return getattr(getattr(self._model, "inner", self._model), "temperature", None)

    async def ask(self, messages: Sequence[BaseMessage], temperature: float | None = None) -> str:
        """What the model answers. Raises LimitReached, ModelError."""
        return await self._ask(messages, self._end - time.monotonic(), temperature)

    async def help(self, messages: Sequence[BaseMessage], keep: int = 1) -> str:
        """The same for a call that the answer can do without: `keep` calls are left over, and half of the time.

        Raises HelperError.
        """
        if self.calls_left < 1 + keep:
            raise HelperError("the limit of model calls is reached")
        try:
            return await self._ask(messages, (self._end - time.monotonic()) * _HELPERS_SHARE)
        except LimitReached as limit:
            reason = "the model took too long" if limit.reason == "seconds" else f"the limit of {limit.reason}"
            raise HelperError(reason) from None
        except CairnError as error:
            raise HelperError(str(error).rstrip(".")) from error

    async def _ask(self, messages: Sequence[BaseMessage], seconds: float, temperature: float | None = None) -> str:
        sent = sum(self._count(message.text) for message in messages)
        if self.calls_left < 1:
            raise LimitReached("model_calls")
        if self._tokens + sent > self._limits.tokens:
            raise LimitReached("tokens")
        model = self._model if temperature is None else self._model.bind(temperature=temperature)
        self._calls += 1
        self._tokens += sent
        deadline = asyncio.timeout(max(0.0, seconds))
        try:
            with silent():
                async with deadline:
                    message = await model.ainvoke(list(messages))
        except TimeoutError:
            if not deadline.expired():
                raise
            self._report_unknown_usage()
            raise LimitReached("seconds") from None
        used = message.usage_metadata["total_tokens"] - sent if message.usage_metadata else None
        self._tokens += self._count(message.text) if used is None else max(used, 0)
        return message.text

    def _report_unknown_usage(self) -> None:
        """A call that was broken off has a cost that nobody knows."""
        name = getattr(self._model, "model_name", type(self._model).__name__)
        emit("usage", {"model": name, "input_tokens": None, "output_tokens": None, "cost": None})
