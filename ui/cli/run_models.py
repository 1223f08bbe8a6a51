"""`cairn models`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from cairn.core.errors import UsageError
from cairn.core.settings import Home, Settings, load_settings
from cairn.models.model_registry import choose_model, list_models
from cairn.prompts.task_store import PromptStore
from cairn.ui.cli.terminal import note, say, say_json, say_table


def list_all(home: Path | None, as_json: bool) -> None:
    settings = load_settings(home)
    found = list_models(settings)
    if as_json:
        say_json([asdict(model) for model in found])
        return
    say_table(["model", "usable", "why"], [(m.name, "yes" if m.usable else "no", m.reason) for m in found])
    choice = choose_model(settings) if settings.model == "auto" else None
    answers = f"{choice.name} ({choice.reason})" if choice else f"{settings.model} (the `model` setting)"
    note(f"Answers now: {answers}")


def get(home: Path | None, name: str) -> None:
    match name:
        case "minilm":
            _get_minilm()
        case "tiktoken":
            _get_tiktoken(load_settings(home))
        case _:
            raise UsageError(f"There is no download called {name!r}.", "There are: minilm, tiktoken.")


def _get_minilm() -> None:
    from cairn.models.minilm import download_minilm

    folder = download_minilm(note)
    say(f"MiniLM is in {folder}. It is used from now on; your documents are embedded anew at the next question.")


def _get_tiktoken(settings: Settings) -> None:
    from cairn.models.token_counts import get_encodings, token_counter

    home = Home(settings.home)
    models = configured_models(settings, PromptStore(home))
    get_encodings(models, home.root, note)
    for model in models:
        say(f"{model}: tokens are counted {token_counter(model, home.root)}")


def configured_models(settings: Settings, prompts: PromptStore) -> list[str]:
    """The model of the settings, what `auto` means now, and those that tasks name. Raises TaskError, SettingsError."""
    named = [settings.model, *(prompts.task(name).model for name in prompts.tasks())]
    return list(dict.fromkeys(choose_model(settings).name if name == "auto" else name for name in named if name))
