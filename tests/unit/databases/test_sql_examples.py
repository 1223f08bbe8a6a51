from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.strategy import Example
from cairn.core.task import Examples
from cairn.databases.linking.schema_text import Column, Schema, Table
from cairn.databases.query_difficulty import difficulty
from cairn.databases.sql_examples import (
    Subject,
    choose,
    mask,
    needs_first_query,
    similarity,
    skeleton,
    subject_of_query,
    subject_of_schema,
)
from cairn.retrieval.library import Library

# Skeletons


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT name, age FROM singer WHERE age > 3 AND city = 'x'", "select _ from _ where _"),
        ("select T1.a from t as T1 join u as T2 on T1.id = T2.id where T2.b >= -1.5;", "select _ from _ where _"),
        ("SELECT a FROM t x, u y WHERE x.i = y.i OR x.j = 2", "select _ from _ where _"),
        ("SELECT count(*) FROM t", "select count ( * ) from _"),
        ("SELECT a, COUNT(*) AS n FROM t GROUP BY a", "select _ , count ( * ) from _ group by _"),
        ("SELECT a FROM t ORDER BY b DESC LIMIT 3", "select _ from _ order by _ desc limit _"),
        ("SELECT a FROM t ORDER BY b ASC", "select _ from _ order by _"),
        ("SELECT a FROM t WHERE b NOT IN (SELECT c FROM u)", "select _ from _ where not _ in ( select _ from _ )"),
        ("SELECT a FROM t EXCEPT SELECT a FROM t WHERE b = 1", "select _ from _ except select _ from _ where _"),
        ("SELECT a FROM t WHERE b LIKE '%x%'", "select _ from _ where _ like _"),
        ("SELECT 名称 FROM 产品 WHERE 价格 > 3", "select _ from _ where _"),
    ],
)  # fmt: skip
def test_a_skeleton_has_no_names_and_values(sql: str, expected: str) -> None:
    assert skeleton(sql) == expected


def test_text_that_is_no_query_has_a_skeleton_as_far_as_it_goes() -> None:
    assert skeleton("SELECT name FROM WHERE age > 'x' AND (") == "select _ from where _ and ("
    assert skeleton("") == ""


def test_the_same_query_in_other_dialects_has_the_same_skeleton() -> None:
    assert skeleton('SELECT "a" FROM "t" LIMIT 3', "postgres") == skeleton("SELECT `a` FROM `t` LIMIT 3", "mysql")


def test_similarity_counts_words() -> None:
    assert similarity("select _ from _", "select _ from _") == 1
    assert similarity("select _ from _ where _", "select _ from _") == pytest.approx(4 / 6)
    assert similarity("", "") == 1


@given(st.text(max_size=200))
def test_any_text_has_a_skeleton_and_a_difficulty(text: str) -> None:
    assert "'" not in skeleton(text) or "'" in text
    assert difficulty(text) in ("easy", "medium", "hard", "extra")


# Difficulty: the published evaluator's classes


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT count(*) FROM singer", "easy"),
        ("SELECT name FROM singer WHERE age > 3", "easy"),
        ("SELECT name, age FROM singer ORDER BY age DESC", "medium"),
        ("SELECT avg(age), min(age), max(age) FROM singer WHERE country = 'France'", "medium"),
        ("SELECT name FROM singer ORDER BY age LIMIT 1", "medium"),
        ("SELECT T2.name, count(*) FROM concert AS T1 JOIN stadium AS T2 ON T1.i = T2.i GROUP BY T1.i", "medium"),
        ("SELECT b.x, count(*) FROM a JOIN b ON a.i = b.i GROUP BY a.i ORDER BY count(*) LIMIT 1", "extra"),
        ("SELECT song FROM singer WHERE age > (SELECT avg(age) FROM singer)", "hard"),
        ("SELECT country FROM singer WHERE age > 40 INTERSECT SELECT country FROM singer WHERE age < 30", "hard"),
        ("SELECT a FROM s WHERE i NOT IN (SELECT i FROM c WHERE y = 2014) AND b = 1 OR c = 2", "extra"),
        ("WITH x AS (SELECT a FROM t) SELECT a FROM x", "hard"),
        ("not a query", "extra"),
        ("DELETE FROM t", "extra"),
    ],
)  # fmt: skip
def test_difficulty_is_spider_s(sql: str, expected: str) -> None:
    assert difficulty(sql) == expected


# Masked questions

SCHEMA = Schema(
    "sqlite",
    (
        Table("singers", (Column("singer_id", "INT"), Column("birthYear", "INT"), Column("name", "TEXT"))),
        Table("城市", (Column("人口", "INT"),)),
    ),
)


def test_a_masked_question_has_lost_its_subject() -> None:
    subject = subject_of_schema(SCHEMA, ["New York"])
    assert mask("How many singers were born in new york after 1990?", subject) == "How many _ were born in # after #"
    assert mask('Show the birth years of "Ada Lovelace".', subject) == "Show the _ of #"


def test_a_masked_chinese_question_has_lost_its_subject() -> None:
    assert mask("哪个城市的人口超过100万？", subject_of_schema(SCHEMA)) == "哪个 _ 的 _ 超过 # 万"


def test_a_query_tells_what_its_question_is_about() -> None:
    subject = subject_of_query("SELECT ship_date FROM orders WHERE city = 'Rome'")
    assert mask("When were the orders to Rome shipped?", subject) == "When were the _ to # _"
    assert subject_of_query("no query") == Subject(frozenset())


@given(st.text(max_size=100), st.lists(st.text(max_size=10), max_size=3))
def test_any_question_can_be_masked(question: str, values: list[str]) -> None:
    assert isinstance(mask(question, subject_of_schema(SCHEMA, values)), str)


# The choice of examples

POOL = [
    Example(input="How many cars are there?", output="SELECT count(*) FROM cars"),
    Example(input="Which cars are red?", output="SELECT name FROM cars WHERE colour = 'red'"),
    Example(input="Show the fastest car.", output="SELECT name FROM cars ORDER BY speed DESC LIMIT 1"),
    Example(input="How many singers sing in French?", output="SELECT count(*) FROM song WHERE language = 'French'"),
]


class Pool:
    """What the choice was asked for, with the pool's own order for nearness."""

    def __init__(self, spec: Examples) -> None:
        self.spec = spec
        self.examples = POOL
        self.text = ""
        self.keys: list[str] = []

    def nearest(self, text: str, key, *, only=None, prefer=None) -> list[Example]:  # type: ignore[no-untyped-def]
        self.text, self.keys = text, [key(example) for example in self.examples]
        found = [example for example in self.examples if only is None or only(example)]
        return sorted(found, key=lambda example: bool(prefer) and not prefer(example))[: self.spec.k]


def chosen(spec: Examples, first: str | None = None) -> tuple[list[str], Pool]:
    pool = Pool(spec)
    subject = subject_of_schema(SCHEMA)
    return [example["output"] for example in choose(pool, "How many singers?", subject, "sqlite", first)], pool


def test_masked_compares_questions_without_their_subjects() -> None:
    _, pool = chosen(Examples(selector="masked"))
    assert pool.text == "How many _"
    assert pool.keys == ["How many _ are there", "Which _ are #", "Show the fastest _", "How many singers sing in #"]


def test_skeleton_prefers_queries_of_the_first_query_s_form() -> None:
    first = "SELECT title FROM album ORDER BY price DESC LIMIT 5"
    assert chosen(Examples(selector="skeleton", k=1), first)[0] == [POOL[2]["output"]]
    assert chosen(Examples(selector="skeleton", k=1))[0] == [POOL[0]["output"]]


def test_hypothetical_compares_queries() -> None:
    _, pool = chosen(Examples(selector="hypothetical"), "SELECT count(*) FROM album")
    assert pool.text == pool.keys[0] == "select count ( * ) from _"


def test_same_difficulty_lets_only_the_first_query_s_class_through() -> None:
    spec = Examples(selector="semantic", same_difficulty=True)
    assert chosen(spec, "SELECT a FROM t ORDER BY b LIMIT 1")[0] == [POOL[2]["output"]]
    assert len(chosen(spec)[0]) == 4


@pytest.mark.parametrize(
    ("spec", "needed"),
    [
        (Examples(selector="skeleton"), True),
        (Examples(selector="hypothetical"), True),
        (Examples(selector="hypothetical", k=0), False),
        (Examples(selector="semantic", same_difficulty=True), True),
        (Examples(selector="fixed", same_difficulty=True), False),
        (Examples(selector="masked"), False),
    ],
)
def test_what_needs_a_first_query(spec: Examples, needed: bool) -> None:
    assert needs_first_query(spec) is needed


def test_the_pool_of_a_task_ranks_by_its_keys(library: Library) -> None:
    from cairn.prompts.example_selectors import ExamplePool

    pool = ExamplePool(POOL, Examples(selector="skeleton", k=2), library.example_store)
    found = choose(
        pool, "Show the oldest singer", subject_of_schema(SCHEMA), "sqlite", "SELECT a FROM t ORDER BY b DESC LIMIT 1"
    )
    assert found[-1] == POOL[2]
    assert len(found) == 2
