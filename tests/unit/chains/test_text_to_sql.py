from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from cairn.database import Database
from cairn.errors import DatabaseError, TaskError, ToolError
from cairn.events import emit, listening
from cairn.home import Home
from cairn.settings import Settings
from cairn.strategy import Reply, Turn
from cairn.task import Sql, Task
from chains.text_to_sql import Query, find_query, say, text_to_sql
from tools.sql.databases import Databases
from tools.sql.engine import Rows
from tools.sql.tools import make_sql_tools


class Scripted(BaseChatModel):
    """Gives its answers in turn and keeps what it was sent."""

    answers: list[str]
    received: list[list[BaseMessage]] = Field(default=[])

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.received.append(messages)
        answer = self.answers[len(self.received) - 1]
        emit("token", {"text": answer})
        return ChatResult(generations=[ChatGeneration(message=AIMessage(answer))])


@dataclass
class Asked:
    question: str
    missing: frozenset[str] = frozenset({"schema"})

    def messages(self, **values: str) -> list[BaseMessage]:
        assert set(values) == set(self.missing)
        return [SystemMessage(f"Answer in SQL.\n{values.get('schema', '')}"), HumanMessage(self.question)]


@dataclass
class Told:
    events: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(self, type: str, data: Any, /) -> None:
        self.events.append((type, data))

    def of(self, type: str) -> list[Any]:
        return [data for kind, data in self.events if kind == type]


@pytest.fixture
def shop_file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, password TEXT);"
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers);"
        "CREATE TABLE secrets (token TEXT);"
        "INSERT INTO customers VALUES (1, 'Ada', 'hunter2'), (2, 'Bob', 'swordfish');"
        "INSERT INTO orders VALUES (1, 1), (2, 1), (3, 2), (4, 2);"
        "INSERT INTO secrets VALUES ('top');"
    )
    connection.close()
    return path


@pytest.fixture
def databases(home: Home, settings: Settings, database: Database, shop_file: Path) -> Databases:
    registry = Databases(home, settings, database)
    registry.add("shop", f"sqlite:///{shop_file}", hidden=["secrets", "customers.password"])
    return registry


async def ask(databases: Databases, question: str, answers: Sequence[str], **sql: Any) -> tuple[Reply, Scripted, Told]:
    spec = Sql(**sql)
    model, told = Scripted(answers=list(answers), received=[]), Told()
    chain = text_to_sql(Task(name="database", sql=spec), make_sql_tools(databases, spec), model)
    with listening(told):
        reply = await chain.ainvoke(Turn(question, Asked(question)))
    return reply, model, told


async def test_one_value_is_the_answer(databases: Databases) -> None:
    answer = "```sql\nSELECT count(*) FROM orders\n```"
    reply, model, told = await ask(databases, "How many orders?", [answer])
    assert reply == Reply("**4**")
    assert "CREATE TABLE orders" in str(model.received[0][0].content)
    assert "password" not in str(model.received[0][0].content)
    assert [kind for kind, _ in told.events] == ["tool_started", "table", "tool_finished"]
    assert told.of("tool_started")[0]["arguments"] == {"query": "SELECT count(*) FROM orders"}
    assert told.of("table")[0]["rows"] == [[4]]
    assert told.of("tool_finished")[0]["error"] is None


async def test_a_failed_query_is_given_back_with_the_error(databases: Databases) -> None:
    wrong, right = "```sql\nSELECT nme FROM customers\n```", "```sql\nSELECT name FROM customers WHERE id = 1\n```"
    reply, model, told = await ask(databases, "Who is first?", [wrong, right])
    assert reply == Reply("**Ada**")
    assert "Did you mean name" in str(model.received[1][-1].content)
    assert told.of("tool_finished")[0]["error"] is not None
    assert [rung["name"] for rung in told.of("rung")] == ["repair"]


async def test_repairs_are_bounded(databases: Databases) -> None:
    reply, model, told = await ask(databases, "?", ["SELECT nme FROM customers"] * 3, repairs=1)
    assert len(model.received) == 2
    assert reply.stopped_by == "repairs"
    assert "nme" in reply.text
    assert len(told.of("rung")) == 1


async def test_an_answer_without_a_query_is_the_answer(databases: Databases) -> None:
    reply, _, told = await ask(databases, "What is love?", ["That is not in the database."])
    assert reply == Reply("That is not in the database.")
    assert told.events == []


async def test_the_model_names_one_of_several_databases(databases: Databases, tmp_path: Path, shop_file: Path) -> None:
    (tmp_path / "copy.db").write_bytes(shop_file.read_bytes())
    databases.add("copy", str(tmp_path / "copy.db"))
    unnamed, named = "SELECT count(*) FROM secrets", "```sql\n-- Database copy\nSELECT count(*) FROM secrets\n```"
    reply, model, told = await ask(databases, "How many secrets?", [unnamed, named])
    assert reply == Reply("**1**")
    assert "-- Database copy (sqlite)" in str(model.received[0][0].content)
    assert "copy, shop" in str(model.received[1][-1].content)
    assert told.of("tool_started")[1]["arguments"]["database"] == "copy"


async def test_a_database_that_is_away_ends_the_answer(databases: Databases, shop_file: Path) -> None:
    model = Scripted(answers=["SELECT 1"], received=[])
    chain = text_to_sql(Task(name="database"), make_sql_tools(databases, Sql()), model)

    class Vanishing(Asked):
        def messages(self, **values: str) -> list[BaseMessage]:
            shop_file.unlink()
            return super().messages(**values)

    with pytest.raises(DatabaseError, match="no file"):
        await chain.ainvoke(Turn("?", Vanishing("?")))


async def test_without_a_database_it_says_how_to_add_one(home: Home, settings: Settings, database: Database) -> None:
    with pytest.raises(ToolError, match="cairn db add"):
        await ask(Databases(home, settings, database), "?", ["SELECT 1"])


def test_it_needs_its_tools(databases: Databases) -> None:
    with pytest.raises(TaskError, match="describe_tables"):
        text_to_sql(Task(name="database"), [], Scripted(answers=[]))


def test_it_can_be_called_without_a_loop(databases: Databases) -> None:
    chain = text_to_sql(
        Task(name="database"), make_sql_tools(databases, Sql()), Scripted(answers=["SELECT 1"], received=[])
    )
    assert chain.invoke(Turn("?", Asked("?"))) == Reply("**1**")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("```sql\nSELECT 1\n```", Query("SELECT 1", None)),
        ("Here:\n```SQL\nSELECT 1;\n```\nDone.", Query("SELECT 1;", None)),
        ("```\nWITH a AS (SELECT 1) SELECT * FROM a\n```", Query("WITH a AS (SELECT 1) SELECT * FROM a", None)),
        ("select 1", Query("select 1", None)),
        ("```sql\nSELECT 1", Query("SELECT 1", None)),
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
