"""What names the derived indexes: with another name every document of every home is split, indexed or embedded again.

Who has to change one of these says in CHANGELOG what it costs people.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from cairn.models.embeddings import HashedEmbeddings
from cairn.models.minilm import DIMENSION, MiniLM
from cairn.retrieval.catalog_records import recipe
from cairn.retrieval.dense_index import Dense
from cairn.retrieval.lexical_index import _FORMAT
from cairn.retrieval.search_terms import terms


class _Dense(Dense):
    def __init__(self) -> None:
        self.embedder = HashedEmbeddings()


def test_embedders_are_called_what_they_were(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"weights")
    assert MiniLM(tmp_path).fingerprint == f"minilm-{sha256(b'weights7').hexdigest()[:12]}-384"
    assert (HashedEmbeddings().fingerprint, DIMENSION) == ("hash-1-512", 384)


def test_the_vectors_of_hash_are_what_they_were() -> None:
    vector = HashedEmbeddings().embed_query("tea 茶")
    places = {49: 0.378, 72: -0.378, 95: 0.378, 133: 0.378, 176: -0.378, 264: -0.378, 273: 0.378}
    assert {place: round(value, 3) for place, value in enumerate(vector) if value} == places


def test_indexes_are_called_what_they_were() -> None:
    assert _Dense()._prefix(7) == "chunks-7-a3dd335d3f1a-"
    assert (_FORMAT, recipe()) == ("2/3", "3/2-240-30")  # loaders of version 3 read a file anew at the next `cairn add`


def test_the_terms_of_the_word_index_are_what_they_were() -> None:
    assert terms("Policies of ＴＥＡ 喝茶") == ["polici", "of", "tea", "喝", "茶", "喝茶"]
