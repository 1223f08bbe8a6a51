"""A model's files in a folder, read by ONNX Runtime and Hugging Face's tokenizers, and texts as what it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cairn.core.errors import SettingsError

FILES = ("model.onnx", "tokenizer.json")
Unusable = Callable[[Path, Exception], SettingsError]
"""What is raised where a folder's files can't be used."""


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
