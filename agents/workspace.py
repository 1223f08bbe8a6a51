"""What one home holds, opened once: documents, databases, threads, facts, models. A task is assembled from it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from sqlalchemy import URL

import cairn
from cairn import samples
from cairn.core import registry
from cairn.core.app_database import open_database
from cairn.core.settings import Home, Settings
from cairn.core.strategy import Reply
from cairn.core.task import Task
from cairn.memory.fact_store import Facts
from cairn.memory.run_store import Runs
from cairn.memory.thread_store import Threads
from cairn.memory.thread_summaries import Summaries
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
