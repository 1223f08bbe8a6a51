"""`cairn db learn`, and `/good` and `/bad` in `cairn chat`: corrections that are found the next time."""

from __future__ import annotations

import sys
from pathlib import Path

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.core.strategy import Example
from cairn.evals.feedback import Taught, forget, learn, learned, pair_of, take_back
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.terminal import note, shown


def learn_pair(home: Path | None, database: str, question: str, sql: str, task: str | None) -> None:
    with opened(home) as app:
        pool = learn(app.workspace, question, sql, database, task)
        note(f"Learned: task {pool} finds it with questions like this one.")
        _warn(app, pool)


def forget_pair(home: Path | None, database: str, question: str, task: str | None) -> None:
    with opened(home) as app:
        if not forget(app.workspace, question, database, task):
            raise UsageError(f"Nothing was learned for {question[:80]!r} of {database}.", "Write it as it was taught.")
    note("Forgotten: it is no example any more.")


def list_learned(home: Path | None, which: Taught, task: str | None, forget_all: bool) -> None:
    with opened(home) as app:
        pairs = (take_back if forget_all else learned)(app.workspace, task, which)
    for pair in pairs:
        origin = f"{pair.get('by')} {pair.get('at')}"
        line = " ".join(f"{origin} {pair.get('database', '')}: {pair['input']} — {pair['output']}".split())
        sys.stdout.write(shown(line, sys.stdout) + "\n")
    if not pairs:
        note("Nobody taught such a pair.")
    elif forget_all:
        note(f"Forgotten: {len(pairs)}. They are no examples any more.")


def good(app: Cairn, thread: str | None) -> None:
    """The last answer of the thread was right."""
    pair, task = _last(app, thread)
    pool = learn(app.workspace, pair["input"], pair["output"], pair.get("database", ""), task)
    note(f"Learned: task {pool} finds it with questions like this one.")
    _warn(app, pool)


def bad(app: Cairn, thread: str | None) -> None:
    """The last answer of the thread was wrong."""
    pair, task = _last(app, thread)
    forget(app.workspace, pair["input"], pair.get("database", ""), task)
    note('It is no example. Teach the right query: cairn db learn NAME "question" "SELECT …"')


def _last(app: Cairn, thread: str | None) -> tuple[Example, str | None]:
    runs = app.workspace.runs.of_thread(thread) if thread else []
    if not runs:
        raise UsageError("There is no answer yet.", "Ask something first.")
    run, question, _ = runs[-1]
    answer = app.answer(run)
    pair = pair_of(app.workspace, question, answer)
    if pair is None:
        raise UsageError("The last answer has no query that could be learned.", "Ask a question to a database first.")
    return pair, answer.task


def _warn(app: Cairn, pool: str) -> None:
    if app.prompts.task(pool).examples.selector == "none":
        note(f"Task {pool} shows no examples; write `examples: {{selector: semantic}}` in its task.yaml.")
