"""The plain chain: one query, run, repaired, and said."""

from __future__ import annotations

from pathlib import Path

import pytest
from langchain_core.messages import BaseMessage

from cairn.chains.text_to_sql.query_execution import Query, find_query
from cairn.chains.text_to_sql.sql_strategy import say, text_to_sql
from cairn.core.app_database import Database
from cairn.core.errors import DatabaseError, ModelRefused, ModelUnavailable, TaskError, ToolError
from cairn.core.settings import Home, Settings
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Sql, Task
from cairn.databases.connections.database_engine import Rows
from cairn.databases.database_registry import Databases
from cairn.tools.sql_tools import make_sql_tools
from tests.scripted import ScriptedModel

from .conftest import Ask, Asked, sql


async def test_one_value_is_the_answer(ask: Ask) -> None:
    done = await ask("How many orders?", sql("SELECT count(*) FROM orders"))
    assert done.reply == Reply("**4**")
    assert "CREATE TABLE orders" in done.sent(0)
    assert "password" not in done.sent(0)
    assert [kind for kind, _ in done.told.events if kind != "stage"] == ["tool_started", "tool_finished", "table"]
    assert done.told.of("tool_started")[0]["arguments"] == {"query": "SELECT count(*) FROM orders"}
    assert done.told.of("table")[0]["rows"] == [[4]]
    assert done.told.of("tool_finished")[0]["error"] is None


async def test_a_failed_query_is_given_back_with_the_error_and_the_nearest_names(ask: Ask) -> None:
    done = await ask("Who is first?", "SELECT nam_e2 FROM customers", sql("SELECT name FROM customers WHERE id = 1"))
    assert done.reply == Reply("**Ada**")
    assert "Did you mean name" in done.sent(1)
    assert done.told.of("tool_finished")[0]["error"] is not None
    assert [name for name, _ in done.told.stages] == ["repair"]


async def test_repairs_are_bounded(ask: Ask) -> None:
    done = await ask("?", *["SELECT nmbr FROM customers"] * 2, repairs=1)
    assert done.reply.stopped_by == "repairs"
    assert "nmbr" in done.reply.text
    assert [name for name, _ in done.told.stages] == ["repair"]
    assert done.told.of("table") == []


async def test_without_repairs_the_first_failure_is_told(ask: Ask) -> None:
    done = await ask("?", "SELECT count(*) FROM customer", repairs=0)
    assert done.reply.stopped_by == "repairs"
    assert done.told.stages == []


async def test_a_name_that_can_mean_only_one_thing_is_corrected_without_the_model(ask: Ask) -> None:
    done = await ask("Who?", sql("SELECT c.Name FROM customer AS c WHERE customer_id = 2"))
    assert done.reply == Reply("**Bob**")
    assert done.told.stages == [
        ("nearest names", "table customer is read as customers; column customer_id is read as id")
    ]
    assert done.told.notices == [
        "The query was corrected: table customer is read as customers; column customer_id is read as id."
    ]
    assert [step["error"] is None for step in done.told.of("tool_finished")] == [False, True]
    assert "FROM customers" in done.told.of("table")[0]["sql"]


@pytest.mark.parametrize(
    "query", ["SELECT token FROM secret", "SELECT passwords FROM customers", "DROP TABLE customer"]
)
async def test_no_correction_reaches_what_is_hidden_or_writes(ask: Ask, query: str) -> None:
    done = await ask("?", sql(query), repairs=1, limits={"model_calls": 1})
    assert done.reply.stopped_by == "model_calls"
    assert done.told.of("table") == []
    assert "top" not in done.reply.text


async def test_a_query_that_fails_for_another_reason_is_not_corrected(ask: Ask) -> None:
    done = await ask("?", sql("SELECT no_such(1) FROM customers"), sql("SELECT 1"))
    assert [name for name, _ in done.told.stages] == ["repair"]


async def test_a_missing_query_is_asked_for_and_may_come_then(ask: Ask) -> None:
    done = await ask("How many orders?", "There are 10 orders.", sql("SELECT count(*) FROM orders"))
    assert done.reply == Reply("**4**")
    assert "There is no query in your answer" in done.sent(1)
    assert [name for name, _ in done.told.stages] == ["repair"]


async def test_a_number_in_prose_never_passes_as_a_result(ask: Ask) -> None:
    done = await ask("How many orders?", *["There are 10 orders.\n\nReally."] * 2)
    assert done.reply.text.startswith("No query was run. In the model's own words, which no query bears out:")
    assert done.reply.text.endswith("> There are 10 orders.\n>\n> Really.")
    assert done.reply.stopped_by == "repairs"
    assert done.told.of("table") == []


async def test_who_says_twice_that_the_schema_has_no_answer_is_not_asked_a_third_time(ask: Ask) -> None:
    done = await ask("什么是爱？", *["数据库里没有。"] * 2, repairs=5)
    assert done.reply.text.startswith("没有运行查询。")
    assert done.reply.text.endswith("> 数据库里没有。")


async def test_without_repairs_a_missing_query_is_told_at_once(ask: Ask) -> None:
    done = await ask("How many orders?", "There are 10.", repairs=0)
    assert done.reply.text.startswith("No query was run.")
    assert done.told.stages == []


async def test_an_empty_result_is_said_to_be_empty(ask: Ask) -> None:
    done = await ask("Who lives in Rome?", sql("SELECT name FROM customers WHERE city = 'Rome'"))
    assert done.reply == Reply("The result is empty: no row matches.")
    assert done.told.of("table")[0]["rows"] == []


async def test_the_model_names_one_of_several_databases(
    ask: Ask, databases: Databases, tmp_path: Path, shop_file: Path
) -> None:
    (tmp_path / "copy.db").write_bytes(shop_file.read_bytes())
    databases.add("copy", str(tmp_path / "copy.db"))
    done = await ask(
        "How many secrets?", "SELECT count(*) FROM secrets", sql("-- Database copy\nSELECT count(*) FROM secrets")
    )
    assert done.reply == Reply("**1**")
    assert "-- Database copy (sqlite)" in done.sent(0)
    assert "copy, shop" in done.sent(1)
    assert done.told.of("tool_started")[1]["arguments"]["database"] == "copy"


async def test_a_database_that_is_not_there_is_an_error_to_repair(ask: Ask) -> None:
    done = await ask("?", sql("-- Database nowhere\nSELECT id FROM customer"), sql("SELECT count(*) FROM customers"))
    assert done.reply == Reply("**2**")
    assert "nowhere" in done.sent(1)


async def test_a_database_that_is_away_ends_the_answer(databases: Databases, shop_file: Path) -> None:
    chain = text_to_sql(Task(name="database"), make_sql_tools(databases, Sql()), ScriptedModel("SELECT 1"))

    class Vanishing(Asked):
        def messages(self, **values: str) -> list[BaseMessage]:
            shop_file.unlink()
            return super().messages(**values)

    with pytest.raises(DatabaseError, match="no file"):
        await chain.ainvoke(Turn("?", Vanishing("?")))


@pytest.mark.parametrize("error", [ModelUnavailable("It is away."), ModelRefused("Wrong key.")])
async def test_without_a_model_there_is_no_answer(ask: Ask, error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)):
        await ask("?", error)


async def test_without_a_database_it_says_how_to_add_one(home: Home, settings: Settings, database: Database) -> None:
    tools = make_sql_tools(Databases(home, settings, database), Sql())
    with pytest.raises(ToolError, match="cairn db add"):
        await text_to_sql(Task(name="database"), tools, ScriptedModel()).ainvoke(Turn("?", Asked("?")))


def test_it_needs_its_tools() -> None:
    with pytest.raises(TaskError, match="SQL tools"):
        text_to_sql(Task(name="database"), [], ScriptedModel())


def test_it_can_be_called_without_a_loop(databases: Databases) -> None:
    chain = text_to_sql(Task(name="database"), make_sql_tools(databases, Sql()), ScriptedModel("SELECT 1"))
    assert chain.invoke(Turn("?", Asked("?"))) == Reply("**1**")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("```sql\nSELECT 1\n```", Query("SELECT 1", None)),
        ("Here:\n```SQL\nSELECT 1;\n```\nDone.", Query("SELECT 1;", None)),
        ("```\nWITH a AS (SELECT 1) SELECT * FROM a\n```", Query("WITH a AS (SELECT 1) SELECT * FROM a", None)),
        ("select 1", Query("select 1", None)),
        ("```sql\nSELECT 1", Query("SELECT 1", None)),
        ("```sql\nSELECT 1\n```\nor rather\n```sql\nSELECT 2\n```", Query("SELECT 2", None)),
        ("```python\nprint(1)\n```\n```sql\nSELECT 2\n```", Query("SELECT 2", None)),
        ("```sql\n-- Database shop\nSELECT 1\n```", Query("-- Database shop\nSELECT 1", "shop")),
        ("-- Database: shop\nSELECT 1", Query("-- Database: shop\nSELECT 1", "shop")),
        ("I can't select that.", None),
        ("With pleasure, but no.", None),
        ("```sql\n```", None),
        ("", None),
    ],
)
def test_the_query_in_an_answer(text: str, query: Query | None) -> None:
    assert find_query(text) == query


@pytest.mark.parametrize(
    ("question", "rows", "said"),
    [
        ("How many?", Rows(["n"], [[42]], False), "**42**"),
        ("How many?", Rows(["n"], [[None]], False), "The result has no value (NULL)."),
        ("Which?", Rows(["n"], [], False), "The result is empty: no row matches."),
        ("Which?", Rows(["n", "m"], [[1, None]], False), "1 row:\n\n| n | m |\n| --- | --- |\n| 1 | NULL |"),
        ("Which?", Rows(["n"], [[1]] * 11, False), "There are 11 rows; they are in the table."),
        ("Which?", Rows(["n"], [[1]] * 5, True), "There are more than 5 rows; the table has the first 5."),
        ("有几个？", Rows(["n"], [], False), "查询结果为空：没有符合条件的行。"),
        ("哪些？", Rows(["n"], [["a|b"], ["c"]], False), "共 2 行：\n\n| n |\n| --- |\n| a\\|b |\n| c |"),
    ],
)
def test_the_sentence_says_what_the_table_says(question: str, rows: Rows, said: str) -> None:
    assert say(question, rows) == said
