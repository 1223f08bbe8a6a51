"""A model's files in a folder, read by ONNX Runtime and Hugging Face's tokenizers, and texts as what it takes.

Of such models the cross-encoder is here, which reads question and passage together and scores how well they fit
(Nogueira and Cho 2019, "Passage Re-ranking with BERT").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cairn.core.clean_text import clean
from cairn.core.errors import SettingsError

FILES = ("model.onnx", "tokenizer.json")
Unusable = Callable[[Path, Exception], SettingsError]
"""What is raised where a folder's files can't be used."""
MAX_TOKENS = 512
BATCH_TOKENS = 2048


def read_tokenizer(folder: Path, unusable: Unusable, max_tokens: int) -> Any:
    """Texts, or pairs of them, are cut at `max_tokens`."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / FILES[1]))
    except Exception as error:  # the library raises bare Exception
        raise unusable(folder, error) from None
    tokenizer.enable_truncation(max_tokens, strategy="longest_first")
    tokenizer.no_padding()
    return tokenizer


def read_session(folder: Path, unusable: Unusable, threads: int = 0) -> Any:
    """`threads`: of one run; 0 for as many as ONNX Runtime likes."""
    import onnxruntime

    try:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        return onnxruntime.InferenceSession(str(folder / FILES[0]), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's own classes have no common public base
        raise unusable(folder, error) from None


def batches(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Row numbers in groups of similar lengths, each at most so many tokens with its padding (or a single text)."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[row] * (len(batch) + 1) > most:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def padded(rows: Sequence[Sequence[int]]) -> npt.NDArray[np.int64]:
    """With zeros, to the longest of them."""
    table = np.zeros((len(rows), max(1, *map(len, rows))), dtype=np.int64)
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table


class CrossEncoder:
    """`folder` holds `model.onnx` and `tokenizer.json` of a sequence classifier with one output, or with two or more
    of which the last counts. Raises SettingsError where they can't be used. Pairs are cut at 512 tokens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        """How well each passage fits, 0 to 1, in the passages' order."""
        encoded = self._tokenizer.encode_batch([(clean(question), clean(passage)) for passage in passages])
        scores = np.zeros(len(passages))
        for rows in batches([len(pair.ids) for pair in encoded], BATCH_TOKENS):
            scores[rows] = self._run([encoded[row] for row in rows])
        return scores.tolist()

    def _run(self, pairs: Sequence[Any]) -> npt.NDArray[np.float64]:
        kinds = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
        wanted = {given.name for given in self._session.get_inputs()}
        feed = {name: padded([getattr(pair, kind) for pair in pairs]) for name, kind in kinds.items()}
        try:
            made = self._session.run(None, {name: rows for name, rows in feed.items() if name in wanted})[0]
            logits = np.asarray(made, dtype=np.float64).reshape(len(pairs), -1)
        except Exception as error:  # the library's own classes have no common public base
            raise _unusable(self._folder, error) from None
        one = logits[:, 0] if logits.shape[1] == 1 else logits[:, -1] - logits[:, 0]
        return 1 / (1 + np.exp(-np.clip(one, -50, 50)))

    @cached_property
    def _tokenizer(self) -> Any:
        return read_tokenizer(self._folder, _unusable, MAX_TOKENS)

    @cached_property
    def _session(self) -> Any:
        return read_session(self._folder, _unusable)


@cache
def cross_encoder(folder: Path) -> CrossEncoder:
    """One session per model folder and process: it holds the weights."""
    return CrossEncoder(folder)


def _unusable(folder: Path, error: Exception) -> SettingsError:
    return SettingsError(
        f"The cross-encoder's files in {folder} can't be used: {error}.",
        f"`cross_encoder_dir` has to be a folder with the {' and '.join(FILES)} of a model that ranks passages.",
    )
