"""How many tokens a model takes, as its server tells. It is asked while everything else is prepared."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cairn.core.clean_text import without_password
from cairn.core.settings import Settings
from cairn.models.model_facts import model_facts
from cairn.models.providers import PROVIDERS, ollama_url, ollama_window, served_window

if TYPE_CHECKING:
    from cairn.models.guarded_model import GuardedChatModel

_NO_NEED = "api.openai.com"


def ask_window(full: str, settings: Settings) -> Future[int | None] | None:
    """What the server of the model with this name will have said; None where nobody need be asked."""
    provider, _, name = full.partition(":")
    ollama = provider == "ollama"
    openai = provider == "openai" or (settings.base_url and provider not in (*PROVIDERS, "gguf", "builtin", "replay"))
    address = f"{ollama_url()}/v1" if ollama else settings.base_url or os.environ.get("OPENAI_BASE_URL")
    if "context_window" in settings.model_fields_set or not (ollama or openai) or not address:
        return None
    known = model_facts(settings.home, full, without_password(address)).window
    if known or urlsplit(address).hostname == _NO_NEED:
        return None
    key = settings.api_key.get_secret_value() if settings.api_key else None
    told = Future[int | None]()

    def ask() -> None:
        try:
            told.set_result(ollama_window(name) if ollama else served_window(address, name or provider, key))
        except Exception as error:  # it is for who waits
            told.set_exception(error)

    threading.Thread(target=ask, name="cairn-window", daemon=True).start()
    return told


def window_source(model: GuardedChatModel) -> str:
    """Where `model.takes` comes from."""
    if model.window_is_set:
        return "the `context_window` setting"
    return "as its server says" if model.facts.served_window() else "not known: the default of `context_window`"
