from __future__ import annotations

from cairn.core import event_loop
from cairn.core.app_database import Database
from cairn.core.events import VERSION, Event
from cairn.memory.run_store import Runs
from cairn.memory.thread_store import Threads


def event(run: str, seq: int, type: str, **data: object) -> Event:
    return Event(VERSION, run, seq, float(seq), type, data)  # type: ignore[arg-type]


def test_the_tokens_of_a_run_that_ends_are_one_event_between_two_others(database: Database) -> None:
    threads, runs = Threads(database, "ann"), Runs(database, "ann")
    run = runs.begin(threads.new("t").id, "q")
    texts = ["I ", "will ", "看看 \ufffd", "."]
    begun = [event(run, 1, "started"), *(event(run, n, "token", text=text) for n, text in enumerate(texts, 2))]
    event_loop.wait(runs.append(begun))
    event_loop.wait(
        runs.append(
            [
                event(run, 6, "tool_started", id="1"),
                event(run, 7, "token", text="do"),
                event(run, 8, "token", text="ne"),
            ]
        )
    )
    assert len(runs.events(run)) == 8
    seen = runs.events(run)[:3]
    event_loop.wait(runs.end(run, "finished", "done", [event(run, 9, "finished", answer="done")]))
    assert runs.events(run) == [
        begun[0],
        event(run, 2, "token", text="".join(texts)),
        event(run, 6, "tool_started", id="1"),
        event(run, 7, "token", text="done"),
        event(run, 9, "finished", answer="done"),
    ]
    assert [one.type for one in runs.events(run, after=seen[-1].seq)] == ["tool_started", "token", "finished"]


def test_tokens_that_come_with_the_end_join_those_before(database: Database) -> None:
    threads, runs = Threads(database, "ann"), Runs(database, "ann")
    run = runs.begin(threads.new("t").id, "q")
    event_loop.wait(runs.append([event(run, 1, "token", text="I ")]))
    event_loop.wait(
        runs.end(run, "finished", "I will", [event(run, 2, "token", text="will"), event(run, 3, "finished")])
    )
    assert runs.events(run) == [event(run, 1, "token", text="I will"), event(run, 3, "finished")]
    alone = runs.begin(threads.new("t").id, "q")
    last = [event(alone, 2, "token", text="will"), event(alone, 3, "finished")]
    event_loop.wait(runs.append([event(alone, 1, "started")]))
    event_loop.wait(runs.end(alone, "finished", "will", last))
    assert runs.events(alone)[1:] == last


def test_letters_are_stored_as_they_are_and_halves_of_a_pair_survive(database: Database) -> None:
    threads, runs = Threads(database, "ann"), Runs(database, "ann")
    run = runs.begin(threads.new("t").id, "q")
    events = [event(run, 1, "notice", text="看看"), event(run, 2, "notice", text="\ud83d")]
    event_loop.wait(runs.append(events))
    assert runs.events(run) == events
    with database.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT CAST(data AS TEXT) FROM events ORDER BY seq").scalars().all()
    assert stored == ['{"text":"看看"}', '{"text": "\\ud83d"}']


def test_another_runs_tokens_stay(database: Database) -> None:
    threads, runs = Threads(database, "ann"), Runs(database, "ann")
    one, other = (runs.begin(threads.new("t").id, "q") for _ in range(2))
    for run in (one, other):
        event_loop.wait(runs.append([event(run, n, "token", text=str(n)) for n in (1, 2, 3)]))
    event_loop.wait(runs.end(one, "finished", "123"))
    assert [len(runs.events(run)) for run in (one, other)] == [1, 3]
