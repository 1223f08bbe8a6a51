from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from cairn.core.errors import SettingsError
from cairn.models.onnx_files import BATCH_TOKENS, CrossEncoder

WORDS = {"[UNK]": 0, "[SEP]": 1, "trains": 2, "boats": 3, "when": 4}


class Counting:
    """Stands in for ONNX Runtime: a pair's logit is how often its two parts share a word, less one."""

    def __init__(self, outputs: int = 1, types: bool = True) -> None:
        self.outputs = outputs
        self.names = ["input_ids", "attention_mask", *(["token_type_ids"] if types else [])]
        self.cells: list[int] = []

    def get_inputs(self) -> list[Any]:
        return [SimpleNamespace(name=name) for name in self.names]

    def run(self, _: None, feed: dict[str, Any]) -> list[Any]:
        assert list(feed) == self.names
        ids, mask = feed["input_ids"], feed["attention_mask"]
        self.cells.append(ids.size)
        shared = [
            len({*row[: list(row).index(1)]} & {*row[list(row).index(1) + 1 : n.sum()]})
            for row, n in zip(ids, mask, strict=True)
        ]
        logits = np.array(shared, dtype=np.float32)[:, None] - 1
        return [logits if self.outputs == 1 else np.concatenate([-logits / 2, logits / 2], axis=1)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tokenizer = Tokenizer(WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing("$A", "$A:0 [SEP]:0 $B:1", [("[SEP]", 1)])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


@pytest.mark.parametrize(("outputs", "types"), [(1, True), (1, False), (2, True)])
def test_passages_are_scored_in_their_own_order(folder: Path, outputs: int, types: bool) -> None:
    encoder = CrossEncoder(folder)
    encoder.__dict__["_session"] = Counting(outputs, types)
    scores = encoder.score("when trains", ["trains when boats trains", "boats", "trains boats\ud800"])
    assert scores == pytest.approx([1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1)), 0.5])
    assert encoder.score("when", []) == []


def test_long_pairs_are_cut_and_batches_bounded(folder: Path) -> None:
    encoder, session = CrossEncoder(folder), Counting()
    encoder.__dict__["_session"] = session
    assert len(encoder.score("trains", ["boats " * 4000, *["boats " * 300] * 20])) == 21
    assert max(session.cells) <= BATCH_TOKENS


def test_files_that_can_t_be_used_are_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(SettingsError, match="cross-encoder"):
        CrossEncoder(tmp_path / "nowhere").score("q", ["p"])
    (folder / "model.onnx").write_text("no model")
    with pytest.raises(SettingsError, match="cross_encoder_dir"):
        CrossEncoder(folder).score("q", ["p"])
