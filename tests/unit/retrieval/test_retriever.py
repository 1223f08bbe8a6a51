"""The library as a LangChain retriever, alone and in a chain."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from pydantic import ValidationError

from cairn.core.errors import UsageError
from cairn.core.events import listening
from cairn.core.filters import Filters
from cairn.core.passages import PassageMetadata, citing
from cairn.core.task import Retrieval
from cairn.retrieval.library import Library
from cairn.retrieval.retriever import CairnRetriever

LEAVE = "# Leave\n\n## Parental\n\nParents get 20 weeks of leave.\n\n## Sick\n\nCall in when you take sick leave.\n"


@pytest.fixture
def filled(library: Library, tmp_path: Path) -> Library:
    for name, text in {
        "leave.md": LEAVE,
        "trains.md": "Trains are preferred to leave by.",
        "假期.md": "年假有二十天。",
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    library.add([tmp_path / "leave.md"], tags=["hr"])
    library.add([tmp_path / "trains.md", tmp_path / "假期.md"], tags=["trips"])
    return library


def test_documents_say_where_they_are_from_and_how_they_were_found(filled: Library, tmp_path: Path) -> None:
    [first, second] = CairnRetriever.from_library(filled, k=2).invoke("parental leave")
    hit = filled.search("parental leave", Retrieval(k=2))[0]
    assert first.page_content.endswith("Parents get 20 weeks of leave.")
    assert set(first.metadata) == set(PassageMetadata.__required_keys__)
    assert first.metadata | {"date": None} == {
        "source": str(tmp_path / "leave.md"),
        "title": "Leave",
        "page": None,
        "heading": "Parental",
        "start": hit.start,
        "end": hit.end,
        "score": hit.score,
        "number": 1,
        "found_by": {"lexical": 1, "dense": 1},
        "collection": "default",
        "date": None,
        "tags": ["hr"],
        "notices": [],
    }
    assert filled.text(first.metadata["source"])[hit.start : hit.end] == first.page_content
    assert (first.id, second.metadata["number"]) == (str(hit.chunk), 2)
    json.dumps(first.metadata)


async def test_asynchronously_and_in_anyones_chain_it_finds_the_same(filled: Library) -> None:
    retriever = CairnRetriever.from_library(filled, k=3)
    found = retriever.invoke("年假有几天？")
    assert found[0].page_content == "年假有二十天。"
    assert await retriever.ainvoke("年假有几天？") == found
    assert await retriever.abatch(["年假有几天？"]) == [found]
    texts: Callable[[list[Document]], list[str]] = lambda documents: [one.page_content for one in documents]  # noqa: E731
    chain = {"context": retriever | RunnableLambda(texts), "question": RunnablePassthrough()} | RunnableLambda(dict)
    assert chain.invoke("年假有几天？")["context"] == texts(found)


@pytest.mark.parametrize("options", [{}, {"filters": False}, {"route": True}, {"rerank": ["mmr"]}, {"parents": True}])
def test_filters_narrow_before_the_cut(filled: Library, options: dict[str, Any]) -> None:
    only = CairnRetriever.from_library(filled, k=1, where=Filters(tags=("trips",)), **options)
    assert [one.metadata["title"] for one in only.invoke("parental leave")] == ["trains"]
    assert len(only.invoke("")) == 1, "filters alone list what passes"


def test_filters_of_the_query_hold_beside_them(filled: Library) -> None:
    told: list[Any] = []
    retriever = CairnRetriever.from_library(filled, where=Filters(tags=("trips",)))
    assert {one.metadata["title"] for one in retriever.invoke("title:trains leave")} == {"trains"}
    with listening(lambda type, data: told.append(data["text"]) if type == "notice" else None):
        assert retriever.invoke("tag:hr leave") == []
    assert told == ["No document passes tag:hr tag:trips."]


def test_options_are_those_of_a_task(filled: Library) -> None:
    assert set(Retrieval.model_fields) <= set(CairnRetriever.model_fields)
    retriever = CairnRetriever.from_library(filled, Retrieval(k=2, mode="lexical", expand="hyde"), k=1)
    assert (retriever.k, retriever.mode, retriever.expand) == (1, "lexical", "hyde")
    assert CairnRetriever.from_library(filled, collections=["nowhere"]).invoke("leave") == []
    with pytest.raises(ValidationError):
        CairnRetriever.from_library(filled, k=0)
    with pytest.raises(ValidationError):
        CairnRetriever.from_library(filled, colour="red")
    with pytest.raises(UsageError, match="`expand`"):
        CairnRetriever.from_library(filled, expand="hyde")


def test_further_phrasings_and_a_judge_are_taken(filled: Library) -> None:
    def judge(_question: str, documents: list[Document]) -> list[Document]:
        return documents[::-1]

    plain = CairnRetriever.from_library(filled, mode="lexical", k=5)
    found = plain.invoke("parental", also=["trains"])
    assert {one.metadata["title"] for one in found} == {"Leave", "trains"}
    judged = CairnRetriever.from_library(filled, mode="lexical", k=5, rerank=["judge"], judge=judge)
    assert [one.id for one in judged.invoke("leave")] == [one.id for one in plain.invoke("leave")][::-1]


def test_within_a_run_the_numbers_are_the_runs(filled: Library) -> None:
    told: list[Any] = []
    retriever = CairnRetriever.from_library(filled, k=1, mode="lexical")
    with listening(lambda type, data: told.append(data) if type == "sources" else None), citing():
        asked = [retriever.invoke(query)[0] for query in ("parental", "trains", "parental")]
    assert [one.metadata["number"] for one in asked] == [1, 2, 1]
    assert [source["title"] for data in told for source in data["sources"]] == ["Leave", "trains"]
    assert retriever.invoke("trains")[0].metadata["number"] == 1
