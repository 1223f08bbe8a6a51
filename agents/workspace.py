"""What one home holds, opened once: documents, databases, threads, facts, models; and what it is set to. A task is
assembled from it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import SecretStr
from sqlalchemy import URL

import cairn
from cairn import samples
from cairn.core import registry
from cairn.core.app_database import open_database
from cairn.core.key_store import KeyStore
from cairn.core.settings import KEY, Home, Settings, load_settings
from cairn.core.settings_file import change_settings
from cairn.core.strategy import Reply
from cairn.core.task import Task
from cairn.memory.fact_store import Facts
from cairn.memory.run_store import Runs
from cairn.memory.thread_store import Threads
from cairn.memory.thread_summaries import Summaries
from cairn.models.model_registry import Choice, choose_model, key_in_use, key_variable, list_models
from cairn.models.token_counts import APPROXIMATE, TokenCounter
from cairn.prompts.task_store import PromptStore

if TYPE_CHECKING:
    from cairn.databases.database_registry import Databases
    from cairn.models.embedder import Embedder
    from cairn.models.guarded_model import GuardedChatModel
    from cairn.retrieval.library import Library


class Workspace:
    """Everything that belongs to a home. What is dear to open is opened when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.home = Home(settings.home)
        self.database = open_database(settings.app_database, settings.home)
        self.prompts = PromptStore(self.home)
        self.threads = Threads(self.database, settings.user)
        self.runs = Runs(self.database, settings.user)
        self.summaries = Summaries(self.database, settings.user)
        self.facts = Facts(self.database, settings.user, self._embedder)
        self.built: dict[str, Runnable[Any, Reply]] = {}
        self._models: dict[tuple[Any, float | None, int | None], GuardedChatModel] = {}
        self._library: Library | None = None
        self._databases: Databases | None = None
        self._lock = threading.RLock()

    @property
    def library(self) -> Library:
        """The documents; the samples are in it from the first time on."""
        with self._lock:
            if self._library is None:
                self._library = self._open_library()
            return self._library

    @property
    def databases(self) -> Databases:
        """The registered databases; the sample is one from the first time on."""
        with self._lock:
            if self._databases is None:
                self._databases = self._open_databases()
            return self._databases

    def _embedder(self) -> Embedder:
        from cairn.models.embeddings import make_embeddings

        return make_embeddings(self.settings)

    def lend(self, databases: Databases) -> None:
        """From now on these are asked instead of the registered ones."""
        with self._lock:
            self._databases = databases

    def _open_library(self) -> Library:
        from cairn.models.embeddings import make_embeddings
        from cairn.retrieval.library import Library

        library = Library(self.home, self.settings, self.database, make_embeddings(self.settings))
        marker = self.home.index / "samples"
        if self.settings.samples and not (marker.is_file() and marker.read_bytes() == cairn.__version__.encode()):
            library.add([samples.DOCUMENTS], collection="samples")
            marker.write_text(cairn.__version__)
        return library

    def _open_databases(self) -> Databases:
        from cairn.databases.database_registry import Databases

        databases = Databases(self.home, self.settings, self.database)
        if self.settings.samples:
            _register_sample(databases)
        return databases

    def chat_model(
        self, name: Any, temperature: float | None = None, answer_tokens: int | None = None
    ) -> GuardedChatModel:
        """One model object per name, since each holds its connections."""
        from cairn.models.gguf_server import start_server
        from cairn.models.model_facts import ask_window
        from cairn.models.model_registry import choose_model, make_chat_model

        if isinstance(name, BaseChatModel):
            return make_chat_model(name, self.settings)
        key = (name or self.settings.model, temperature, answer_tokens)
        with self._lock:
            if key not in self._models:
                full = choose_model(self.settings).name if key[0] == "auto" else str(key[0]).strip()
                if full.startswith("gguf:"):
                    start_server(full, self.settings)
                asking = ask_window(full, self.settings)
                self._models[key] = make_chat_model(full, self.settings, temperature, answer_tokens)
                self._models[key].facts.asking = asking
            return self._models[key]

    def tools(self, group: str, task: Task, count: TokenCounter = APPROXIMATE) -> list[BaseTool]:
        """The tools a task calls by one name, for a model that counts so.

        Raises TaskError for a name that is none, or for a setting that one of them needs.
        """
        made = registry.find("tool", group).load()
        return [made] if isinstance(made, BaseTool) else list(made(self, task, count))

    def apply(self, settings: Settings) -> None:
        """Other settings of models, limits, prices and samples from now on; those of the index from the next start."""
        with self._lock:
            self.settings = settings
            if self._library is not None:
                self._library.apply(settings)
            if self._databases is not None:
                self._databases.settings = settings
            self._models.clear()
            self.built.clear()

    def close(self) -> None:
        """Close what was opened; embedded Chroma wants it."""
        self.runs.writer.unwatch_all()
        if self._library is not None:
            self._library.close()
        self.database.close()


def _register_sample(databases: Databases) -> None:
    """Anew if the installation moved; a database of one's own by that name is left alone."""
    url = URL.create("sqlite", database=str(samples.SHOP)).render_as_string()
    known = {database.name: database for database in databases.list()}.get("shop")
    if known is None or (known.sample and known.redacted != url):
        databases.add("shop", url, sample=True)


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
