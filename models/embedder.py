"""What every embedding model of the house can tell of itself."""

from __future__ import annotations

from abc import abstractmethod

from langchain_core.embeddings import Embeddings


class Embedder(Embeddings):
    """A LangChain `Embeddings` that says which vectors it makes and for which texts they mean anything.

    `fingerprint` names model, version and dimension: vectors of different fingerprints must not be compared.
    """

    @property
    @abstractmethod
    def fingerprint(self) -> str: ...

    @abstractmethod
    def covers(self, text: str) -> bool:
        """Whether the model knows the script that `text` is written in."""
