"""all-MiniLM-L6-v2 by ONNX Runtime: mean pooling and L2 norm as its authors do (sentence-transformers' model card).

Batches are small, of similar lengths and padded to their own longest text only: on a CPU that is several times faster
than padding everything to the model's limit. Each runs on one core and several run at once: ONNX Runtime's own threads
wait for each other by spinning, which costs twice the work, and ten times where others use the machine too.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from cairn.core.clean_text import CJK, clean
from cairn.core.errors import ModelUnavailable, SettingsError
from cairn.models.embedder import Embedder
from cairn.models.onnx_files import FILES, batches, padded, read_session, read_tokenizer

MAX_TOKENS = 256
BATCH_TOKENS = 256
DIMENSION = 384
CACHE = Path(".cache", "chroma", "onnx_models", "all-MiniLM-L6-v2", "onnx")
_WORDS = re.compile(rf"[{CJK}]|[^\W\d_{CJK}]+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_COVERED_SHARE = 0.7


def minilm_folder(chosen: Path | None) -> Path | None:
    """The folder that holds the model's files: the chosen one, else Chroma's cache; None if they are not there."""
    folder = chosen or Path.home() / CACHE
    return folder if all((folder / name).is_file() for name in FILES) else None


class MiniLM(Embedder):
    """Vectors of 384 numbers for English and, less well, other languages in Latin script.

    `folder` holds `model.onnx` (fp32 or int8) and `tokenizer.json`. Raises SettingsError where they can't be read.
    Texts are cut at 256 tokens.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def fingerprint(self) -> str:
        return f"minilm-{self._digest}-{DIMENSION}"

    @cached_property
    def _digest(self) -> str:
        """Of the very file: fp32 and int8 vectors don't mix."""
        digest = sha256()
        try:
            with (self._folder / FILES[0]).open("rb") as file:
                digest.update(file.read(1 << 20))
                digest.update(str(file.seek(0, 2)).encode())
        except OSError as error:
            raise _unusable(self._folder, error) from None
        return digest.hexdigest()[:12]

    def covers(self, text: str) -> bool:
        """Whether the model was trained on this script: most words are Latin; a CJK character counts as a word."""
        words = _WORDS.findall(text)
        return sum(1 for word in words if _LATIN.match(word)) >= _COVERED_SHARE * len(words)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        encodings = self._tokenizer.encode_batch([clean(text) for text in texts])
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        groups = list(batches([len(encoding.ids) for encoding in encodings], BATCH_TOKENS))
        session = self._session

        def run(rows: list[int]) -> None:
            vectors[rows] = _run(session, [encodings[row].ids for row in rows])

        with ThreadPoolExecutor(max(1, min(len(groups), _processors()))) as pool:
            for _ in pool.map(run, groups):
                pass
        return vectors.tolist()

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    @cached_property
    def _tokenizer(self) -> Any:
        return read_tokenizer(self._folder, _unusable, MAX_TOKENS)

    @cached_property
    def _session(self) -> Any:
        return read_session(self._folder, _unusable, threads=1)


def _run(session: Any, ids: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
    tokens, mask = padded(ids), padded([[1] * len(numbers) for numbers in ids])
    feed = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
    hidden = cast("npt.NDArray[np.float32]", session.run(None, feed)[0])
    weights = mask[:, :, None].astype(np.float32)
    pooled = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
    return pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-9)


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1


def _unusable(folder: Path, error: Exception) -> SettingsError:
    return SettingsError(
        f"MiniLM's files in {folder} can't be used: {error}.",
        'Get them again with `cairn models get minilm`, or choose `embeddings = "hash"`.',
    )


def download_minilm(progress: Callable[[str], None] | None = None) -> Path:
    """Fetch the model (about 90 MB) into Chroma's cache folder, checked by its SHA-256; the folder it lies in.

    Does nothing when it is there. Raises ModelUnavailable, which says how to place the files by hand.
    """
    if folder := minilm_folder(None):
        return folder
    from chromadb.utils.embedding_functions.onnx_mini_lm_l6_v2 import ONNXMiniLM_L6_V2

    if progress:
        progress(f"Downloading all-MiniLM-L6-v2 (about 90 MB) from {ONNXMiniLM_L6_V2.MODEL_DOWNLOAD_URL}")
    try:
        ONNXMiniLM_L6_V2()._download_model_if_not_exists()  # pyright: ignore[reportPrivateUsage]
    except Exception as error:  # httpx, tarfile, OSError, ValueError for a wrong digest
        logging.getLogger(__name__).debug("download failed", exc_info=True)
        raise ModelUnavailable(
            f"all-MiniLM-L6-v2 could not be downloaded: {error}.",
            f"Without the network, put {' and '.join(FILES)} of sentence-transformers/all-MiniLM-L6-v2 (its ONNX "
            f"export) into {Path.home() / CACHE}, or into any folder named by the setting `minilm_dir`.",
        ) from None
    folder = minilm_folder(None)
    if folder is None:
        raise ModelUnavailable("The download of all-MiniLM-L6-v2 is not complete.", "Run it again.")
    return folder
