from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.task import Examples
from cairn.prompts.example_selectors import ExamplePool, select
from cairn.prompts.task_store import Example
from cairn.retrieval.library import Library

EXAMPLES = [
    Example(input="How tall is the tower?", output="SELECT height"),
    Example(input="Which film won the prize?", output="SELECT film"),
    Example(input="谁赢得了比赛？", output="SELECT winner"),
    Example(input="How tall is the old tower in the park, counted with its flag?", output="SELECT height, flag"),
]


def none(_name: str) -> None:
    raise AssertionError("this selector needs no vectors")


def chosen(selector: str, question: str, **options: int) -> list[str]:
    spec = Examples(selector=selector, **options)  # type: ignore[arg-type]
    return [example["output"] for example in select(EXAMPLES, question, spec, none)]  # type: ignore[arg-type]


def test_jaccard_takes_the_most_alike_and_puts_the_nearest_last() -> None:
    assert chosen("jaccard", "How tall is the tower?", k=2) == ["SELECT height, flag", "SELECT height"]


def test_jaccard_reads_chinese() -> None:
    assert chosen("jaccard", "谁赢得了冠军？", k=1) == ["SELECT winner"]


def test_fixed_keeps_the_file_s_order() -> None:
    assert chosen("fixed", "x", k=2) == ["SELECT height", "SELECT film"]


def test_none_and_k_0_choose_nothing() -> None:
    assert chosen("none", "x") == []
    assert chosen("fixed", "x", k=0) == []


def test_length_takes_as_many_as_fit() -> None:
    assert len(chosen("length", "x", k=4, max_tokens=12)) < len(chosen("length", "x", k=4, max_tokens=500)) == 4


def test_what_does_not_fit_the_budget_is_skipped() -> None:
    assert chosen("jaccard", "How tall is the old tower in the park, counted with its flag?", k=4, max_tokens=14) == [
        "SELECT height"
    ]


@given(st.text(max_size=100), st.sampled_from(["fixed", "jaccard", "length"]), st.integers(0, 6), st.integers(0, 80))
def test_any_question_chooses_within_bounds(question: str, selector: str, k: int, max_tokens: int) -> None:
    assert len(chosen(selector, question, k=k, max_tokens=max_tokens)) <= k


@pytest.mark.parametrize("selector", ["semantic", "mmr"])
def test_vectors_are_made_once_and_kept(selector: Any, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = Examples(selector=selector, k=1)
    [first] = select(EXAMPLES, "Which film won?", spec, library.example_store)
    assert first["output"] == "SELECT film"
    library.close()
    embedder = library.example_store("any").embeddings
    monkeypatch.setattr(embedder, "embed_documents", None)
    [again] = select(EXAMPLES, "谁赢得了比赛", spec, library.example_store)
    assert again["output"] == "SELECT winner"


@pytest.mark.parametrize("selector", ["masked", "skeleton", "hypothetical"])
def test_selectors_that_need_a_query_go_by_the_question_without_one(selector: Any, library: Library) -> None:
    spec = Examples(selector=selector, k=1)
    [found] = select(EXAMPLES, "Which film won?", spec, library.example_store)
    assert found["output"] == "SELECT film"


def test_a_pool_ranks_by_key_filters_and_prefers(library: Library) -> None:
    pool = ExamplePool(EXAMPLES, Examples(selector="skeleton", k=2), library.example_store)

    def key(example: Example) -> str:
        return example["output"]

    def names(found: list[Example]) -> list[str]:
        return [example["output"] for example in found]

    assert names(pool.nearest("SELECT film", key))[-1] == "SELECT film"
    assert names(pool.nearest("SELECT film", key, only=lambda e: "height" in key(e))) == [
        "SELECT height, flag",
        "SELECT height",
    ]
    assert names(pool.nearest("SELECT film", key, prefer=lambda e: "winner" in key(e))) == [
        "SELECT film",
        "SELECT winner",
    ]
    assert len(pool.nearest("SELECT film", key, only=lambda _: False)) == 2
    assert ExamplePool([], Examples(k=2), library.example_store).nearest("x", key) == []


def test_a_pool_keeps_an_example_s_database(library: Library) -> None:
    example = Example(input="a", output="SELECT 1", database="shop")
    pool = ExamplePool([example], Examples(selector="semantic"), library.example_store)
    assert pool.nearest("a", lambda e: e["input"]) == [example]
