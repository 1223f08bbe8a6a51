"""Which examples go into a prompt: one function, `select`. The selectors are LangChain's where it has them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from langchain_core.embeddings import Embeddings
from langchain_core.example_selectors import BaseExampleSelector, LengthBasedExampleSelector
from langchain_core.prompts import PromptTemplate
from langchain_core.vectorstores import VectorStore

from cairn.core.clean_text import CJK, TokenCount, approximate_tokens, clean, has_cjk, normalise
from cairn.core.strategy import Example
from cairn.core.task import Examples, Selector

VectorStores = Callable[[str], VectorStore]
_WORDS = re.compile(rf"[{CJK}]+|[^\W_]+")
_RANKED = 2000


def select(
    examples: Sequence[Example],
    question: str,
    spec: Examples,
    stores: VectorStores,
    count: TokenCount = approximate_tokens,
) -> list[Example]:
    """At most `spec.k` examples within `spec.max_tokens`; those that don't fit are skipped. The nearest comes last,
    next to the question, where it weighs most (Zhao et al., arXiv 2102.09690). `masked`, `skeleton` and `hypothetical`,
    which need a schema or a query, choose as `semantic` here: see `cairn.databases.sql_examples`."""
    if spec.selector == "none" or not examples or spec.k == 0:
        return []
    wanted = spec.model_copy(update={"k": spec.k + 1}) if spec.leave_one_out else spec
    if spec.selector == "length":
        chosen = _length(examples, question, wanted, count)
    else:
        chosen = _SELECTORS[spec.selector](examples, question, wanted, stores)
    if spec.leave_one_out:
        chosen = [one for one in chosen if normalise(one["input"]) != normalise(question)][: spec.k]
    return _within(chosen, spec.max_tokens, count)[::-1]


def _fixed(examples: Sequence[Example], _question: str, spec: Examples, _stores: VectorStores) -> list[Example]:
    return list(examples[: spec.k][::-1])


def _semantic(examples: Sequence[Example], question: str, spec: Examples, stores: VectorStores) -> list[Example]:
    from langchain_core.example_selectors import SemanticSimilarityExampleSelector

    store = _filled(examples, stores)
    selector = SemanticSimilarityExampleSelector(vectorstore=store, k=spec.k, input_keys=["input"])
    return _examples(selector.select_examples({"input": question}))


def _mmr(examples: Sequence[Example], question: str, spec: Examples, stores: VectorStores) -> list[Example]:
    from langchain_core.example_selectors import MaxMarginalRelevanceExampleSelector

    store = _filled(examples, stores)
    selector = MaxMarginalRelevanceExampleSelector(
        vectorstore=store, k=spec.k, fetch_k=max(20, 4 * spec.k), input_keys=["input"]
    )
    return _examples(selector.select_examples({"input": question}))


def _jaccard(examples: Sequence[Example], question: str, spec: Examples, _stores: VectorStores) -> list[Example]:
    return _examples(JaccardExampleSelector(examples, spec.k).select_examples({"input": question}))


def _length(examples: Sequence[Example], question: str, spec: Examples, count: TokenCount) -> list[Example]:
    selector = LengthBasedExampleSelector(
        examples=[dict(example) for example in examples],
        example_prompt=PromptTemplate.from_template("{input}\n{output}"),
        get_text_length=count,
        max_length=spec.max_tokens + count(question),
    )
    return _examples(selector.select_examples({"input": question}))[: spec.k]


_SELECTORS = {
    "fixed": _fixed,
    "semantic": _semantic,
    "mmr": _mmr,
    "jaccard": _jaccard,
    "masked": _semantic,
    "skeleton": _semantic,
    "hypothetical": _semantic,
}


@dataclass(frozen=True)
class ExamplePool:
    """Implements `cairn.core.strategy.Pool` over vectors that are made once for each set of keys and kept."""

    examples: Sequence[Example]
    spec: Examples
    stores: VectorStores
    count: TokenCount = approximate_tokens

    def nearest(
        self,
        text: str,
        key: Callable[[Example], str],
        *,
        only: Callable[[Example], bool] | None = None,
        prefer: Callable[[Example], bool] | None = None,
    ) -> list[Example]:
        if self.spec.k == 0 or not self.examples:
            return []
        store = _filled(self.examples, self.stores, [key(example) for example in self.examples])
        ranked = _examples([found.metadata for found in store.similarity_search(text, k=self._ranked(only, prefer))])
        if only:
            ranked = [example for example in ranked if only(example)] or ranked
        if prefer:
            ranked.sort(key=lambda example: not prefer(example))
        return _within(ranked[: self.spec.k], self.spec.max_tokens, self.count)[::-1]

    def _ranked(self, *conditions: object) -> int:
        return min(len(self.examples), _RANKED if any(conditions) else self.spec.k)


class JaccardExampleSelector(BaseExampleSelector):
    """The `k` examples whose words overlap most with the question's: |A and B| / |A or B|. CJK counts in bigrams."""

    def __init__(self, examples: Sequence[Example], k: int) -> None:
        self._examples = [(_words(example["input"]), example) for example in examples]
        self._k = k

    def add_example(self, example: dict[str, str]) -> None:
        self._examples.append((_words(example["input"]), Example(input=example["input"], output=example["output"])))

    def select_examples(self, input_variables: dict[str, str]) -> list[dict[str, Any]]:
        asked = _words(input_variables["input"])
        ranked = sorted(self._examples, key=lambda pair: -_overlap(asked, pair[0]))
        return [dict(example) for _, example in ranked[: self._k]]


class ExampleSelector(BaseExampleSelector):
    """Cairn's choice of examples as a LangChain selector, for a `FewShotPromptTemplate` and its like.

    >>> from cairn import ExampleSelector
    >>> pairs = [{"input": "2 + 2", "output": "4"}, {"input": "the capital of Peru", "output": "Lima"}]
    >>> ExampleSelector(pairs, "jaccard", k=1).select_examples({"input": "What is the capital of Chile?"})
    [{'input': 'the capital of Peru', 'output': 'Lima'}]
    """

    def __init__(
        self,
        examples: Sequence[Mapping[str, str]],
        selector: Selector = "semantic",
        k: int = 4,
        max_tokens: int = 1000,
        embeddings: Embeddings | None = None,
        count: TokenCount = approximate_tokens,
    ) -> None:
        """Nothing is embedded before a question is asked.

        Args:
            examples: Pairs of `input` and `output`.
            selector: `fixed`, `semantic`, `mmr`, `jaccard` or `length`. `masked`, `skeleton` and `hypothetical` need a
                schema and choose as `semantic` here.
            k: At most so many examples.
            max_tokens: At most so many tokens of them.
            embeddings: What `semantic` and `mmr` compare by; None for Cairn's hashed ones, which need no download.
            count: Counts tokens.

        Raises:
            ValidationError: There is no such selector, or `k` or `max_tokens` can't be that.
            KeyError: An example lacks its `input` or `output`.
        """
        self._spec = Examples(selector=selector, k=k, max_tokens=max_tokens)
        self._examples = [_example(example) for example in examples]
        self._count = count
        self._embeddings = embeddings
        self._stores: dict[str, VectorStore] = {}

    def add_example(self, example: dict[str, str]) -> None:
        """One more, which comes last. Raises KeyError where it lacks its `input` or `output`."""
        self._examples = [*self._examples, _example(example)]

    def select_examples(self, input_variables: dict[str, str]) -> list[dict[str, Any]]:
        """Those for the question `input_variables["input"]`, the nearest last. Raises KeyError where there is none."""
        chosen = select(self._examples, input_variables["input"], self._spec, self._store, self._count)
        return [dict(example) for example in chosen]

    def _store(self, digest: str) -> VectorStore:
        if digest not in self._stores:
            from langchain_core.vectorstores import InMemoryVectorStore

            from cairn.models.embeddings import HashedEmbeddings

            self._stores = {digest: InMemoryVectorStore(self._embeddings or HashedEmbeddings())}
        return self._stores[digest]


def _overlap(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a or b else 0.0


@lru_cache(maxsize=20_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(piece for word in _WORDS.findall(normalise(text)) for piece in _pieces(word))


def _pieces(word: str) -> list[str]:
    if not has_cjk(word) or len(word) == 1:
        return [word]
    return [word[i : i + 2] for i in range(len(word) - 1)]


def _filled(examples: Sequence[Example], stores: VectorStores, keys: Sequence[str] = ()) -> VectorStore:
    """The store of exactly these examples under their keys, else inputs; it is filled once and kept between runs."""
    texts = [clean(text) for text in keys or (example["input"] for example in examples)]
    digest = hashlib.sha256(json.dumps([examples, list(keys)], ensure_ascii=True).encode()).hexdigest()[:24]
    store = stores(digest)
    ids = [str(number) for number in range(len(examples))]
    if not store.get_by_ids(ids[-1:]):  # they are written in order
        store.add_texts(texts, metadatas=[dict(example) for example in examples], ids=ids)
    return store


def _examples(found: Sequence[dict[str, Any]]) -> list[Example]:
    return [_example(example) for example in found]


def _example(data: Mapping[str, Any]) -> Example:
    example = Example(input=data["input"], output=data["output"])
    if database := data.get("database"):
        example["database"] = database
    return example


def _within(examples: Sequence[Example], max_tokens: int, count: TokenCount) -> list[Example]:
    kept: list[Example] = []
    spent = 0
    for example in examples:
        cost = count(example["input"]) + count(example["output"])
        if spent + cost <= max_tokens:
            kept.append(example)
            spent += cost
    return kept
