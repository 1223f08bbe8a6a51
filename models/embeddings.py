"""One function from the `embeddings` setting to something that turns texts into vectors."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings

from cairn.core.clean_text import clean, without_password
from cairn.core.errors import CairnError, ModelRefused, ModelUnavailable, SettingsError
from cairn.core.settings import Settings
from cairn.models.embedder import Embedder


class NamedEmbeddings(Embedder):
    """Any LangChain embeddings model by `provider:name`. Failures surface as ModelUnavailable or ModelRefused."""

    def __init__(self, name: str, base_url: str | None = None, api_key: str | None = None) -> None:
        self._name = name
        self._options: dict[str, Any] = {}
        if name.startswith("openai:"):
            self._options["check_embedding_ctx_length"] = False  # else it posts token ids, which only OpenAI reads
        if base_url:
            self._options["base_url"] = base_url
        if api_key:
            self._options["api_key"] = api_key
        self._fingerprint = f"{name}@{without_password(base_url)}" if base_url else name

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def covers(self, text: str) -> bool:
        return True

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._call("embed_documents", [clean(text) or " " for text in texts])

    def embed_query(self, text: str) -> list[float]:
        return self._call("embed_query", clean(text) or " ")

    def _call(self, method: str, argument: Any) -> Any:
        model = self._model()
        try:
            return getattr(model, method)(argument)
        except Exception as error:
            raise _failure(self._name, error) from error

    def _model(self) -> Embeddings:
        return _named(self._name, tuple(sorted(self._options.items())))


@cache
def _named(name: str, options: tuple[tuple[str, Any], ...]) -> Embeddings:
    from langchain.embeddings import init_embeddings

    try:
        return init_embeddings(name, **dict(options))  # pyright: ignore[reportReturnType]
    except ImportError as error:
        raise SettingsError(f"The embeddings {name!r} need a package: {error}.", "Install it with pip.") from None
    except Exception as error:  # each provider has its own for a missing key
        raise SettingsError(f"The embeddings {name!r} can't be set up: {error}.", "See `cairn doctor`.") from None


def _failure(name: str, error: Exception) -> CairnError:
    status = getattr(error, "status_code", None)
    if status is not None and 400 <= status < 500 and status not in (408, 409, 429):
        return ModelRefused(f"The embeddings {name!r} refused: {error}.", "Check the model's name and the key.")
    return ModelUnavailable(f"The embeddings {name!r} did not answer: {error}.", "Is the server there? Try again.")


def make_embeddings(settings: Settings) -> Embedder:
    """What the `embeddings` setting names; `auto` is MiniLM when its files are there, else `hash`.

    Nothing is loaded or downloaded before the first text. Raises SettingsError.
    """
    match settings.embeddings:
        case "hash":
            return _hashed()
        case "auto" | "minilm" as name:
            return _minilm(settings.minilm_dir, required=name == "minilm")
        case name if ":" in name:
            key = settings.api_key.get_secret_value() if settings.api_key and settings.embeddings_base_url else None
            return NamedEmbeddings(name, settings.embeddings_base_url, key)
        case name:
            raise SettingsError(
                f"There are no embeddings {name!r}.", "Use `auto`, `minilm`, `hash` or `provider:name`."
            )


def _minilm(chosen: Path | None, *, required: bool) -> Embedder:
    from cairn.models.minilm import MiniLM, minilm_folder

    if folder := minilm_folder(chosen):
        return _loaded(MiniLM, folder)
    if required:
        place = chosen or "Chroma's cache folder"
        raise SettingsError(f"MiniLM's files are not in {place}.", "Get them with `cairn models get minilm`.")
    return _hashed()


def _hashed() -> Embedder:
    from cairn.models.hash_embeddings import HashedEmbeddings

    return HashedEmbeddings()


@cache
def _loaded(kind: Any, folder: Path) -> Embedder:
    """One session per model folder and process: it holds the weights."""
    return kind(folder)
