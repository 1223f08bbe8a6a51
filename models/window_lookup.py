"""How many tokens a model takes: by the setting, else as its server tells."""

from __future__ import annotations

from urllib.parse import urlsplit

from cairn.core.settings import Settings
from cairn.models.guarded_model import GuardedChatModel
from cairn.models.providers import ollama_window, served_window

_NO_NEED = "api.openai.com"


def find_window(model: GuardedChatModel, settings: Settings) -> None:
    """Ask the model's server, once in a process, where neither the setting nor an earlier answer says it."""
    facts = model.facts
    if model.window_is_set or facts.window or facts.asked or not model.needs_finish or model.address is None:
        return
    if urlsplit(model.address).hostname == _NO_NEED:
        return
    facts.asked = True
    provider, _, name = model.model_name.partition(":")
    if provider == "ollama":
        window = ollama_window(name)
    else:
        key = settings.api_key.get_secret_value() if settings.api_key else None
        window = served_window(settings.base_url or model.address, name or provider, key)
    if window:
        facts.learn(window=window)


def window_source(model: GuardedChatModel) -> str:
    """Where `model.takes` comes from."""
    if model.window_is_set:
        return "the `context_window` setting"
    return "as its server says" if model.facts.window else "not known: the default of `context_window`"
