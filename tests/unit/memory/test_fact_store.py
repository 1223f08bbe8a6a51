from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from cairn.core.app_database import Database
from cairn.core.app_tables import FactRow
from cairn.core.errors import ModelUnavailable, UsageError
from cairn.core.events import listening
from cairn.memory.fact_store import LONGEST, MOST, Facts, facts_from
from cairn.models.embedder import Embedder
from cairn.models.embeddings import HashedEmbeddings


@pytest.fixture
def facts(database: Database) -> Facts:
    return Facts(database, "ann", HashedEmbeddings)


def texts(facts: Facts) -> list[str]:
    return [fact.text for fact in facts.list()]


def stored(database: Database, *conditions: Any) -> int:
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(FactRow).where(*conditions)) or 0


def test_a_fact_says_who_said_it_where_and_when(facts: Facts) -> None:
    with facts_from("thread-1", "run-1"):
        said = facts.add("prefers metric units", "model").fact
    own = facts.add("lives in Berlin").fact
    assert (said.said_by, said.thread, said.run) == ("model", "thread-1", "run-1")
    assert (own.said_by, own.thread, own.run) == ("user", None, None)
    assert own.created > said.created > 1.7e9
    assert facts.list() == [own, said]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("I'm married", "I got divorced"),
        ("lives in Berlin", "lives in Paris"),
        ("likes coffee", "doesn't like coffee"),
        ("住在北京", "搬到上海了"),
        ("喜欢喝茶", "不喜欢喝茶"),
    ],
)
def test_what_does_not_fit_together_stands_side_by_side_until_somebody_says_what_holds(
    facts: Facts, old: str, new: str
) -> None:
    facts.add(old)
    assert facts.add(new, "model").replaced == ()
    assert texts(facts) == [new, old]
    assert [fact.text for fact in facts.best("anything", 5)] == [new, old]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("prefers metric units", "Prefers  metric units."),
        ("has 2 children", "has ２ children!"),
        ("我喜欢茶", "我喜欢茶。"),
    ],
)
def test_a_fact_that_is_known_is_not_kept_twice(facts: Facts, old: str, new: str) -> None:
    first = facts.add(old).fact
    again = facts.add(new)
    assert again.known and again.fact == first
    assert len(facts.list(replaced=True)) == 1


@pytest.mark.parametrize("named", ["id", "beginning", "[beginning]", "i'm MARRIED."])
def test_a_fact_takes_the_place_of_the_one_that_it_names(facts: Facts, named: str) -> None:
    old = facts.add("I'm married").fact
    facts.add("likes coffee")
    named = {"id": old.id, "beginning": old.id[:8], "[beginning]": f"[{old.id[:8]}]"}.get(named, named)
    saved = facts.add("I got divorced", "model", named)
    assert [fact.id for fact in saved.replaced] == [old.id]
    assert texts(facts) == ["I got divorced", "likes coffee"]
    gone = next(fact for fact in facts.list(replaced=True) if fact.id == old.id)
    assert gone.replaced_by == saved.fact.id
    assert gone.replaced and gone.replaced >= saved.fact.created


def test_a_fact_that_is_known_can_still_take_another_ones_place(facts: Facts) -> None:
    old = facts.add("I'm married").fact
    new = facts.add("I got divorced").fact
    saved = facts.add("I got divorced.", "model", old.id)
    assert (saved.fact.id, saved.known, [fact.id for fact in saved.replaced]) == (new.id, True, [old.id])
    assert texts(facts) == ["I got divorced"]


def test_what_replaces_an_unknown_or_a_replaced_fact_is_refused_and_not_kept(facts: Facts) -> None:
    old = facts.add("lives in Berlin").fact
    facts.add("lives in Paris", replaces=old.id)
    for named in (old.id, "lives in Berlin", "ffff", old.id[:2]):
        with pytest.raises(UsageError, match="there is none"):
            facts.add("lives in Rome", "model", named)
    assert texts(facts) == ["lives in Paris"]


def test_a_replaced_fact_can_come_back(facts: Facts) -> None:
    facts.add("住在北京")
    facts.add("住在上海", replaces="住在北京")
    facts.add("住在北京", replaces="住在上海")
    assert texts(facts) == ["住在北京"]
    assert len(facts.list(replaced=True)) == 3


def test_a_correction_may_change_no_more_than_a_letter(facts: Facts) -> None:
    facts.correct(facts.add("lives in berlin").fact.id, "lives in Berlin")
    assert texts(facts) == ["lives in Berlin"]
    assert facts.correct("lives in berlin", "lives in Berlin").known
    assert len(facts.list(replaced=True)) == 2


def test_a_correction_takes_the_facts_place_whatever_it_says(facts: Facts) -> None:
    fact = facts.add("plays the violin").fact
    saved = facts.correct(fact.id[:8], "plays the viola")
    assert [old.id for old in saved.replaced] == [fact.id]
    assert texts(facts) == ["plays the viola"]


def test_a_correction_to_what_is_known_already_leaves_one_fact(facts: Facts) -> None:
    facts.add("plays the viola")
    wrong = facts.add("plays the violin").fact
    saved = facts.correct(wrong.id, "plays the viola")
    assert saved.known and [old.id for old in saved.replaced] == [wrong.id]
    assert texts(facts) == ["plays the viola"]


def test_a_forgotten_fact_is_gone_with_its_vector_and_with_what_it_replaced(facts: Facts, database: Database) -> None:
    facts.add("lives in Berlin")
    facts.add("lives in Paris", replaces="lives in Berlin")
    facts.add("lives in Rome", replaces="lives in Paris")
    for text in ("likes tea", "plays chess"):
        facts.add(text)
    facts.search("where", 1)
    assert stored(database, FactRow.vector.is_not(None)) == 3
    rome = next(fact for fact in facts.list() if fact.text == "lives in Rome")
    facts.forget(rome.id)
    assert stored(database) == stored(database, FactRow.vector.is_not(None)) == 2
    assert "lives in Rome" not in [fact.text for fact in facts.search("lives in Rome", 10)]
    assert facts.forget_all() == 2
    assert stored(database) == 0


def test_a_replaced_fact_has_no_vector(facts: Facts, database: Database) -> None:
    for text in ("lives in Berlin", "likes tea"):
        facts.add(text)
    facts.search("where", 1)
    facts.add("lives in Paris", replaces="lives in Berlin")
    assert stored(database, FactRow.vector.is_not(None)) == 1
    assert "lives in Berlin" not in [fact.text for fact in facts.search("Berlin", 10)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Which units should I use, metric?", "prefers metric units"),
        ("Where does she live?", "lives in Berlin"),
        ("咖啡好喝吗", "喜欢喝咖啡"),
        ("我住在哪里", "住在上海的父母每年来访"),
    ],
)
def test_facts_are_searched_by_meaning(facts: Facts, query: str, found: str) -> None:
    for text in ("prefers metric units", "lives in Berlin", "喜欢喝咖啡", "住在上海的父母每年来访", "has two children"):
        facts.add(text)
    assert facts.search(query, 1)[0].text == found
    assert facts.best(query, 1)[0].text == found
    assert facts.search(query, 0) == facts.best(query, 0) == []
    assert facts.search(query, 99)[0].text == found


def test_all_facts_are_given_newest_first_while_there_are_few(facts: Facts, database: Database) -> None:
    def never() -> Embedder:
        raise AssertionError("no vectors are needed")

    for text in ("likes tea", "plays chess"):
        facts.add(text)
    assert [fact.text for fact in Facts(database, "ann", never).best("anything", 5)] == ["plays chess", "likes tea"]


class Other(HashedEmbeddings):
    """Another model: its vectors must not be compared with the stored ones."""

    @property
    def fingerprint(self) -> str:
        return "other"

    def embed_query(self, text: str) -> list[float]:
        return [1.0, float("chess" in text)]

    def covers(self, text: str) -> bool:
        return text.isascii()


def test_another_embedding_model_embeds_anew_and_knows_its_scripts(facts: Facts, database: Database) -> None:
    for text in ("likes tea", "plays chess", "喜欢茶"):
        facts.add(text)
    facts.search("tea", 1)
    other = Facts(database, "ann", Other)
    assert other.search("a game of chess", 1)[0].text == "plays chess"
    assert other.search("茶", 1)[0].text == "喜欢茶"
    assert stored(database, FactRow.embedder == "other") == 2


class Away(Other):
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise ModelUnavailable("The embeddings server is away.")


def test_an_embedding_server_that_is_away_leaves_the_letters(facts: Facts, database: Database) -> None:
    for text in ("likes tea", "plays chess"):
        facts.add(text)
    told: list[str] = []
    with listening(lambda type, data: told.append(data["text"])):
        assert Facts(database, "ann", Away).search("chess", 1)[0].text == "plays chess"
    assert "server is away" in told[0]


def test_no_other_user_reaches_anything(facts: Facts, database: Database) -> None:
    own = facts.add("lives in Berlin").fact
    facts.add("likes tea")
    bob = Facts(database, "bob", HashedEmbeddings)
    reach: list[Callable[[], object]] = [
        lambda: bob.get(own.id),
        lambda: bob.forget(own.id),
        lambda: bob.forget(own.id[:8]),
        lambda: bob.correct(own.id, "lives in Rome"),
        lambda: bob.add("lives in Rome", "model", own.id),
        lambda: bob.add("lives in Rome", "model", "lives in Berlin"),
    ]
    for attempt in reach:
        with pytest.raises(UsageError, match="there is none"):
            attempt()
    assert bob.list() == bob.list(replaced=True) == bob.search("Berlin", 10) == []
    assert bob.add("lives in Paris").replaced == ()
    assert bob.add("lives in Berlin").known is False
    bob.search("Berlin", 1)
    assert bob.forget_all() == 2
    assert texts(facts) == ["likes tea", "lives in Berlin"]
    assert facts.get(own.id).replaced is None


def test_a_search_that_overlaps_forgetting_brings_no_vector_back(facts: Facts, database: Database) -> None:
    class Slow(HashedEmbeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            facts.forget_all()
            return super().embed_documents(texts)

    for text in ("likes tea", "plays chess"):
        facts.add(text)
    Facts(database, "ann", Slow).search("tea", 1)
    assert stored(database) == 0


def test_writers_at_once_keep_what_is_equal_once_and_one_of_them_replaces(database: Database) -> None:
    refused: list[str] = []

    def write(city: str) -> None:
        mine = Facts(database, "ann", HashedEmbeddings)
        mine.add("prefers metric units")
        try:
            mine.add(f"lives in {city}", replaces="lives in Berlin")
        except UsageError as error:
            refused.append(error.message)

    Facts(database, "ann", HashedEmbeddings).add("lives in Berlin")
    writers = [threading.Thread(target=write, args=(city,)) for city in ("Paris", "Rome", "Oslo", "Bern", "Riga")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(text.split()[0] for text in texts(Facts(database, "ann", HashedEmbeddings))) == ["lives", "prefers"]
    assert len(refused) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "?!…",
        "x" * (LONGEST + 1),
        "The wifi password is hunter2",
        "My PIN is 4321",
        "api key: abc",
        "uses sk-abcdefghij0123456789xyz for everything",
        "token ghp_abcdefghijklmnopqrstuvwxyz0123",
        "card 4111 1111 1111 1111",
        "密码是 hunter2",
        "银行卡密码：123456",
        "db at postgres://ann:secret@host/db",
        "session dGhpc0lzQVNlY3JldFRva2VuMTIz45",
    ],
)
def test_what_is_empty_too_long_or_looks_like_a_secret_is_not_remembered(facts: Facts, text: str) -> None:
    with pytest.raises(UsageError):
        facts.add(text)
    assert facts.list() == []


@pytest.mark.parametrize(
    "text",
    [
        "uses a password manager",
        "works on the API team",
        "phone number is +49 30 1234567",
        "密码管理器用得很熟",
        "PIN boards are great",
    ],
)
def test_what_only_talks_of_secrets_is_remembered(facts: Facts, text: str) -> None:
    assert facts.add(text).fact.text == text


def test_a_fact_is_one_clean_line(facts: Facts) -> None:
    said = facts.add(" - likes\x00 \ntea\x1b[31m \u202eand\u200b {{question}} \ud800 كتب ").fact
    assert said.text == "likes tea [31m and {{question}} \ufffd كتب"
    assert texts(facts) == [said.text]


def test_a_fact_is_shown_with_its_id_and_its_day(facts: Facts) -> None:
    fact = facts.add("likes tea").fact
    assert fact.line == f"{fact.id[:8]}, {date.fromtimestamp(fact.created).isoformat()}: likes tea"


def test_there_is_room_for_so_many_facts(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cairn.memory.fact_store.MOST", 2)
    assert MOST == 1000
    facts.add("lives in Berlin")
    facts.add("likes tea")
    with pytest.raises(UsageError, match="no room"):
        facts.add("plays chess")
    assert facts.add("lives in Paris", replaces="lives in Berlin").replaced


def test_a_fact_is_named_by_its_ids_beginning_if_that_is_one(facts: Facts) -> None:
    fact = facts.add("likes tea").fact
    assert facts.get(fact.id[:6].upper()) == fact
    for wrong in ("", "%", "zzzz", fact.id[:3]):
        with pytest.raises(UsageError):
            facts.get(wrong)


@given(st.text(max_size=60))
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_is_remembered_as_one_line_or_refused(facts: Facts, text: str) -> None:
    try:
        said = facts.add(text).fact.text
    except UsageError:
        return
    assert said == " ".join(said.split())
    facts.forget_all()
