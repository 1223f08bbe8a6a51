"""A chain over a small real database, with a scripted model, and everything it tells."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cairn.chains.text_to_sql.sql_strategy import text_to_sql
from cairn.core.app_database import Database
from cairn.core.events import listening
from cairn.core.settings import Home, Settings
from cairn.core.strategy import Example, Pool, Reply, Turn
from cairn.core.task import Limits, Sql, Task
from cairn.databases.database_registry import Databases
from cairn.tools.sql_tools import make_sql_tools
from tests.scripted import Answer, ScriptedModel

STAGES = ("first query", "decompose", "reason", "nearest names", "repair", "empty check")


@dataclass(frozen=True)
class Asked:
    """A prompt as the chain sees it."""

    question: str
    missing: frozenset[str] = frozenset({"schema"})
    examples: Sequence[Example] = ()

    def messages(self, **values: str) -> list[BaseMessage]:
        assert set(values) == set(self.missing)
        shown = [
            message
            for example in self.examples
            for message in (HumanMessage(example["input"]), AIMessage(example["output"]))
        ]
        return [SystemMessage(f"Answer in SQL.\n{values.get('schema', '')}"), *shown, HumanMessage(self.question)]

    def with_examples(self, examples: Sequence[Example]) -> Asked:
        return replace(self, examples=examples)


@dataclass
class Told:
    events: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(self, type: str, data: Any, /) -> None:
        self.events.append((type, data))

    def of(self, type: str) -> list[Any]:
        return [data for kind, data in self.events if kind == type]

    @property
    def stages(self) -> list[tuple[str, str]]:
        """Those of the chain itself; what the tools tell of the schema and the examples is theirs."""
        assert all(stage["milliseconds"] >= 0 for stage in self.of("stage"))
        return [(stage["name"], stage["detail"]) for stage in self.of("stage") if stage["name"] in STAGES]

    @property
    def notices(self) -> list[str]:
        return [notice["text"] for notice in self.of("notice")]


@dataclass(frozen=True)
class Outcome:
    reply: Reply
    model: ScriptedModel
    told: Told

    def sent(self, call: int) -> str:
        """All that one call of the model was sent."""
        return "\n".join(f"{message.type}: {message.text}" for message in self.model.requests[call])


@pytest.fixture
def shop_file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT, password TEXT);"
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers);"
        "CREATE TABLE secrets (token TEXT);"
        "INSERT INTO customers VALUES (1, 'Ada', 'Berlin', 'hunter2'), (2, 'Bob', 'Paris', 'swordfish');"
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


Ask = Callable[..., Awaitable[Outcome]]


@pytest.fixture
def ask(databases: Databases) -> Ask:
    """`await ask(question, *answers, pool=, limits=, history=, **sql)`; every answer has to be asked for."""

    async def run(
        question: str,
        *answers: Answer,
        pool: Pool | None = None,
        limits: dict[str, Any] | None = None,
        history: Sequence[BaseMessage] = (),
        **sql: Any,
    ) -> Outcome:
        model, told, spec = ScriptedModel(*answers), Told(), Sql(**sql)
        task = Task(name="database", sql=spec, limits=Limits(**limits or {}))
        chain = text_to_sql(task, make_sql_tools(databases, spec), model)
        with listening(told):
            reply = await chain.ainvoke(Turn(question, Asked(question), history, pool))
        model.assert_done()
        return Outcome(reply, model, told)

    return run


def sql(query: str, before: str = "") -> str:
    """An answer of a model's."""
    return f"{before}\n```sql\n{query}\n```"
