"""From a name to a chat model: the one place where models are made."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import finalize

from cairn.core import event_loop
from cairn.core.clean_text import without_password
from cairn.core.errors import KeyMissing, KeyRefused, SettingsError
from cairn.core.settings import KEY, Settings
from cairn.core.task import ANSWER_TOKENS
from cairn.models.providers import NO_KEY, PROVIDERS, ollama_models, ollama_url, refuses_key, served_models

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from cairn.models.guarded_model import GuardedChatModel
    from cairn.models.openai_model import ServerClient
    from cairn.models.rate_limits import RateLimiter

_OPENAI = "https://api.openai.com/v1"
_CONNECT_SECONDS = 10.0
_ANY_FILE = "gguf:FILE"
_OWN_TEMPERATURE = re.compile(r"o\d")
"""OpenAI's first models that think refuse every other temperature; LangChain knows of the later ones."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A model's full name, and why it was chosen."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One line of `cairn models list`: a name to use, whether it can be used here, and why or what is missing."""

    name: str
    usable: bool
    reason: str

    @property
    def choosable(self) -> bool:
        """Whether the name can be asked as it stands: `gguf:FILE` and `openai:…` only show how one looks."""
        return self.usable and self.name != _ANY_FILE and not self.name.endswith("…")


def make_chat_model(
    name: str | BaseChatModel,
    settings: Settings,
    temperature: float | None = None,
    answer_tokens: int | None = None,
) -> GuardedChatModel:
    """The chat model called `name`, or the given one, guarded. `temperature` None: the setting's.

    `answer_tokens`: of one answer at most, None for what tasks have. A given model keeps what it was made with.

    Names: `auto`, `builtin`, `replay:FILE`, `gguf:FILE`, `ollama:NAME`, `provider:NAME`, or a bare NAME at `base_url`.
    Nothing is sent yet. Raises SettingsError (exit code 2) saying what is missing.
    """
    from cairn.models.gguf_file import knows_tools
    from cairn.models.guarded_model import GuardedChatModel
    from cairn.models.model_facts import model_facts
    from cairn.models.rate_limits import RateLimiter
    from cairn.models.token_counts import TokenCounter, token_counter

    temperature = settings.temperature if temperature is None else temperature
    if isinstance(name, GuardedChatModel):
        return name
    if not isinstance(name, str):
        made = _Made(name, openai=getattr(name, "use_responses_api", None) is False)
        full = str(getattr(name, "model_name", None) or type(name).__name__)
    else:
        full = choose_model(settings).name if name == "auto" else name.strip()
        answer_tokens = answer_tokens or ANSWER_TOKENS
        made = _make(full, settings, {"temperature": temperature, "max_tokens": answer_tokens})
    address = made.address and without_password(made.address)
    limiter = made.limiter or RateLimiter()
    limiter.allow(settings.requests_per_minute, settings.tokens_per_minute)
    facts = model_facts(settings.home, full, address)
    facts.window = made.window or facts.window
    if facts.tools is None and made.file:
        facts.tools = knows_tools(made.file)
    counter = token_counter(full, settings.home)
    return GuardedChatModel(
        inner=made.model,
        model_name=full,
        name=full,
        address=address,
        facts=facts,
        needs_finish=made.openai,
        timeout=settings.timeout,
        first_timeout=max(settings.first_timeout, settings.timeout),
        retries=settings.retries,
        answer_tokens=answer_tokens,
        window=settings.context_window,
        window_is_set="context_window" in settings.model_fields_set,
        price=made.price or _price(full, settings),
        counter=counter if counter.exact else TokenCounter(ratios=facts.ratios),
        recorder=_recorder(full, settings, temperature),
        limiter=limiter,
    )


def choose_model(settings: Settings) -> Choice:
    """What `auto` means here: a server that is set, a key in the environment, a local Ollama, else `builtin`."""
    if settings.base_url:
        where, key = without_password(settings.base_url), _key("", settings)
        if not (names := served_models(settings.base_url, key)):
            if refuses_key(settings.base_url, key):
                told = f"{where} refuses to say which models it has: the key is missing or wrong."
                raise KeyRefused(told, "Check the key in the environment.")
            raise SettingsError(
                f"{where} does not say which models it has.",
                "Name one: `--model NAME` or `model` in cairn.toml.",
            )
        return Choice(f"openai:{names[0]}", f"the first model of {where}")
    if settings.api_key:
        return Choice(f"openai:{PROVIDERS['openai'].default}", "`api_key` is set")
    for provider in PROVIDERS.values():
        if provider.has_key and provider.installed:
            return Choice(f"{provider.name}:{provider.default}", f"{provider.variable} is set")
    if names := ollama_models():
        return Choice(f"ollama:{names[0]}", f"a local Ollama answers at {ollama_url()}")
    return Choice("builtin", "there is no key in the environment and no local Ollama")


def key_variable(model: str, settings: Settings) -> str:
    """Where a key for `model` belongs: one for its server, or that is set for all models, wins over its provider's."""
    provider = PROVIDERS.get(model.partition(":")[0])
    return KEY if settings.api_key or settings.base_url or provider is None else provider.variable


def key_in_use(model: str, settings: Settings) -> str:
    """Where the key stands that `model` is asked with now, if there is one."""
    return KEY if settings.api_key else PROVIDERS.get(model.partition(":")[0], PROVIDERS["openai"]).variable


def list_models(settings: Settings) -> list[ModelInfo]:
    """What can be used here, and what is missing for the rest."""
    found = [ModelInfo("builtin", True, "always there; it calls tools and quotes, it does not write")]
    if settings.base_url:
        names = served_models(settings.base_url, _key("", settings))
        found += [
            ModelInfo(f"openai:{name}", True, f"served at {without_password(settings.base_url)}")
            for name in names or ()
        ]
        if not names:
            found.append(
                ModelInfo(
                    "openai:…", names is not None, f"{without_password(settings.base_url)} does not list its models"
                )
            )
    for provider in () if settings.base_url else PROVIDERS.values():  # all of them would be asked at that address
        missing = [] if provider.has_key else [f"{provider.variable} is not set"]
        missing += [] if provider.installed else [provider.install]
        reason = "; ".join(missing) or f"{provider.variable} is set"
        found.append(ModelInfo(f"{provider.name}:{provider.default}", not missing, reason))
    names = ollama_models()
    found += [ModelInfo(f"ollama:{name}", True, "local") for name in names or ()]
    if not names:
        reason = f"no Ollama answers at {ollama_url()}" if names is None else "no model is pulled: `ollama pull NAME`"
        found.append(ModelInfo("ollama:…", False, reason))
    found.append(_gguf_info(settings))
    if settings.record and settings.record.is_file():
        found.append(ModelInfo(f"replay:{settings.record}", True, "recorded answers"))
    return found


def _gguf_info(settings: Settings) -> ModelInfo:
    """The file that the setting names, if it names one."""
    from cairn.models.gguf_file import window_of
    from cairn.models.gguf_server import gguf_files

    named = settings.model.startswith("gguf:")
    name = settings.model if named else _ANY_FILE
    try:
        files = gguf_files(name, there=named)
        reason = f"{window_of(files[0]):,} tokens at once" if named else "any model's file that llama.cpp reads"
    except SettingsError as error:
        return ModelInfo(name, False, f"{error.message} {error.hint}")
    return ModelInfo(name, True, reason)


@dataclass(frozen=True, slots=True)
class _Made:
    model: BaseChatModel
    address: str | None = None
    openai: bool = False
    price: tuple[float, float] | None = None
    limiter: RateLimiter | None = None
    window: int | None = None
    file: Path | None = None


def _make(full: str, settings: Settings, asked: dict[str, Any]) -> _Made:
    """`asked`: what every answer is asked for with; None is left to the server."""
    asked = {key: value for key, value in asked.items() if value is not None}
    provider, colon, name = full.partition(":")
    if full == "builtin":
        from cairn.models.builtin.builtin_chat import BuiltinChatModel

        return _Made(BuiltinChatModel(), price=(0, 0))
    if provider == "replay" and name:
        from cairn.models.replay import ReplayChatModel

        return _Made(ReplayChatModel(file=Path(name).expanduser(), temperature=asked.get("temperature")))
    if provider == "gguf" and name:
        return _gguf(full, settings, asked)
    if provider == "ollama" and name:
        return _openai(name, f"{ollama_url()}/v1", "ollama", settings, asked)
    if provider == "openai" and name:
        return _openai(name, settings.base_url, _key(full, settings), settings, asked)
    if settings.base_url and full and provider not in PROVIDERS:
        return _openai(full, settings.base_url, _key(full, settings), settings, asked)
    if not colon or not name:
        raise SettingsError(
            f"The model {full!r} names no provider.",
            "Write `openai:NAME`, `ollama:NAME`, `gguf:FILE`, `builtin`, `replay:FILE`, or set `base_url` for your own "
            "server.",
        )
    return _other(full, settings, asked)


def _key(full: str, settings: Settings) -> str:
    """The key to send."""
    if settings.api_key:
        return settings.api_key.get_secret_value()
    if key := os.environ.get("OPENAI_API_KEY"):
        return key
    if settings.base_url or os.environ.get("OPENAI_BASE_URL"):
        return NO_KEY
    raise KeyMissing(
        "An OpenAI model needs a key, and none is set.",
        "Set OPENAI_API_KEY, or choose another model: `cairn models list`.",
        full,
    )


def _openai(name: str, url: str | None, key: str, settings: Settings, asked: dict[str, Any]) -> _Made:
    """Retries are ours (`max_retries=0`), and so are all limits of tokens, and of time but the one for connecting.

    Proxies are those of the environment, which httpx reads unless it is given socket options.
    """
    from cairn.models.openai_model import ServerClient
    from cairn.models.rate_limits import limiter_of

    address = url or os.environ.get("OPENAI_BASE_URL") or _OPENAI
    if urlsplit(address).scheme not in ("http", "https"):
        raise SettingsError(
            f"`base_url` is not an address: {without_password(address)}.", "Write it as http://host:port/v1."
        )
    limiter = limiter_of(address, name)
    client = ServerClient(limiter.told)
    asked = {} if _OWN_TEMPERATURE.match(name) else asked
    where = f"{name} at {without_password(address)}"
    model = _speaking(client, name, address, where, key, settings, asked)
    return _Made(model, address, openai=True, limiter=limiter)


def _gguf(full: str, settings: Settings, asked: dict[str, Any]) -> _Made:
    """The server of a file is started by its first request, and only then has an address."""
    from cairn.models.gguf_model import ADDRESS, GgufClient
    from cairn.models.gguf_server import gguf_files, window_for
    from cairn.models.rate_limits import limiter_of

    files = gguf_files(full)
    window = window_for(files, settings)
    limiter = limiter_of(None, full)
    client = GgufClient(full, files, window, settings.home, limiter.told)
    model = _speaking(client, full, ADDRESS, full, "none", settings, asked)
    return _Made(model, openai=True, price=(0, 0), limiter=limiter, window=window, file=files[0])


def _speaking(
    client: ServerClient, name: str, address: str, where: str, key: str, settings: Settings, asked: dict[str, Any]
) -> BaseChatModel:
    """The model `name` by the OpenAI protocol, which `client` is spoken by."""
    from openai import Timeout

    from cairn.models.openai_model import OpenAIModel

    options: dict[str, Any] = {
        "where": where,
        "base_url": address,
        "api_key": key,
        "use_responses_api": False,
        "max_retries": 0,
        "timeout": Timeout(None, connect=min(_CONNECT_SECONDS, settings.first_timeout)),
        "stream_chunk_timeout": None,
        "http_async_client": client,
        "http_socket_options": (),
    }
    if "temperature" in asked:
        options["temperature"] = asked["temperature"]
    model = OpenAIModel(model=name, **options)
    finalize(model, lambda: event_loop.start(client.aclose())).atexit = False
    return model


def _other(full: str, settings: Settings, asked: dict[str, Any]) -> _Made:
    """A model of any provider that LangChain has a package for."""
    from langchain.chat_models import init_chat_model

    from cairn.models.rate_limits import limiter_of

    known = PROVIDERS.get(full.partition(":")[0])
    options: dict[str, Any] = dict(asked)
    if known:
        if not known.installed:
            raise SettingsError(f"The model {full} needs a package that is not there.", f"`{known.install}` brings it.")
        options |= {"max_retries": 0, "timeout": max(settings.first_timeout, settings.timeout)}
    if settings.api_key:
        options["api_key"] = settings.api_key.get_secret_value()
    elif known and not known.has_key:
        raise KeyMissing(f"The model {full} needs a key, and none is set.", f"Set {known.variable}.", full)
    if settings.base_url:
        options["base_url"] = settings.base_url
    try:
        return _Made(init_chat_model(full, **options), settings.base_url, limiter=limiter_of(settings.base_url, full))
    except ImportError as error:
        raise SettingsError(f"The model {full} needs a package that is not there: {error}") from None
    except ValueError as error:
        reason = str(error).strip().splitlines()[0]
        raise SettingsError(
            f"The model {full} can't be made: {reason}", "`cairn models list` shows what there is."
        ) from None


def _price(full: str, settings: Settings) -> tuple[float, float] | None:
    """The price under the full name, else under the name without its provider."""
    return settings.prices.get(full) or settings.prices.get(full.partition(":")[2])


def _recorder(full: str, settings: Settings, temperature: float | None) -> Any:
    if settings.record is None or full.startswith("replay:"):
        return None
    from cairn.models.replay import recorder

    return recorder(settings.record.expanduser(), full, temperature)
