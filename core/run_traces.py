"""Parts of a run that are no Runnables, as LangChain's callbacks see them: named runs below the one they are part of.

Models, tools and retrievers tell of themselves. What else a strategy does says so with `traced`; where nobody listens
that costs the look at one context variable.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from inspect import signature
from typing import Any, Literal, ParamSpec, TypeVar

from langchain_core.callbacks import AsyncCallbackManager
from langchain_core.runnables.config import (
    RunnableConfig,
    get_async_callback_manager_for_config,
    patch_config,
    var_child_runnable_config,
)

_P = ParamSpec("_P")
_T = TypeVar("_T")
Kind = Literal["chain", "tool"]


def traced(
    name: str, kind: Kind = "chain", inputs: Mapping[str, Any] | None = None
) -> Callable[[Callable[_P, Awaitable[_T]]], Callable[_P, Awaitable[_T]]]:
    """Each call of the coroutine function is a run called `name`, with its arguments, or `inputs`, as its input.

    Args:
        name: What traces call it.
        kind: As what: a step of a chain, or the call of a tool.
        inputs: What traces show as its input in the place of its arguments.

    Returns:
        A decorator; `await traced("step 2")(work)()` wraps one call.
    """

    def decorate(work: Callable[_P, Awaitable[_T]]) -> Callable[_P, Awaitable[_T]]:
        @wraps(work)
        async def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            config = var_child_runnable_config.get()
            if config is None or not _is_heard(config):
                return await work(*args, **kwargs)
            given = signature(work).bind(*args, **kwargs).arguments if inputs is None else inputs
            return await _told(name, kind, dict(given), config, lambda: work(*args, **kwargs))

        return call

    return decorate


def _is_heard(config: RunnableConfig) -> bool:
    callbacks = config.get("callbacks")
    return bool(callbacks if isinstance(callbacks, list) else getattr(callbacks, "handlers", None))


async def _told(
    name: str, kind: Kind, inputs: dict[str, Any], config: RunnableConfig, work: Callable[[], Awaitable[_T]]
) -> _T:
    run = await _begun(name, kind, inputs, get_async_callback_manager_for_config(config))
    below = var_child_runnable_config.set(patch_config(config, callbacks=run.get_child()))
    try:
        result = await work()
    except BaseException as error:
        await getattr(run, f"on_{kind}_error")(error)
        raise
    finally:
        var_child_runnable_config.reset(below)
    await getattr(run, f"on_{kind}_end")({"output": result} if kind == "chain" else result)
    return result


async def _begun(name: str, kind: Kind, inputs: dict[str, Any], manager: AsyncCallbackManager) -> Any:
    if kind == "tool":
        return await manager.on_tool_start({"name": name}, str(inputs), name=name, inputs=inputs)
    return await manager.on_chain_start(None, inputs, name=name)
