"""What people of this home have asked, and what they said of the answers, as rows of a set."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from cairn.agents.workspace import Workspace
from cairn.core.answer import Answer, fold
from cairn.core.clean_text import normalise
from cairn.core.errors import CairnError
from cairn.evals.eval_runner import USER
from cairn.evals.feedback import pair_of
from cairn.evals.metrics.declining import is_declined, no_answer_sentences
from cairn.evals.personal_data import without_personal_data
from cairn.evals.set_review import REVIEWED
from cairn.memory.feedback_store import Feedback, FeedbackStore
from cairn.memory.run_list import users
from cairn.memory.run_store import Runs
from cairn.memory.secret_detection import secret_in

_BEFORE = 2
"""So many turns before a question are carried along: it may lean on them."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said of an answer; `before`: questions and answers of the conversation until then, in turn."""

    user: str
    feedback: Feedback
    thread: str
    question: str
    answer: Answer
    before: tuple[str, ...]


def all_feedback(workspace: Workspace) -> list[Said]:
    """Of everybody, oldest first."""
    found: list[Said] = []
    for user in users(workspace.database):
        runs = Runs(workspace.database, user)
        for feedback in FeedbackStore(workspace.database, user).list():
            _, thread = runs.find(feedback.run)
            answer = fold(runs.events(feedback.run))
            question, before = _asked(runs, thread, feedback.run)
            found.append(Said(user, feedback, thread, question, answer, before))
    return sorted(found, key=lambda said: said.feedback.created)


def _asked(runs: Runs, thread: str, run: str) -> tuple[str, tuple[str, ...]]:
    """A run's question, and what was said in its thread before."""
    before: list[str] = []
    for id, question, _ in runs.of_thread(thread):
        if id == run:
            return question, tuple(before[-2 * _BEFORE :])
        before += [question, fold(runs.events(id)).answer or ""]
    started = next(event for event in runs.events(run) if event.type == "started")
    return started.data["question"], ()  # another version of an answer


def row_of(workspace: Workspace, said: Said) -> dict[str, Any] | None:
    """The row that follows from it; None where it does not tell what is right."""
    gold = _gold(workspace, said)
    if gold is None:
        return None
    row: dict[str, Any] = {"id": said.feedback.run[:12], "question": said.question, **gold}
    if said.before:
        row["history"] = list(said.before)
    return {**row, "tags": ["feedback"], "group": said.thread[:12]}


def _gold(workspace: Workspace, said: Said) -> dict[str, Any] | None:
    if correction := said.feedback.correction:
        if correction.get("sql"):
            return {"query": correction["sql"], "database": correction.get("database")}
        gold = {"answers": [correction["answer"]]} if correction.get("answer") else {}
        return (gold | ({"sources": [correction["source"]]} if correction.get("source") else {})) or None
    if said.feedback.verdict != "good":
        return None
    answer = said.answer
    if is_declined(answer, no_answer_sentences(workspace.prompts, answer)):
        return {"refuse": True}
    if pair := pair_of(workspace, said.question, answer):
        return {"query": pair["output"], "database": pair.get("database")}
    files = dict.fromkeys(answer.sources[citation.source]["source"] for citation in answer.citations)
    return {"answers": [answer.answer], **({"sources": list(files)} if files else {})}


def learned_rows(workspace: Workspace) -> list[dict[str, Any]]:
    """The home's own examples of queries. Nobody has looked them through: a thumb alone may have made them."""
    found: list[dict[str, Any]] = []
    for task in workspace.prompts.tasks():
        own = (workspace.home.prompts / task / "examples.jsonl").is_file()
        if own and workspace.prompts.task(task).strategy == "sql":
            for number, example in enumerate(workspace.prompts.examples(task), 1):
                row = {"id": f"{task}-{number}", "question": example["input"], "query": example["output"]}
                found.append({**row, "database": example.get("database"), "tags": ["learned"], REVIEWED: False})
    return found


@dataclass(frozen=True, slots=True)
class Sample:
    """`rows` of all that was asked: how many `asked`, as good as twice, and with a secret in them."""

    rows: list[dict[str, Any]]
    asked: int
    twice: int
    secret: int


def sampled_questions(workspace: Workspace, number: int, seed: int = 0) -> Sample:
    """A random sample of what was asked, each question once, without gold; e-mail addresses and telephone numbers are
    taken out, and a question with a secret, or after one, is left out."""
    runs = {user: Runs(workspace.database, user) for user in users(workspace.database) if user != USER}
    asked = [(user, run) for user, store in runs.items() for run in store.newest(None, None, None)]
    once = {normalise(run.question).strip(" ?？.。!！"): (user, run) for user, run in asked}
    chosen = sorted(once.values(), key=lambda one: one[1].run)
    random.Random(seed).shuffle(chosen)  # noqa: S311 (no secret)
    rows: list[dict[str, Any]] = []
    secret = 0
    for user, run in chosen:
        if len(rows) == number:
            break
        question, before = _asked(runs[user], run.thread, run.run)
        if any(secret_in(text) for text in (question, *before)):
            secret += 1
            continue
        texts = [without_personal_data(text) for text in (question, *before)]
        row: dict[str, Any] = {"id": run.run[:12], "question": texts[0], "answers": [], "group": run.thread[:12]}
        row |= {"history": texts[1:]} if before else {}
        rows.append({**row, "tags": [run.task] if run.task else [], REVIEWED: False})
    return Sample(rows, len(asked), len(asked) - len(once), secret)


def feedback_rows(workspace: Workspace) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The rows of what was accepted, and how much of the rest there is, by why it is none."""
    rows: list[dict[str, Any]] = []
    out: dict[str, int] = dict.fromkeys(("waiting", "refused", "without what is right", "with a secret"), 0)
    for said in all_feedback(workspace):
        try:
            row = row_of(workspace, said)
        except CairnError:
            row = None
        if said.feedback.reviewed == "refused":
            out["refused"] += 1
        elif row is None:
            out["without what is right"] += 1
        elif said.feedback.reviewed is None:
            out["waiting"] += 1
        elif any(secret_in(str(value)) for value in row.values()):
            out["with a secret"] += 1
        else:
            rows.append(row)
    return rows, out
