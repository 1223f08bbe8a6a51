"""Which examples go into a prompt: one function, `select`. The selectors are LangChain's where it has them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.example_selectors import BaseExampleSelector, LengthBasedExampleSelector
from langchain_core.prompts import PromptTemplate
from langchain_core.vectorstores import VectorStore

from cairn.task import Examples
from cairn.text import CJK, approximate_tokens, clean, normalise
from prompts.store import Example

VectorStores = Callable[[str], VectorStore]
_WORDS = re.compile(rf"[{CJK}]+|[^\W_]+")


def select(examples: Sequence[Example], question: str, spec: Examples, stores: VectorStores) -> list[Example]:
    """At most `spec.k` examples within `spec.max_tokens`; those that don't fit are skipped. The nearest comes last,
    next to the question, where it weighs most (Zhao et al., arXiv 2102.09690)."""
    if spec.selector == "none" or not examples or spec.k == 0:
        return []
    chosen = _SELECTORS[spec.selector](examples, question, spec, stores)
    return _within(chosen, spec.max_tokens)[::-1]


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


def _length(examples: Sequence[Example], question: str, spec: Examples, _stores: VectorStores) -> list[Example]:
    selector = LengthBasedExampleSelector(
        examples=[dict(example) for example in examples],
        example_prompt=PromptTemplate.from_template("{input}\n{output}"),
        get_text_length=approximate_tokens,
        max_length=spec.max_tokens + approximate_tokens(question),
    )
    return _examples(selector.select_examples({"input": question}))[: spec.k]


_SELECTORS = {"fixed": _fixed, "semantic": _semantic, "mmr": _mmr, "jaccard": _jaccard, "length": _length}


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


def _overlap(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a or b else 0.0


def _words(text: str) -> frozenset[str]:
    return frozenset(piece for word in _WORDS.findall(normalise(text)) for piece in _pieces(word))


def _pieces(word: str) -> list[str]:
    if not re.match(f"[{CJK}]", word) or len(word) == 1:
        return [word]
    return [word[i : i + 2] for i in range(len(word) - 1)]


def _filled(examples: Sequence[Example], stores: VectorStores) -> VectorStore:
    """The store of exactly these examples; it is filled once and kept between runs."""
    digest = hashlib.sha256(json.dumps(examples, ensure_ascii=True).encode()).hexdigest()[:24]
    store = stores(f"examples-{digest}")
    ids = [str(number) for number in range(len(examples))]
    if len(store.get_by_ids(ids)) < len(ids):
        texts = [clean(example["input"]) for example in examples]
        store.add_texts(texts, metadatas=[dict(example) for example in examples], ids=ids)
    return store


def _examples(found: Sequence[dict[str, Any]]) -> list[Example]:
    return [Example(input=example["input"], output=example["output"]) for example in found]


def _within(examples: Sequence[Example], max_tokens: int) -> list[Example]:
    kept: list[Example] = []
    spent = 0
    for example in examples:
        cost = approximate_tokens(example["input"]) + approximate_tokens(example["output"])
        if spent + cost <= max_tokens:
            kept.append(example)
            spent += cost
    return kept
