"""The model services Cairn knows by name: what each needs, and what is there on this machine."""

from __future__ import annotations

import http.client
import json
import os
import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from cairn.core.errors import SettingsError

_PROBE_SECONDS = 0.3
NO_KEY = "none"
"""What is sent as a key where there is none: servers of one's own mostly want none, but the client wants one."""
_WINDOWS = ("n_ctx", "max_model_len", "context_length", "context_window", "max_context_length")
OLLAMA_WINDOW = 4096
"""What Ollama gives a model for which nobody set `num_ctx`; longer prompts it cuts without a word."""


@dataclass(frozen=True, slots=True)
class Provider:
    """`default`: the model that `auto` takes when `variable` holds a key."""

    name: str
    variable: str
    package: str
    default: str

    @property
    def has_key(self) -> bool:
        return bool(os.environ.get(self.variable))

    @property
    def installed(self) -> bool:
        return find_spec(self.package) is not None

    @property
    def install(self) -> str:
        return f"pip install {self.package.replace('_', '-')}"


PROVIDERS = {
    provider.name: provider
    for provider in (
        Provider("openai", "OPENAI_API_KEY", "langchain_openai", "gpt-5-mini"),
        Provider("anthropic", "ANTHROPIC_API_KEY", "langchain_anthropic", "claude-sonnet-4-5"),
        Provider("google_genai", "GOOGLE_API_KEY", "langchain_google_genai", "gemini-flash-latest"),
        Provider("mistralai", "MISTRAL_API_KEY", "langchain_mistralai", "mistral-small-latest"),
        Provider("groq", "GROQ_API_KEY", "langchain_groq", "llama-3.3-70b-versatile"),
        Provider("deepseek", "DEEPSEEK_API_KEY", "langchain_deepseek", "deepseek-chat"),
        Provider("xai", "XAI_API_KEY", "langchain_xai", "grok-4"),
    )
}


def ollama_url() -> str:
    """The address of the local Ollama, from `OLLAMA_HOST` as Ollama itself reads it."""
    host = os.environ.get("OLLAMA_HOST", "").strip() or "127.0.0.1"
    try:
        parts = urlsplit(host if "://" in host else f"http://{host}")
        standard = {"http": 80, "https": 443} if "://" in host else {}
        port = parts.port or standard.get(parts.scheme, 11434)
    except ValueError:
        raise SettingsError(f"OLLAMA_HOST is not an address: {host}.", "Write it as 127.0.0.1:11434.") from None
    name = parts.hostname or "127.0.0.1"
    name = "127.0.0.1" if name in ("0.0.0.0", "::") else name  # noqa: S104 (what a server listens on)
    return f"{parts.scheme}://{f'[{name}]' if ':' in name else name}:{port}{parts.path.rstrip('/')}"


def ollama_models() -> list[str] | None:
    """The chat models of the local Ollama; None when it does not answer at once."""
    names = served_models(f"{ollama_url()}/v1")
    return names and [name for name in names if "embed" not in name and "minilm" not in name]


def served_models(base_url: str, key: str | None = None) -> list[str] | None:
    """What an OpenAI-compatible server says it has; None when it does not answer at once, or not with a list."""
    served = _served(base_url, key)
    return None if served is None else [str(model["id"]) for model in served]


def served_window(base_url: str, name: str, key: str | None = None) -> int | None:
    """The tokens that such a server says a model takes; None where it does not say so at once."""
    served = _served(base_url, key) or []
    of_name = [model for model in served if model["id"] == name] or (served if len(served) == 1 else [])
    meta = of_name[0].get("meta") if of_name else None
    places = [meta if isinstance(meta, dict) else {}, *of_name[:1]]
    told = (place.get(key) for place in places for key in _WINDOWS)
    return next((count for count in told if isinstance(count, int) and count > 0), None)


def ollama_window(name: str) -> int | None:
    """The tokens that the local Ollama gives a model: its `num_ctx`, else what Ollama gives where nothing is said."""
    shown = _asked(f"{ollama_url()}/api/show", {}, {"model": name})
    if not isinstance(shown, dict):
        return None
    told = re.search(r"^num_ctx\s+(\d+)", str(shown.get("parameters") or ""), re.MULTILINE)
    return int(told[1]) if told else OLLAMA_WINDOW


def _served(base_url: str, key: str | None) -> list[dict[str, Any]] | None:
    found = _asked(f"{base_url.rstrip('/')}/models", {"Authorization": f"Bearer {key}"} if key else {})
    if not isinstance(found, dict) or "data" not in found:
        return None
    models = found["data"] or []
    good = isinstance(models, list) and all(isinstance(model, dict) and "id" in model for model in models)
    return models if good else None


def refuses_key(base_url: str, key: str | None) -> bool:
    """Whether an OpenAI-compatible server does not say what it has since the key is missing or wrong."""
    status, _ = _answered(f"{base_url.rstrip('/')}/models", {"Authorization": f"Bearer {key}"} if key else {})
    return status in (401, 403)


def _asked(address: str, headers: dict[str, str], body: Any = None) -> Any:
    """The JSON that a server answers; None when it does not answer at once, or with something else."""
    return _answered(address, headers, body)[1]


def _answered(address: str, headers: dict[str, str], body: Any = None) -> tuple[int, Any]:
    """The status and the JSON; 0 and None where there is none."""
    status = 0
    try:
        parts = urlsplit(address)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_PROBE_SECONDS)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request("GET" if body is None else "POST", parts.path, sent, headers)
            answer = connection.getresponse()
            status = answer.status
            return status, json.loads(answer.read(1_000_000))
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        return status, None
