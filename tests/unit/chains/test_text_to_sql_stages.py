"""What `task.sql` switches on: reasons, classes, the empty check, examples by a first query; and the limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from cairn.chains.text_to_sql.query_execution import find_class
from cairn.chains.text_to_sql.sql_strategy import text_to_sql
from cairn.core.errors import ModelAnswerError, ModelUnavailable, TaskError
from cairn.core.strategy import Example, Reply
from cairn.core.task import Examples, Sql, Task
from cairn.databases.database_registry import Databases
from cairn.models.builtin.builtin_chat import BuiltinChatModel
from cairn.models.guarded_model import GuardedChatModel
from cairn.tools.sql_tools import make_sql_tools

from .conftest import Ask, sql

COUNT = sql("SELECT count(*) FROM orders")
EMPTY = sql("SELECT name FROM customers WHERE city = 'berlin'")
FULL = sql("SELECT name FROM customers WHERE city = 'Berlin'")


async def test_reason_asks_for_columns_tables_and_query_in_one_call(ask: Ask) -> None:
    thought = "1. `orders.id`\n```sql\nSELECT id FROM orders\n```\nno, rather:"
    done = await ask("How many orders?", sql("SELECT count(*) FROM orders", thought), reason=True)
    assert done.reply == Reply("**4**")
    assert done.model.requests[0][-1].text.startswith("How many orders?\n\nThink in three short steps")
    assert done.told.stages == [("reason", "columns, tables, query")]
    assert done.told.of("token") == []


@pytest.mark.parametrize(
    ("answer", "detail", "asked"),
    [
        ("Class: EASY", "easy", "One table of the schema is enough"),
        ("**Class:** NON-NESTED", "non-nested", "The query joins tables"),
        (
            "Class: nested\n- Who is Ada?\n- What did she buy?",
            "nested; Who is Ada?; What did she buy?",
            "- Who is Ada?",
        ),
        ("Class: NESTED", "nested", "- How many orders?"),
    ],
)
async def test_decompose_asks_by_the_question_s_class(ask: Ask, answer: str, detail: str, asked: str) -> None:
    done = await ask("How many orders?", answer, COUNT, decompose=True)
    assert done.reply == Reply("**4**")
    assert done.told.stages == [("decompose", detail)]
    assert "Don't write the query yet" in done.sent(0)
    assert asked in done.model.requests[1][-1].text
    assert "CREATE TABLE orders" in done.sent(1)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("I would say it is simple.", "the model named no class"),
        ("", "the model named no class"),
        (ModelUnavailable("It is away."), "It is away"),
        (ModelAnswerError("It was cut."), "It was cut"),
    ],
)
async def test_without_a_class_the_question_is_asked_plainly(ask: Ask, answer: Any, why: str) -> None:
    done = await ask("How many orders?", answer, COUNT, decompose=True)
    assert done.reply == Reply("**4**")
    assert done.told.notices == [f"The question was not decomposed: {why}."]
    assert done.model.requests[1][-1].text == "How many orders?"


async def test_without_a_class_it_reasons_where_that_is_on(ask: Ask) -> None:
    done = await ask("How many orders?", "?", COUNT, decompose=True, reason=True)
    assert done.told.stages == [("reason", "columns, tables, query")]
    done = await ask("How many orders?", "Class: EASY", COUNT, decompose=True, reason=True)
    assert done.told.stages == [("decompose", "easy")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Class: EASY", ("easy", [])),
        ("It needs two tables.\nClass: non-nested.", ("non_nested", [])),
        ("class：NESTED\n1. Who?\n2) What?", ("nested", ["Who?", "What?"])),
        ("- a list before\nClass: NESTED\n* " + "x" * 999, ("nested", ["x" * 300])),
        ("Class: NESTED\n" + "\n".join(f"- {n}" for n in range(99)), ("nested", ["0", "1", "2", "3", "4", "5"])),
        ("Class: HARD", None),
        ("EASY", None),
    ],
)
def test_the_class_in_an_answer(text: str, found: Any) -> None:
    assert find_class(text) == found


async def test_an_empty_result_is_shown_back_once_with_the_values_that_are_there(ask: Ask) -> None:
    done = await ask("Who lives in Berlin?", EMPTY, FULL, check_empty=True)
    assert done.reply == Reply("**Ada**")
    assert "-- customers.city holds the values 'Berlin', 'Paris'" in done.sent(1)
    assert "-- 'Berlin' is in customers.city" in done.sent(1)
    assert "hunter2" not in done.sent(1)
    assert done.told.stages == [("empty check", "corrected")]
    assert [table["rows"] for table in done.told.of("table")] == [[["Ada"]]], "the empty one is not the answer's table"


@pytest.mark.parametrize("answer", ["KEEP", EMPTY, "", "I think it is right."])
async def test_an_empty_result_can_be_kept(ask: Ask, answer: str) -> None:
    done = await ask("Who lives in Berlin?", EMPTY, answer, check_empty=True)
    assert done.reply == Reply("The result is empty: no row matches.")
    assert done.told.stages == [("empty check", "kept")]
    assert [table["rows"] for table in done.told.of("table")] == [[]]


async def test_a_correction_counts_only_if_it_runs(ask: Ask) -> None:
    done = await ask("Who?", EMPTY, sql("SELECT broken FROM customers"), check_empty=True)
    assert done.reply == Reply("The result is empty: no row matches.")
    assert done.told.stages == [("empty check", "kept, since the correction failed")]
    done = await ask("Who?", EMPTY, ModelUnavailable("It is away."), check_empty=True)
    assert done.reply == Reply("The result is empty: no row matches.")
    assert done.told.notices == ["The empty result was not looked at again: It is away."]


async def test_what_is_stored_gives_no_hint(ask: Ask) -> None:
    both = sql("SELECT name FROM customers WHERE city = 'Berlin' AND city = 'Paris' AND name LIKE '%ad%'")
    done = await ask("Who lives in both?", both, "KEEP", check_empty=True)
    assert "customers.city" not in done.sent(1).partition("no row came back")[2]


async def test_a_result_with_rows_is_not_looked_at_again(ask: Ask) -> None:
    assert (await ask("How many orders?", COUNT, check_empty=True)).told.stages == []


@dataclass(frozen=True)
class Pooled:
    """Two examples; keeps what it was asked for."""

    spec: Examples
    texts: list[str]

    @property
    def examples(self) -> Sequence[Example]:
        return [
            Example(input="How many items are there?", output="SELECT count(*) FROM items"),
            Example(input="List the names of shops.", output="SELECT name FROM shops"),
        ]

    def nearest(
        self, text: str, key: Callable[[Example], str], *, only: Any = None, prefer: Any = None
    ) -> list[Example]:
        self.texts.append(text)
        return [example for example in self.examples if only is None or only(example)][:1]


async def test_examples_are_chosen_by_a_first_query(ask: Ask) -> None:
    pool = Pooled(Examples(selector="skeleton"), [])
    done = await ask("How many orders?", sql("SELECT count(*) FROM customers"), COUNT, pool=pool)
    assert done.reply == Reply("**4**")
    assert "CREATE TABLE orders" in done.sent(0)
    assert "How many items are there?" not in done.sent(0)
    assert "How many items are there?" in done.sent(1)
    assert ("first query", "SELECT count(*) FROM customers") in done.told.stages


async def test_hypothetical_examples_need_no_schema(ask: Ask) -> None:
    pool = Pooled(Examples(selector="hypothetical"), [])
    history = [HumanMessage("How many shops?"), AIMessage("**3**")]
    done = await ask("And orders?", sql("SELECT count(*) FROM purchases"), COUNT, pool=pool, history=history)
    assert "CREATE TABLE" not in done.sent(0)
    assert "How many shops?\nAnd orders?" in done.sent(0)
    assert ("first query", "SELECT count(*) FROM purchases") in done.told.stages


@pytest.mark.parametrize(("answer", "why"), [("No.", "the model wrote none"), (ModelUnavailable("Away."), "Away")])
async def test_without_a_first_query_the_examples_stay_as_they_were(ask: Ask, answer: Any, why: str) -> None:
    done = await ask("How many orders?", answer, COUNT, pool=Pooled(Examples(selector="skeleton"), []))
    assert done.reply == Reply("**4**")
    assert done.told.notices == [f"Examples were chosen without a first query: {why}."]


async def test_a_pool_that_the_question_chose_from_costs_no_call(ask: Ask) -> None:
    done = await ask("How many orders?", COUNT, pool=Pooled(Examples(selector="masked"), []))
    assert len(done.model.requests) == 1


@pytest.mark.parametrize(
    ("limits", "answers", "stopped", "said"),
    [
        ({"model_calls": 1}, [sql("SELECT broken FROM orders")], "model_calls", "broken"),
        ({"tokens": 10}, [], "tokens", "No query could be run"),
        ({"tokens": 350}, [sql("SELECT broken FROM orders", "word " * 300)], "tokens", "broken"),
        ({"seconds": 1e-9}, [], "seconds", "No query could be run"),
    ],
)
async def test_at_a_limit_the_answer_so_far_is_given_and_marked(
    ask: Ask, limits: dict[str, Any], answers: list[str], stopped: str, said: str
) -> None:
    done = await ask("How many orders?", *answers, limits=limits)
    assert done.reply.stopped_by == stopped
    assert said in done.reply.text
    assert done.told.notices == [f"Limit reached: {stopped}. This is the best answer so far."]


async def test_helper_calls_leave_one_for_the_answer(ask: Ask) -> None:
    done = await ask("?", COUNT, decompose=True, check_empty=True, limits={"model_calls": 1})
    assert done.reply == Reply("**4**")
    assert done.told.notices == ["The question was not decomposed: the limit of model calls is reached."]


async def test_an_empty_result_stands_when_no_call_is_left(ask: Ask) -> None:
    done = await ask("?", EMPTY, check_empty=True, limits={"model_calls": 1})
    assert done.reply == Reply("The result is empty: no row matches.")
    assert len(done.told.notices) == 1


async def test_everything_at_once_costs_no_more_than_was_promised(ask: Ask) -> None:
    """A first query, a class, a query, two repairs; no empty check without a result."""
    wrong = sql("SELECT broken FROM orders")
    pool = Pooled(Examples(selector="skeleton"), [])
    answers = [wrong, "Class: EASY", wrong, wrong, wrong]
    options = {"decompose": True, "reason": True, "check_empty": True, "repairs": 2}
    done = await ask("How many orders?", *answers, pool=pool, **options)
    assert done.reply.stopped_by == "repairs"
    assert len(done.model.requests) == 5
    assert [name for name, _ in done.told.stages if "example" not in name] == [
        *("first query", "decompose", "repair", "repair")
    ]


@pytest.mark.parametrize(
    ("patch", "named"),
    [
        ({"sql": {"reason": True}}, "sql.reason"),
        ({"sql": {"decompose": True}}, "sql.decompose"),
        ({"sql": {"check_empty": True}}, "sql.check_empty"),
        ({"examples": {"selector": "skeleton"}}, "examples.selector: skeleton"),
        ({"examples": {"selector": "hypothetical"}}, "examples.selector: hypothetical"),
        ({"examples": {"selector": "semantic", "same_difficulty": True}}, "examples.same_difficulty"),
    ],
)
def test_a_model_that_does_not_write_is_refused_with_the_setting_s_name(
    databases: Databases, patch: dict[str, Any], named: str
) -> None:
    model = GuardedChatModel(inner=BuiltinChatModel(), model_name="builtin")
    tools = make_sql_tools(databases, Sql())
    with pytest.raises(TaskError, match=re.escape(f"`{named}` needs a model that writes, which builtin does not")):
        text_to_sql(Task(name="database").patched(patch), tools, model)
    text_to_sql(Task(name="database"), tools, model)
