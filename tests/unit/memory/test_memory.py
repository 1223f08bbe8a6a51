from __future__ import annotations

import subprocess
import sys

import pytest

from cairn.core import event_loop
from cairn.core.app_database import Database
from cairn.core.app_tables import EventRow, RunRow
from cairn.core.errors import ThreadBusy, UsageError
from cairn.core.events import VERSION, Event
from cairn.memory.run_rows import mark_if_dead
from cairn.memory.run_store import Runs
from cairn.memory.thread_store import Threads


@pytest.fixture
def threads(database: Database) -> Threads:
    return Threads(database, "ann")


@pytest.fixture
def runs(database: Database) -> Runs:
    return Runs(database, "ann")


def exchange(threads: Threads, runs: Runs, thread: str, question: str, answer: str) -> str:
    run = runs.begin(thread, question)
    event_loop.wait(runs.end(run, "finished", answer))
    return run


def test_a_thread_is_named_after_its_first_question(threads: Threads) -> None:
    assert threads.new("  What is\n a cairn? ").name == "What is a cairn?"
    assert len(threads.new("x" * 500).name) == 60


def test_messages_come_back_in_order_and_newest_threads_first(threads: Threads, runs: Runs) -> None:
    old, new = threads.new("old"), threads.new("new")
    exchange(threads, runs, old.id, "q1", "a1")
    exchange(threads, runs, old.id, "q2", "a2")
    assert [(m.role, m.text) for m in threads.messages(old.id)] == [
        ("user", "q1"),
        ("assistant", "a1"),
        ("user", "q2"),
        ("assistant", "a2"),
    ]
    assert [thread.id for thread in threads.list()] == [old.id, new.id]


def test_history_is_the_newest_whole_exchanges_that_fit(threads: Threads, runs: Runs) -> None:
    thread = threads.new("t").id
    for number in range(100):
        exchange(threads, runs, thread, f"question {number}", "a fairly long answer " * 10)
    history = threads.history(thread, 200)
    assert [message.type for message in history[:2]] == ["human", "ai"]
    assert history[-2].content == "question 99"
    assert len(history) < 10
    assert threads.history(thread, 0) == []


def test_a_chosen_answer_is_the_one_remembered(threads: Threads, runs: Runs) -> None:
    thread = threads.new("t").id
    run = exchange(threads, runs, thread, "q", "1. a 2. b")
    runs.rephrase(run, "b")
    assert [message.text for message in threads.messages(thread)] == ["q", "b"]
    assert [message.content for message in threads.history(thread, 100)] == ["q", "b"]


def test_threads_are_found_by_the_beginning_of_their_id(threads: Threads) -> None:
    thread = threads.new("t")
    assert threads.get(thread.id[:8]).id == thread.id
    for wrong in ("", "nope", "%", "_"):
        with pytest.raises(UsageError):
            threads.get(wrong)


def test_rename_and_delete(threads: Threads, runs: Runs) -> None:
    thread = threads.new("t").id
    run = exchange(threads, runs, thread, "q", "a")
    event_loop.wait(runs.append([Event(1, run, 1, 0.0, "token", {"text": "a"})]))
    threads.rename(thread, "better")
    assert threads.get(thread).name == "better"
    threads.delete(thread)
    assert threads.list() == []
    with pytest.raises(UsageError):
        runs.events(run)


def test_one_run_at_a_time_in_a_thread(threads: Threads, runs: Runs) -> None:
    thread, other = threads.new("t").id, threads.new("o").id
    run = runs.begin(thread, "q")
    with pytest.raises(ThreadBusy):
        runs.begin(thread, "again")
    runs.begin(other, "elsewhere")
    assert runs.running(thread) == run
    event_loop.wait(runs.end(run, "finished", "a"))
    assert runs.running(thread) is None
    runs.begin(thread, "now")


def test_the_run_of_a_process_that_died_does_not_block_its_thread(
    threads: Threads, runs: Runs, database: Database
) -> None:
    thread = threads.new("t").id
    code = f"""
import os
from cairn.core.app_database import open_database
from cairn.memory.run_store import Runs
print(Runs(open_database({str(database.engine.url)!r}), "ann").begin({thread!r}, "q"), flush=True)
os.kill(os.getpid(), 9)
"""
    died = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip()
    [last] = runs.events(died)
    assert last.type == "failed"
    assert "ended while" in last.data["message"]
    runs.begin(thread, "again")


def test_no_other_user_reaches_anything(threads: Threads, runs: Runs, database: Database) -> None:
    thread = threads.new("private").id
    run = exchange(threads, runs, thread, "q", "a")
    other_threads, other_runs = Threads(database, "bob"), Runs(database, "bob")
    assert other_threads.list() == []
    for reach in (
        lambda: other_threads.messages(thread),
        lambda: other_threads.rename(thread, "x"),
        lambda: other_threads.delete(thread),
        lambda: other_threads.history(thread, 100),
        lambda: other_runs.events(run),
        lambda: other_runs.rephrase(run, "x"),
    ):
        with pytest.raises(UsageError):
            reach()
    assert other_runs.running(thread) is None
    assert other_runs.of_thread(thread) == []


def test_two_readers_that_find_a_dead_run_at_once_agree(database: Database, runs: Runs, threads: Threads) -> None:
    thread = threads.new("t").id
    run = runs.begin(thread, "q")
    with database.session() as session:
        row = session.get_one(RunRow, run)
        row.heartbeat = 0.0
    with database.session() as session:
        stale = session.get_one(RunRow, run)
        session.expunge(stale)
    assert [event.type for event in runs.events(run)] == ["failed"]
    with database.session() as session:
        mark_if_dead(session, stale)  # what a second reader does that had read the run before
    assert [event.type for event in runs.events(run)] == ["failed"]
    runs.begin(thread, "next")


def test_an_answer_chosen_later_stays_at_its_place(threads: Threads, runs: Runs) -> None:
    thread = threads.new("t").id
    first = exchange(threads, runs, thread, "q1", "a1")
    exchange(threads, runs, thread, "q2", "a2")
    runs.rephrase(first, "chosen")
    expected = ["q1", "chosen", "q2", "a2"]
    assert [message.text for message in threads.messages(thread)] == expected
    assert [message.text for message in threads.history(thread, 1000)] == expected


@pytest.mark.parametrize("version", [1, 2])
def test_a_stored_rung_is_read_as_a_stage(threads: Threads, runs: Runs, database: Database, version: int) -> None:
    run = runs.begin(threads.new("t").id, "q")
    told = {"name": "search", "detail": "3 of 5", "milliseconds": 2.5}
    with database.session() as session:
        session.add(EventRow(run=run, seq=1, version=version, time=1.0, type="rung", data=told))
    assert runs.events(run) == [Event(VERSION, run, 1, 1.0, "stage", told)]
