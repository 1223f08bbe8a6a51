"""A cross-encoder by ONNX Runtime: a model that reads question and passage together and scores how well they fit
(Nogueira and Cho 2019, "Passage Re-ranking with BERT")."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cairn.core.clean_text import clean
from cairn.core.errors import SettingsError

FILES = ("model.onnx", "tokenizer.json")
MAX_TOKENS = 512
BATCH_TOKENS = 2048


class CrossEncoder:
    """`folder` holds `model.onnx` and `tokenizer.json` of a sequence classifier with one output, or with two or more
    of which the last counts. Raises SettingsError where they can't be used. Pairs are cut at 512 tokens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """How well each passage fits, 0 to 1, in the passages' order."""
        encoded = self._tokenizer.encode_batch([(clean(question), clean(passage)) for passage in passages])
        scores = np.zeros(len(passages))
        order = sorted(range(len(passages)), key=lambda row: len(encoded[row].ids))
        for rows in _batches(order, [len(pair.ids) for pair in encoded]):
            scores[rows] = self._run([encoded[row] for row in rows])
        return scores.tolist()

    def _run(self, pairs: Sequence[Any]) -> npt.NDArray[np.float64]:
        width = max(1, *(len(pair.ids) for pair in pairs))
        kinds = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
        wanted = {given.name for given in self._session.get_inputs()}
        feed = {name: _padded([getattr(pair, kind) for pair in pairs], width) for name, kind in kinds.items()}
        try:
            made = self._session.run(None, {name: rows for name, rows in feed.items() if name in wanted})[0]
            logits = np.asarray(made, dtype=np.float64).reshape(len(pairs), -1)
        except Exception as error:  # the library's own classes have no common public base
            raise _unusable(self._folder, error) from None
        one = logits[:, 0] if logits.shape[1] == 1 else logits[:, -1] - logits[:, 0]
        return 1 / (1 + np.exp(-np.clip(one, -50, 50)))

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(self._folder / FILES[1]))
        except Exception as error:  # the library raises bare Exception
            raise _unusable(self._folder, error) from None
        tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        try:
            return onnxruntime.InferenceSession(str(self._folder / FILES[0]), providers=["CPUExecutionProvider"])
        except Exception as error:  # as above
            raise _unusable(self._folder, error) from None


@cache
def cross_encoder(folder: Path) -> CrossEncoder:
    """One session per model folder and process: it holds the weights."""
    return CrossEncoder(folder)


def _padded(rows: Sequence[Sequence[int]], width: int) -> npt.NDArray[np.int64]:
    padded = np.zeros((len(rows), width), dtype=np.int64)
    for number, row in enumerate(rows):
        padded[number, : len(row)] = row
    return padded


def _batches(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Rows of similar lengths together, at most BATCH_TOKENS with their padding (or a single pair)."""
    batches: list[list[int]] = []
    for row in order:
        if batches and lengths[row] * (len(batches[-1]) + 1) <= BATCH_TOKENS:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


def _unusable(folder: Path, error: Exception) -> SettingsError:
    return SettingsError(
        f"The cross-encoder's files in {folder} can't be used: {error}.",
        f"`cross_encoder_dir` has to be a folder with the {' and '.join(FILES)} of a model that ranks passages.",
    )
