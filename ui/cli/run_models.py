"""`cairn models`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from cairn.core.errors import UsageError
from cairn.core.settings import load_settings
from cairn.models.model_registry import choose_model, list_models
from cairn.ui.cli.terminal_output import note, say, say_json, say_table


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
    if name != "minilm":
        raise UsageError(f"There is no download called {name!r}.", "There is: minilm.")
    from cairn.models.minilm import download_minilm

    folder = download_minilm(note)
    say(f"MiniLM is in {folder}. It is used from now on; your documents are embedded anew at the next question.")
