"""Whole answers over real HTTP: what the model's server is really sent, and what comes of its answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.agents.service import Cairn
from cairn.core.settings import Home, load_settings
from tests.server import Server, call

SPECIAL = 'The rule <b>&amp; "quoted"</b> {{question}} {x:>9} \\{{ [9] ${y} %s'


@pytest.fixture
def app(home: Home, server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cairn]:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    opened = Cairn(load_settings(home.root, model="openai:m", base_url=server.url))
    yield opened
    opened.close()


def sent(server: Server) -> list[tuple[str, str]]:
    return [(m["role"], m["content"]) for m in server.requests[-1]["messages"]]


def test_a_swap_in_an_open_chat_shows_in_the_next_request(app: Cairn, home: Home, server: Server) -> None:
    server.answer = lambda _request: "Sure."
    first = app.ask("first question", task="math")
    folder = home.prompts / "math"
    folder.mkdir()
    (folder / "swapped.md").write_text("Only pirates here.", "utf-8")
    rows = [{"input": "a colour of the sky", "output": "blue"}, {"input": "a second question", "output": "two"}]
    (folder / "examples.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    app.prompts.use("math", {"template": "swapped", "examples": {"selector": "semantic", "k": 1}})
    second = app.ask("second question", task="math", thread=first.thread)
    assert sent(server) == [
        ("system", "Only pirates here."),
        ("user", "a second question"),
        ("assistant", "two"),
        ("user", "first question"),
        ("assistant", "Sure."),
        ("user", "second question"),
    ]
    assert server.requests[-1]["tools"][0]["function"]["name"] == "calculator", "inside the agent too"
    assert (second.template, second.template_hash) == ("swapped", app.prompts.template("math", "swapped").hash)
    assert second.template_hash != first.template_hash


def test_every_byte_of_a_document_arrives_and_none_is_a_template(app: Cairn, server: Server, tmp_path: Path) -> None:
    (tmp_path / "rule.md").write_text(f"# Rule\n\n{SPECIAL}\n", "utf-8")
    app.workspace.library.add([tmp_path / "rule.md"])
    server.answer = lambda _request: "It says so [1]."
    answer = app.ask("What is the rule \ud800?", task="documents")
    assert SPECIAL in dict(sent(server))["system"]
    assert sent(server)[-1] == ("user", "What is the rule \ufffd?")
    assert answer.sources[0]["quote"].endswith(SPECIAL)
    assert [(c.marker, c.source) for c in answer.citations] == [(1, 0)]


def test_tools_in_parallel_with_sources_table_and_usage(app: Cairn, server: Server) -> None:
    server.say(
        call("calculator", {"expression": "2+3"}, "search", {"query": "parental leave"}),
        call("query_database", {"query": "SELECT COUNT(*) AS n FROM orders"}),
        "Five, as the handbook says [1].",
    )
    answer = app.ask("Everything?")
    assert {(step.tool, step.error) for step in answer.steps[:2]} == {("calculator", None), ("search", None)}
    assert [(step.tool, step.error) for step in answer.steps[2:]] == [("query_database", None)]
    assert answer.sources
    assert answer.tables[0].columns == ["n"]
    assert answer.usage.input_tokens == 33
    assert answer.usage.output_tokens == 21
    assert answer.usage.cost is None
    roles = [message["role"] for message in server.requests[-1]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "tool", "assistant", "tool"]


def test_a_query_that_fails_is_repaired_from_its_error(app: Cairn, server: Server) -> None:
    server.say("```sql\nSELECT COUNT(*) FROM purchases\n```", "```sql\nSELECT COUNT(*) FROM orders\n```")
    answer = app.ask("How many orders?", task="database")
    assert answer.error is None
    assert "orders" in server.requests[1]["messages"][-1]["content"]
    assert len(answer.tables) == 1


def test_a_database_cannot_be_written_whatever_the_model_says(app: Cairn, server: Server) -> None:
    server.answer = lambda _request: "```sql\nDELETE FROM orders\n```"
    answer = app.ask("Delete all orders", task="database")
    assert answer.stopped_by == "repairs"
    assert answer.tables == []


def test_the_prices_setting_gives_the_cost(home: Home, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    prices = {"openai:m": (1_000_000.0, 2_000_000.0)}
    app = Cairn(load_settings(home.root, model="openai:m", base_url=server.url, prices=prices))
    server.say("Hello.")
    assert app.ask("hi", task="math").usage.cost == 11 + 2 * 7
    app.close()
