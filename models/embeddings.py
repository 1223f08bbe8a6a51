"""One function from the `embeddings` setting to something that turns texts into vectors, and the two kinds made here.

`hash` makes them from character n-grams, for any language, with nothing to download, by feature hashing (Weinberger et
al. 2009, "Feature Hashing for Large Scale Multitask Learning"): each n-gram of the normalised text adds a signed weight
to one of a fixed number of dimensions. It finds shared words and word parts, not shared meaning.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings

from cairn.core.clean_text import CJK, clean, normalise, without_password
from cairn.core.errors import CairnError, ModelRefused, ModelUnavailable, SettingsError
from cairn.core.settings import Settings
from cairn.models.embedder import Embedder

DIMENSION = 512
_VERSION = 1
_RUNS = re.compile(rf"[{CJK}]+|[^\W{CJK}]+")
_IS_CJK = re.compile(f"[{CJK}]")
INSTRUCTION = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "
_PREFIXES = (
    (re.compile(r"\be5\b.*(instruct|mistral)"), (INSTRUCTION, "")),
    (re.compile(r"\be5\b"), ("query: ", "passage: ")),
    (re.compile(r"\bbge\b.*\bzh\b"), ("为这个句子生成表示以用于检索相关文章：", "")),
    (re.compile(r"\bbge\b.*\ben\b"), ("Represent this sentence for searching relevant passages: ", "")),
)


class HashedEmbeddings(Embedder):
    """Vectors of `DIMENSION` numbers, L2-normalised; every text without a letter or digit gets the same one."""

    @property
    def fingerprint(self) -> str:
        return f"hash-{_VERSION}-{DIMENSION}"

    def covers(self, text: str) -> bool:
        return True

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        counts = Counter(_grams(text))
        vector = np.zeros(DIMENSION, dtype=np.float32)
        if not counts:
            vector[0] = 1.0  # cosine distance is undefined at zero
            return vector.tolist()
        cells = np.array([_cell(gram) for gram in counts])
        weights = np.sqrt(np.fromiter(counts.values(), dtype=np.float32))
        np.add.at(vector, cells >> 1, np.where(cells & 1, weights, -weights))
        return (vector / max(float(np.linalg.norm(vector)), 1e-9)).tolist()


def _grams(text: str) -> list[str]:
    """Words with their 3- and 4-letter parts; single CJK characters and pairs of them."""
    grams: list[str] = []
    for run in _RUNS.findall(normalise(clean(text))):
        if _IS_CJK.match(run):
            grams += [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
        else:
            word = f"<{run}>"
            grams += [word, *(word[i : i + n] for n in (3, 4) for i in range(len(word) - n + 1) if n < len(word))]
    return grams


@lru_cache(maxsize=200_000)
def _cell(gram: str) -> int:
    """Dimension and sign in one number; stable across processes, unlike `hash`."""
    return int.from_bytes(blake2b(gram.encode(), digest_size=8).digest(), "big") % (2 * DIMENSION)


class NamedEmbeddings(Embedder):
    """Any LangChain embeddings model by `provider:name`. Failures surface as ModelUnavailable or ModelRefused.

    `prefixes`: what stands before a query and before a passage; None is what the model's name says.
    """

    def __init__(
        self,
        name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        prefixes: tuple[str | None, str | None] = (None, None),
    ) -> None:
        self._name = name
        self._query, self._passage = (
            known if given is None else given for given, known in zip(prefixes, prefixes_of(name), strict=True)
        )
        self._options: dict[str, Any] = {}
        if name.startswith("openai:"):
            self._options["check_embedding_ctx_length"] = False  # else it posts token ids, which only OpenAI reads
        if base_url:
            self._options["base_url"] = base_url
        if api_key:
            self._options["api_key"] = api_key
        self._fingerprint = f"{name}@{without_password(base_url)}" if base_url else name
        if self._query or self._passage:
            self._fingerprint += f" {self._query!r} {self._passage!r}"

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def covers(self, text: str) -> bool:
        return True

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._call("embed_documents", [self._passage + (clean(text) or " ") for text in texts])

    def embed_query(self, text: str) -> list[float]:
        return self._call("embed_query", self._query + (clean(text) or " "))

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
            return HashedEmbeddings()
        case "auto" | "minilm" as name:
            return _minilm(settings.minilm_dir, required=name == "minilm")
        case name if ":" in name:
            key = settings.api_key.get_secret_value() if settings.api_key and settings.embeddings_base_url else None
            prefixes = settings.embeddings_query_prefix, settings.embeddings_passage_prefix
            return NamedEmbeddings(name, settings.embeddings_base_url, key, prefixes)
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
    return HashedEmbeddings()


@cache
def _loaded(kind: Any, folder: Path) -> Embedder:
    """One session per model folder and process: it holds the weights."""
    return kind(folder)


def prefixes_of(name: str) -> tuple[str, str]:
    """What an embedding model wants before a query and before a passage, by its name, as its model card says; empty for
    one that wants none, or that is not known."""
    words = re.sub(r"[_/:]", " ", name.lower())
    return next((prefixes for pattern, prefixes in _PREFIXES if pattern.search(words)), ("", ""))
