"""The stages of a search through the library: what each changes in what is found, and what it tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cairn.core.app_database import Database
from cairn.core.errors import SettingsError
from cairn.core.events import listening
from cairn.core.passages import metadata_of, passage
from cairn.core.task import Retrieval
from cairn.retrieval.catalog import Catalog
from cairn.retrieval.catalog_records import Entry
from cairn.retrieval.hit import Hit
from cairn.retrieval.library import Library
from cairn.retrieval.load import Document, Section
from cairn.retrieval.splitting import Piece

TRAVEL = {
    "ferry.md": "The ferry leaves at 7:40. It takes cars. The harbour is in the north.",
    "train.md": "The train leaves at 9:15. It takes bicycles. The station is in the south.",
    "假期.md": "年假有二十天。病假需要医生证明。",
}
LAW = {
    "contract.md": "A contract needs an offer and an acceptance. The court decides about damages.",
    "tenancy.md": "The landlord gives notice of three months. The court hears both sides.",
}


def put(database: Database, collection: str, texts: dict[str, str], **about: Any) -> None:
    entries = [
        Entry(
            name, "", "test", Document(name.split(".")[0], text, [Section(0, len(text), None, None)]), pieces, **about
        )
        for name, text in texts.items()
        for pieces in [(Piece(text, 0, len(text), None, None, 0, len(text)),)]
    ]
    Catalog(database).put(collection, entries)


@pytest.fixture
def filled(library: Library, database: Database) -> Iterator[Library]:
    put(database, "travel", TRAVEL, tags=frozenset(["trips"]), date="2024-05-01")
    put(database, "law", LAW, tags=frozenset(["legal"]), date="2025-06-01")
    library.rebuild()
    yield library


class Told:
    def __init__(self) -> None:
        self.stages: dict[str, str] = {}
        self.notices: list[str] = []

    def __call__(self, type: str, data: Any, /) -> None:
        if type == "stage":
            assert data["milliseconds"] >= 0
            self.stages[data["name"]] = data["detail"]
        elif type == "notice":
            self.notices.append(data["text"])


def found(hits: list[Hit]) -> list[str]:
    return [hit.source for hit in hits]


def test_filters_in_the_question_narrow_and_are_told(filled: Library) -> None:
    told = Told()
    with listening(told):
        assert found(filled.search("tag:legal when does the ferry leave?", Retrieval(k=9))) != []
        assert set(found(filled.search("tag:legal when does it leave?", Retrieval(k=9)))) <= set(LAW)
    assert told.stages["filters"] == "tag:legal"
    assert set(found(filled.search("before:2024 the court leaves"))) <= set(TRAVEL)
    assert found(filled.search("source:train tag:trips it takes"))[0] == "train.md"


def test_filters_alone_list_what_passes_them(filled: Library) -> None:
    assert found(filled.search("tag:legal")) == ["contract.md", "tenancy.md"]


def test_filters_that_nothing_passes_find_nothing_and_say_so(filled: Library) -> None:
    told = Told()
    with listening(told):
        assert filled.search("tag:nowhere ferry") == []
    assert told.notices == ["No document passes tag:nowhere."]


def test_filters_can_be_switched_off(filled: Library) -> None:
    assert filled.search("tag:nowhere ferry", Retrieval(filters=False))[0].source == "ferry.md"


def test_routing_searches_the_collection_that_the_question_belongs_to(library: Library, database: Database) -> None:
    for name, texts in {"travel": TRAVEL, "law": LAW}.items():
        put(database, name, {f"{number} {file}": text for number in range(20) for file, text in texts.items()})
    library.rebuild()
    told = Told()
    with listening(told):
        hits = library.search("What does the court say about notice and damages?", Retrieval(route=True, k=9))
    assert {hit.collection for hit in hits} == {"law"}
    assert told.stages["route"] == "law (of 2 collections)"


def test_below_the_floor_nothing_was_found(filled: Library) -> None:
    told = Told()
    with listening(told):
        assert filled.search("Who won the chess championship in Reykjavik?", Retrieval(floor=0.3)) == []
        assert filled.search("When does the ferry leave the harbour?", Retrieval(floor=0.3))[0].source == "ferry.md"
        assert filled.search("病假需要什么？", Retrieval(floor=0.3))[0].source == "假期.md"
    assert "nothing found" in told.stages["floor"]


def test_further_phrasings_bring_their_passages_in(filled: Library) -> None:
    spec = Retrieval(mode="lexical", k=9)
    assert found(filled.search("ferry", spec)) == ["ferry.md"]
    both = filled.search("ferry", spec, also=["landlord", " "])
    assert set(found(both)) == {"ferry.md", "tenancy.md"}
    assert both[0].found_by == {"lexical": 1}


def test_a_judge_orders_but_can_neither_lose_nor_invent_passages(filled: Library) -> None:
    def judge(question: str, documents: list[Any]) -> list[Any]:
        assert question == "the court"
        assert {metadata_of(document)["source"] for document in documents} >= set(LAW)
        return [passage("made up", "x", "made up"), documents[1]]

    plain = filled.search("the court", Retrieval(mode="lexical"))
    judged = filled.search("the court", Retrieval(mode="lexical", rerank=["judge"]), judge=judge)
    assert found(judged) == [plain[1].source, plain[0].source]


def test_without_a_judge_the_order_stays_and_it_is_said(filled: Library) -> None:
    told = Told()
    with listening(told):
        hits = filled.search("the court", Retrieval(rerank=["judge"]))
    assert found(hits) == found(filled.search("the court"))
    assert told.notices == ["There is no model here to judge the passages: their order stays."]


def test_a_cross_encoder_that_is_not_set_is_named(filled: Library) -> None:
    with pytest.raises(SettingsError, match="cross_encoder_dir"):
        filled.search("ferry", Retrieval(rerank=["cross_encoder"]))


def test_options_go_together_and_each_tells_what_it_did(filled: Library) -> None:
    told, spec = (
        Told(),
        Retrieval(rerank=["mmr", "newest"], parents=True, gap=0.9, route=True),
    )
    with listening(told):
        hits = filled.search("When does the ferry leave?", spec)
    assert hits[0].text == TRAVEL["ferry.md"][hits[0].start : hits[0].end]
    assert set(told.stages) == {"search", "route", "gap", "mmr", "newest", "parents"}


def test_reciprocal_ranks_and_a_weight_of_one_s_own(filled: Library) -> None:
    for spec in (Retrieval(fusion="rrf"), Retrieval(dense_weight=0), Retrieval(dense_weight=1)):
        assert filled.search("When does the train leave?", spec)[0].source == "train.md"


@pytest.mark.parametrize("query", ["", "   ", "tag:", "\ud800\x00", "？！", "a" * 5000, "年" * 3000, "after:2025-99"])
def test_any_query_with_every_option_is_answered(filled: Library, query: str) -> None:
    spec = Retrieval(route=True, rerank=["mmr", "newest"], parents=True, gap=0.5, adapter=True)
    assert isinstance(filled.search(query, spec, also=[query, "ferry"]), list)
