"""The model services Cairn knows by name: what each needs, and what is there on this machine."""

from __future__ import annotations

import http.client
import json
import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from cairn.core.errors import SettingsError

_PROBE_SECONDS = 0.3


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
    try:
        parts = urlsplit(base_url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_PROBE_SECONDS)
        try:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            connection.request("GET", f"{parts.path.rstrip('/')}/models", headers=headers)
            found: Any = json.loads(connection.getresponse().read(1_000_000))
        finally:
            connection.close()
        return [str(model["id"]) for model in found["data"] or ()]
    except (OSError, ValueError, LookupError, TypeError, http.client.HTTPException):
        return None
