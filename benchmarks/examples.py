"""Whether the chosen examples hold one of the right form: Spider's 3961 training pairs as the pool, 972 dev questions.

The figure is the share of questions of whose 4 or 8 examples at least one has the skeleton of the gold query, which is
used for this alone. `skeleton` and `hypothetical` need a first query: the recorded one of the named system
(`gpt4_zero` had no examples, `graphix` is a small trained model). No database of the pool is one of the questions'.

    CAIRN_TEST_DATA=… [CAIRN_MINILM_DIR=…] python -m benchmarks.examples
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStore

from cairn.core.strategy import Example
from cairn.core.task import Examples, Selector
from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Opened
from cairn.databases.linking.stored_values import value_index
from cairn.databases.sql_examples import Subject, choose, skeleton, subject_of_schema
from cairn.models.embedder import Embedder
from cairn.models.embeddings import HashedEmbeddings
from cairn.models.minilm import MiniLM, minilm_folder
from cairn.prompts.example_selectors import ExamplePool, select

AT = (4, 8)
SYSTEMS = ("gpt4_zero", "graphix")
SEEDS = 5


class Matrix(VectorStore):
    """A vector store in memory: the house's own gives the same order, from disk."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._texts: list[str] = []
        self._metadatas: list[dict[str, Any]] = []
        self._rows = np.zeros((0, 1), dtype=np.float32)
        self._embed = lru_cache(5000)(embedder.embed_query)

    def add_texts(
        self, texts: Iterable[str], metadatas: list[dict[str, Any]] | None = None, *, ids: Any = None, **kwargs: Any
    ) -> list[str]:
        self._texts, self._metadatas = list(texts), metadatas or []
        self._rows = np.array(self._embedder.embed_documents(self._texts), dtype=np.float32)
        return ids or []

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        return [Document(id) for id in ids] if self._texts else []

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        near = np.argsort(-(self._rows @ np.array(self._embed(query), dtype=np.float32)), kind="stable")[:k]
        return [Document(self._texts[n], metadata=self._metadatas[n]) for n in near]

    @classmethod
    def from_texts(cls, texts: list[str], embedding: Any, metadatas: Any = None, **kwargs: Any) -> Matrix:
        raise NotImplementedError


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


Chosen = Callable[[dict[str, Any], int], Sequence[Example]]


def share(asked: Sequence[dict[str, Any]], chosen: Chosen) -> str:
    """Of 4 and of 8; the nearest come last, so that the last 4 of 8 are the 4 nearest."""
    began, hits = time.perf_counter(), [0] * len(AT)
    for row in asked:
        wanted = skeleton(row["query"])
        alike = [skeleton(example["output"]) == wanted for example in chosen(row, max(AT))]
        hits = [count + any(alike[-k:]) for count, k in zip(hits, AT, strict=True)]
    took = (time.perf_counter() - began) * 1000 / len(asked)
    return " ".join(f"{count / len(asked):7.3f}" for count in hits) + f" {took:7.1f}"


def main() -> None:
    data = Path(os.environ["CAIRN_TEST_DATA"]) / "spider"
    folder = minilm_folder(Path(os.environ["CAIRN_MINILM_DIR"]) if "CAIRN_MINILM_DIR" in os.environ else None)
    embedders: dict[str, Embedder] = {"hash": HashedEmbeddings()}
    embedders |= {"MiniLM": MiniLM(folder)} if folder else {}
    pool = [Example(input=row["question"], output=row["query"]) for row in read(data / "train.jsonl")]
    asked = read(data / "dev.jsonl")
    firsts = {
        name: {row["id"]: row["query"] for row in read(data / "predictions" / f"{name}.jsonl")} for name in SYSTEMS
    }
    subjects = {row["id"]: subject(data, row["db_id"], row["question"]) for row in asked}
    known = {skeleton(example["output"]) for example in pool}
    there = sum(skeleton(row["query"]) in known for row in asked) / len(asked)
    print(f"{len(asked)} questions, {len(pool)} examples; the gold's skeleton is in the pool at all: {there:.3f}")
    heads = [*(f"of {k}" for k in AT), "ms"]
    print(f"{'':44} {' '.join(f'{head:>7}' for head in heads)}")

    def line(label: str, chosen: Chosen, rows: Sequence[dict[str, Any]] = asked) -> None:
        print(f"{label:44} {share(rows, chosen)}", flush=True)

    rng = random.Random(0)
    line("random", lambda row, k: rng.sample(pool, k), asked * SEEDS)
    line("jaccard", lambda row, k: select(pool, row["question"], spec("jaccard", k), no_vectors))
    for name, embedder in embedders.items():
        stores: dict[str, Matrix] = {}

        def open_store(title: str, embedder: Embedder = embedder, stores: dict[str, Matrix] = stores) -> VectorStore:
            return stores.setdefault(title, Matrix(embedder))

        def by(
            selector: Selector, system: str | None = None, same: bool = False, open_store: Any = open_store
        ) -> Chosen:
            def chosen(row: dict[str, Any], k: int) -> Sequence[Example]:
                found = ExamplePool(pool, spec(selector, k, same), open_store)
                first = firsts[system].get(row["id"]) if system else None
                return choose(found, row["question"], subjects[row["id"]], "sqlite", first)

            return chosen

        line(f"semantic, {name}", by("semantic"))
        line(f"masked, {name}", by("masked"))
        for system in SYSTEMS:
            line(f"semantic, same difficulty, {name}, {system}", by("semantic", system, same=True))
            line(f"hypothetical, {name}, {system}", by("hypothetical", system))
            line(f"skeleton, {name}, {system}", by("skeleton", system))


def subject(data: Path, database: str, question: str) -> Subject:
    opened = Opened(database, SqliteEngine(data / "databases" / f"{database}.sqlite"))
    names = subject_of_schema(opened.schema())
    return Subject(names.names, tuple(hint.asked for hint in value_index(opened).find(question, names.names)))


def spec(selector: Selector, k: int, same: bool = False) -> Examples:
    return Examples(selector=selector, k=k, max_tokens=10**6, same_difficulty=same)


def no_vectors(_name: str) -> VectorStore:
    raise AssertionError("no vectors are needed")


if __name__ == "__main__":
    main()
