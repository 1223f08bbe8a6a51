"""Every packaged task and strategy, asked with a small real model in windows it hardly fits in.

It says anything: what is asserted holds for every model.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from cairn.agents.service import Cairn
from cairn.core.answer import Answer, fold
from cairn.core.events import ENDS, Event
from cairn.core.settings import load_settings
from cairn.models.gguf_process import read_state

LEAVE = "How many days of annual leave do full-time employees have?"
SCHEMA = json.loads((Path(__file__).parents[1] / "golden" / "answer.schema.json").read_text())
TOKENS = 32
BRIEF: dict[str, Any] = {"limits": {"answer_tokens": TOKENS, "model_calls": 4, "seconds": 100}}
TASKS = {
    "assistant": LEAVE,
    "classify": "I was charged twice for my order.",
    "database": "How many customers are there?",
    "documents": LEAVE,
    "extract": "Ann Lee, ann@example.org, owes 12.50 euros since 2024-03-01.",
    "math": "What is 17 * 23?",
    "plan": "How many customers are there, and what is 2 + 3?",
}
STRATEGIES = {
    "direct": ("math", "What is 17 * 23?"),
    "rag": ("documents", LEAVE),
    "sql": ("database", "Which product is the cheapest?"),
    "classify": ("classify", "Where is my parcel?"),
    "extract": ("extract", "Call Bob at 555 0100."),
    "react": ("assistant", "What is 2 + 3?"),
    "react_text": ("assistant", "How many orders are there?"),
    "plan": ("plan", "What is 2 + 3, and 4 * 5?"),
}
Open = Callable[[int], Cairn]


@pytest.fixture(scope="module")
def open_app(gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """One application for each window, all of one home: its samples are read once."""
    home = tmp_path_factory.mktemp("real") / "home"
    apps: dict[int, Cairn] = {}
    with ExitStack() as stack:

        def app(window: int) -> Cairn:
            if window not in apps:
                named = load_settings(
                    home, model=f"gguf:{gguf}", context_window=window, embeddings="hash", temperature=0
                )
                apps[window] = stack.enter_context(Cairn(named))
            return apps[window]

        yield app


@pytest.mark.parametrize("task", TASKS)
def test_every_task_answers_or_says_why_not(open_app: Open, task: str) -> None:
    sound(open_app(2048), TASKS[task], task=task)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_answers_or_says_why_not(open_app: Open, strategy: str) -> None:
    task, question = STRATEGIES[strategy]
    sound(open_app(2048), question, task=task, strategy=strategy)


@pytest.mark.parametrize("task", ["documents", "database", "math"])
@pytest.mark.parametrize("window", [1024, 4096])
def test_a_smaller_and_a_larger_window_are_kept_to(open_app: Open, window: int, task: str) -> None:
    sound(open_app(window), TASKS[task], task=task)


def test_a_chinese_question_is_answered_from_passages_that_were_told(open_app: Open) -> None:
    sound(open_app(2048), "全职员工每年有多少天年假？", task="documents")


def test_a_classified_text_gets_a_class_and_extracted_fields_are_json_or_declined(open_app: Open) -> None:
    app = open_app(2048)
    label = sound(app, TASKS["classify"], task="classify").answer
    assert label in {example["output"] for example in app.prompts.examples("classify")}
    answer = sound(app, TASKS["extract"], task="extract", limits={"answer_tokens": 120, "seconds": 40})
    if not answer.error:
        assert set(json.loads(answer.answer or "")) == {field.name for field in app.prompts.task("extract").fields}


def test_a_stopped_answer_is_what_there_was_and_the_next_one_comes(open_app: Open) -> None:
    app = open_app(2048)
    run = app.start("Count from one to a thousand, in words.", task="math", patch=LONG).run
    assert first_token(app, run)
    app.stop(run)
    assert checked(app, run, 2048, 900).stopped_by == "user"
    sound(app, "What is 2 + 3?", task="math", strategy="direct")


def test_a_killed_server_is_told_and_the_next_question_starts_another(open_app: Open) -> None:
    app = open_app(2048)
    run = app.start("Count from one to a thousand, in words.", task="math", patch=LONG).run
    assert first_token(app, run)
    for server in psutil.Process().children():
        if "gguf_process" in " ".join(server.cmdline()):
            server.kill()
    answer = checked(app, run, 2048, 900)
    assert answer.stopped_by or answer.error
    sound(app, "What is 2 + 3?", task="math", strategy="direct")


def test_two_questions_and_another_process_share_the_model(open_app: Open, gguf: Path) -> None:
    app = open_app(2048)
    runs = [
        app.start(question, task="math", patch={**BRIEF, "strategy": "direct"}).run for question in ("1 + 1?", "2 + 2?")
    ]
    done = asked_by_command(app, f"gguf:{gguf}", "--json", "--task", "math", "--strategy", "direct", "3 + 3?")
    for run in runs:
        assert checked(app, run).answer
    assert done.returncode == 0, done.stderr
    jsonschema.validate(json.loads(done.stdout), SCHEMA)
    states = [read_state(file) for file in app.workspace.home.locks.glob("gguf-*.json")]
    assert len({state.pid for state in states if state}) == len(states)


def test_a_file_that_is_not_there_is_a_wrong_flag(open_app: Open) -> None:
    done = asked_by_command(open_app(2048), "gguf:away.gguf", "Hello?")
    assert (done.returncode, "There is no file" in done.stderr) == (2, True)


LONG = {"strategy": "direct", "limits": {"answer_tokens": 900, "seconds": 100}}


def sound(app: Cairn, question: str, *, task: str, **patch: Any) -> Answer:
    """The answer to a question, which keeps to what holds for any model."""
    limits = {**BRIEF["limits"], **patch.pop("limits", {})}
    run = app.start(question, task=task, patch={**patch, "limits": limits}).run
    return checked(app, run, app.settings.context_window, limits["answer_tokens"])


def checked(app: Cairn, run: str, window: int = 2048, tokens: int = TOKENS) -> Answer:
    events = list(app.follow(run))
    answer = fold(events)
    jsonschema.validate(answer.model_dump(mode="json"), SCHEMA)
    assert [event.type in ENDS for event in events] == [False] * (len(events) - 1) + [True]
    assert [event.seq for event in events] == sorted({event.seq for event in events})
    assert answer.answer or readable(answer.error or "")
    assert (answer.seconds or 0) < 150
    for notice in answer.notices:
        assert readable(notice)
    for citation in answer.citations:
        assert in_the_documents(app, answer.sources[citation.source])
    for used in of_type(events, "usage"):
        assert (used["output_tokens"] or 0) <= max(tokens, window // 2)
        assert (used["input_tokens"] or 0) + (used["output_tokens"] or 0) <= window
    return answer


def readable(text: str) -> bool:
    assert text and text.rstrip()[-1] in ".!?。)`", text
    assert not any(noise in text for noise in ("Traceback", "object at 0x", "NoneType", "Errno")), text
    return True


def in_the_documents(app: Cairn, source: Any) -> bool:
    """Word for word: a passage is what was found, never what the model says of one."""
    text = app.workspace.library.text(source["source"])
    return " ".join(source["quote"].rstrip("…").split()) in " ".join(text.split())


def first_token(app: Cairn, run: str) -> bool:
    return any(event.type == "token" for event in app.follow(run) if event.type == "token" or event.type in ENDS)


def of_type(events: list[Event], kind: str) -> list[dict[str, Any]]:
    return [event.data for event in events if event.type == kind]


def asked_by_command(app: Cairn, model: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cairn", "ask", "--model", model, *words]
    given = {"CAIRN_HOME": str(app.settings.home), "CAIRN_CONTEXT_WINDOW": "2048", "CAIRN_TEMPERATURE": "0"}
    return subprocess.run(command, env=os.environ | given, capture_output=True, text=True, stdin=subprocess.DEVNULL)
