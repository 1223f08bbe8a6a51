"""What an open home is set to: its settings, its keys, and the models that these let it choose."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from cairn.agents.workspace import Workspace
from cairn.core.key_store import KeyStore
from cairn.core.settings import KEY, Settings, load_settings
from cairn.core.settings_file import change_settings
from cairn.models.model_registry import Choice, choose_model, key_in_use, key_variable, list_models


class OpenHome:
    """The part of `Cairn` that changes how questions are answered from the next one on.

    Args:
        settings: Where the home is, and everything that can be set.

    Raises:
        StorageError: The home or its database can't be opened.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.workspace = Workspace(settings)

    def model_in_use(self, model: str | None = None) -> Choice:
        """The model that answers now, and why it is this one."""
        name = model or self.settings.model
        return choose_model(self.settings) if name == "auto" else Choice(name, "chosen")

    def apply(self, settings: Settings) -> None:
        """Other settings, from the next question on."""
        self.settings = settings
        self.workspace.apply(settings)

    def change(self, **changes: Any) -> None:
        """Keep settings in the home's `cairn.toml`, and use them from the next question on.

        Until the program ends they also win over what the environment says; None is the default.
        Raises SettingsError, StorageError.
        """
        change_settings(self.settings.home, **changes)
        said = load_settings(self.settings.home, **changes)
        unset = [name for name, value in changes.items() if value is None]
        new = {name: getattr(said, name) for name in changes} | {
            name: Settings.model_fields[name].get_default() for name in unset
        }
        settings = self.settings.model_copy(update=new)
        settings.model_fields_set.difference_update(unset)
        self.apply(settings)

    def use_key(self, key: str, variable: str) -> None:
        """Keep `key` for this home, and use it from the next question on. Raises UsageError for none, StorageError.

        `variable`: where it would stand in the environment; `key_variable` tells that of a model.
        """
        KeyStore(self.settings.home).set(variable, key)
        changed = {"api_key": SecretStr(key.strip())} if variable == KEY else {}
        self.apply(self.settings.model_copy(update=changed))

    def forget_key(self, variable: str) -> None:
        """The home no longer keeps it; what the environment or `cairn.toml` says counts again. Raises StorageError."""
        KeyStore(self.settings.home).remove(variable)
        key = load_settings(self.settings.home).api_key
        self.apply(self.settings.model_copy(update={"api_key": key} if variable == KEY else {}))

    def replace_key(self, key: str, model: str) -> None:
        """Use `key` for `model` in the place of the one that was refused. Raises UsageError for none, StorageError."""
        refused, variable = key_in_use(model, self.settings), key_variable(model, self.settings)
        self.use_key(key, variable)
        if refused != variable:
            self.forget_key(refused)

    def choices(self) -> list[str]:
        """The models that can be chosen here."""
        return [model.name for model in list_models(self.settings) if model.choosable]
