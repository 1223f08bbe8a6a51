"""Sets from what people asked and said."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.agents.service import Cairn
from cairn.core.settings import Home, load_settings
from cairn.evals.asked_before import feedback_rows, learned_rows, sampled_questions
from cairn.evals.case_reading import read_cases
from cairn.evals.feedback import learn
from cairn.memory.feedback_store import FeedbackStore
from cairn.samples import SHOP
from cairn.ui.cli.run_eval_make import make_feedback
from cairn.ui.cli.run_eval_review import review_feedback

ORDERS = "SELECT count(*) FROM orders"


@pytest.fixture
def app(home: Home) -> Iterator[Cairn]:
    opened = Cairn(load_settings(home.root, samples=False, model="builtin"))
    yield opened
    opened.close()


def asked(app: Cairn, question: str, thread: str | None = None) -> tuple[str, str]:
    answer = app.ask(question, task="math", thread=thread)
    assert answer.run and answer.thread
    return answer.run, answer.thread


def review(home: Home, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    review_feedback(home.root)


def test_only_what_was_accepted_becomes_a_case(
    app: Cairn, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, hers = FeedbackStore(app.workspace.database, app.settings.user), None
    runs = [asked(app, f"What is {n} * 7?")[0] for n in range(2, 7)]
    mine.give(runs[0], "good")
    mine.give(runs[1], "bad", "wrong", {"answer": "二十一"})
    mine.give(runs[2], "bad", "no")
    mine.give(runs[3], "good")
    with Cairn(load_settings(home.root, samples=False, model="builtin", user="ann")) as other:
        run, _ = asked(other, "What is 9 * 9?")
        hers = FeedbackStore(other.workspace.database, "ann")
        hers.give(run, "good")
    rows, left = feedback_rows(app.workspace)
    assert rows == [] and left["waiting"] == 4 and left["without what is right"] == 1

    review(home, monkeypatch, "a", "a", "a", "e", "28", "r", "l")
    rows, left = feedback_rows(app.workspace)
    assert [(row["question"], row["answers"]) for row in rows] == [
        ("What is 2 * 7?", ["2 * 7 = **14**"]),
        ("What is 3 * 7?", ["二十一"]),
        ("What is 4 * 7?", ["28"]),
    ]
    assert (left["waiting"], left["refused"]) == (1, 1)
    review(home, monkeypatch, "a")
    stored = hers.of(run)
    assert stored is not None and stored.reviewed == "accepted"

    make_feedback(home.root, tmp_path / "set.csv", as_json=False)
    assert [case.answers for case in read_cases(tmp_path / "set.csv")][-1] == ("9 * 9 = **81**",)


def test_what_was_said_before_goes_with_the_question(app: Cairn) -> None:
    store = FeedbackStore(app.workspace.database, app.settings.user)
    _, thread = asked(app, "What is 2 + 2?")
    run, _ = asked(app, "What is 3 + 3?", thread)
    store.give(run, "good")
    store.review(run, "accepted")
    [row], _ = feedback_rows(app.workspace)
    assert row["history"] == ["What is 2 + 2?", "2 + 2 = **4**"] and row["group"] == thread[:12]


def test_learned_queries_wait_for_a_look(app: Cairn, home: Home, tmp_path: Path) -> None:
    app.workspace.databases.add("shop", f"sqlite:///{SHOP}")
    learn(app.workspace, "有多少订单？", ORDERS, "shop")
    [row] = learned_rows(app.workspace)
    assert (row["query"], row["database"], row["reviewed"]) == (ORDERS, "shop", False)


def test_a_sample_of_what_was_asked_has_no_secrets(app: Cairn) -> None:
    for question in ("What is 2 + 2?", "what is 2 + 2", "1 + 1? ann@example.com", "My password is hunter22, 3 + 3?"):
        asked(app, question)
    sample = sampled_questions(app.workspace, 50)
    assert (sample.asked, sample.twice, sample.secret) == (4, 1, 1)
    assert sorted(row["question"] for row in sample.rows)[0] == "1 + 1? [e-mail]"
    assert len(sample.rows) == 2 and not any(row["reviewed"] for row in sample.rows)
    assert "hunter22" not in json.dumps(sample.rows)
    assert len(sampled_questions(app.workspace, 1).rows) == 1
