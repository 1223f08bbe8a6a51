"""Text to SQL over real HTTP: what each stage sends, what it costs, and what every fault of a model comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.errors import TaskError
from cairn.core.settings import Home, load_settings
from tests.server import DRIP, EMPTY_CHOICES, HTML, NOT_JSON, Reply, Server, fault

QUESTION = "How many orders are there?"
COUNT = "```sql\nSELECT COUNT(*) AS n FROM orders\n```"
CUT = Reply("```sql\nSELECT COUNT(*) AS n FROM orders WHERE", cut="text")
FAULTS = {
    "timeout": DRIP,
    "cut": CUT,
    "page": HTML,
    "empty": EMPTY_CHOICES,
    "nonsense": NOT_JSON,
    "refusal": fault(400, "invalid_request_error", "No."),
}


Start = Callable[..., Cairn]


@pytest.fixture
def start(home: Home, server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    opened: list[Cairn] = []

    def open_app(**settings: Any) -> Cairn:
        given = {"model": "openai:m", "base_url": server.url, "retries": 0, **settings}
        opened.append(Cairn(load_settings(home.root, **given)))
        return opened[-1]

    yield open_app
    for app in opened:
        app.close()


@pytest.fixture
def app(start: Start) -> Cairn:
    return start()


def ask(app: Cairn, sql: dict[str, Any] | None = None, **patch: Any) -> Answer:
    return app.ask(QUESTION, task="database", patch={"sql": {"database": "shop", **(sql or {})}, **patch})


def told(app: Cairn, answer: Answer, type: str) -> list[str]:
    assert answer.run is not None
    return [
        event.data["text" if type == "notice" else "name"] for event in app.events(answer.run) if event.type == type
    ]


def last(request: dict[str, Any]) -> str:
    return request["messages"][-1]["content"]


def test_reasons_come_first_and_the_last_block_counts(app: Cairn, server: Server) -> None:
    server.say(f"1. `orders.id`\n```sql\nSELECT 7\n```\n3. So:\n{COUNT}")
    answer = ask(app, {"reason": True})
    assert last(server.requests[0]).startswith(f"{QUESTION}\n\nThink in three short steps")
    assert (answer.error, len(answer.tables), len(answer.steps)) == (None, 1, 1)
    assert answer.tables[0].columns == ["n"]
    assert answer.answer == f"**{answer.tables[0].rows[0][0]}**"


def test_tries_are_asked_with_a_temperature_and_vote(app: Cairn, server: Server) -> None:
    server.say(COUNT, "```sql\nSELECT 7\n```", COUNT)
    answer = ask(app, tries={"n": 3, "by": "execution"})
    assert [request["temperature"] for request in server.requests] == [0.7] * 3
    assert answer.tables[0].columns == ["n"]
    assert (len(answer.tables), len(answer.steps), answer.confidence) == (1, 1, 2 / 3)
    assert answer.usage.input_tokens == 33


def test_tries_keep_the_temperature_that_is_set(app: Cairn, server: Server) -> None:
    server.answer = lambda _request: COUNT
    assert ask(app, tries={"n": 2, "by": "execution"}, temperature=0.2).error is None
    assert [request["temperature"] for request in server.requests] == [0.2] * 2


def test_candidates_are_tries_with_a_notice(app: Cairn, server: Server) -> None:
    server.answer = lambda _request: COUNT
    answer = ask(app, {"candidates": 3})
    assert server.count == 2, "two that agree can't be outvoted by a third"
    assert any("tries: {n: 3, by: execution}" in notice for notice in answer.notices)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_helper_call_costs_its_help_only(start: Start, server: Server, name: str) -> None:
    app = start(timeout=0.5, first_timeout=0.5)
    tries = 2 if name == "refusal" else 1  # it may be the grammar that is refused
    server.say(*[FAULTS[name]] * tries, COUNT)
    answer = ask(app, {"decompose": True})
    assert (answer.error, answer.stopped_by, len(answer.tables)) == (None, None, 1)
    assert server.count == tries + 1
    assert last(server.requests[-1]) == QUESTION
    assert any(text.startswith("The question was not decomposed: ") for text in told(app, answer, "notice"))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_try_costs_its_vote_only(start: Start, server: Server, name: str) -> None:
    app = start(timeout=0.5, first_timeout=0.5)
    server.say(FAULTS[name], COUNT, COUNT, COUNT)
    answer = ask(app, tries={"n": 3, "by": "execution"})
    assert (answer.error, answer.stopped_by) == (None, None)
    assert answer.tables[0].columns == ["n"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_only_call_ends_in_an_error_and_runs_nothing(start: Start, server: Server, name: str) -> None:
    app = start(timeout=0.5, first_timeout=0.5)
    server.say(FAULTS[name])
    answer = ask(app)
    assert answer.error
    assert (answer.answer, answer.steps, answer.tables) == (None, [], [])


def test_a_cut_correction_is_never_run(app: Cairn, server: Server) -> None:
    server.say("```sql\nSELECT unheard_of FROM orders\n```", CUT)
    answer = ask(app)
    assert answer.error and "cut" in answer.error
    assert len(answer.steps) == 1


@pytest.mark.parametrize("name", FAULTS)
def test_an_empty_result_stands_when_it_can_not_be_looked_at_again(start: Start, server: Server, name: str) -> None:
    app = start(timeout=0.5, first_timeout=0.5)
    server.say("```sql\nSELECT id FROM orders WHERE 1 = 0\n```", FAULTS[name])
    answer = ask(app, {"check_empty": True})
    assert (answer.answer, answer.error) == ("The result is empty: no row matches.", None)
    assert any("was not looked at again" in text for text in told(app, answer, "notice"))


def test_an_answer_without_sql_is_asked_for_one_and_never_passes_as_a_result(app: Cairn, server: Server) -> None:
    server.say(*["There is nothing on that in the database."] * 2)
    answer = ask(app, {"reason": True, "check_empty": True})
    assert (answer.answer or "").startswith("No query was run.")
    assert (answer.steps, server.count, answer.stopped_by) == ([], 2, "repairs")


def test_a_wrong_database_is_given_back_with_the_real_one(app: Cairn, server: Server) -> None:
    server.say("```sql\n-- Database sales\nSELECT COUNT(*) FROM orders\n```", COUNT)
    answer = ask(app)
    assert len(answer.tables) == 1
    assert "There are: shop." in last(server.requests[1])


def test_a_wrong_name_is_corrected_without_another_call(app: Cairn, server: Server) -> None:
    server.say("```sql\nSELECT COUNT(*) AS n FROM order_\n```")
    answer = ask(app)
    assert server.count == 1
    assert answer.tables[0].sql is not None and "orders" in answer.tables[0].sql
    assert told(app, answer, "notice") == ["The query was corrected: table order_ is read as orders."]


def test_the_cost_is_bounded_whatever_the_model_says(app: Cairn, server: Server) -> None:
    server.answer = lambda _request: "Class: EASY\n```sql\nSELECT unheard_of FROM orders\n```"
    options = {"decompose": True, "reason": True, "check_empty": True, "repairs": 3}
    answer = ask(app, options)
    assert (answer.stopped_by, server.count) == ("repairs", 1 + 1 + 3)
    answer = ask(app, options, limits={"model_calls": 4})
    assert (answer.stopped_by, server.count) == ("model_calls", 5 + 4)
    assert answer.tables == []


def test_at_the_limit_of_seconds_the_answer_says_so(app: Cairn, server: Server) -> None:
    server.say(DRIP)
    answer = ask(app, limits={"seconds": 0.3})
    assert (answer.error, answer.stopped_by) == (None, "seconds")
    assert server.hung_up.wait(10)


def test_builtin_is_refused_before_anything_is_asked(start: Start, server: Server) -> None:
    app = start(model="builtin")
    with pytest.raises(TaskError, match=r"`tries\.n` needs a model that writes"):
        ask(app, tries={"n": 5})
    assert server.count == 0
