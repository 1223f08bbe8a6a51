"""An application that people have, asked over HTTP in place of a task, as `cairn eval SET --target` does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.core.settings import Home, load_settings
from cairn.evals.eval_report import Report
from cairn.evals.evaluation_request import Wanted
from cairn.evals.set_evaluation import Evaluation
from cairn.models.named_sources import named_sources
from tests.server import Reply, Server

ROWS: list[dict[str, Any]] = [
    {"question": "How many days?", "answer": "27 days", "sources": ["leave.md"]},
    {"question": "How much a night?", "answer": "120 pounds", "sources": ["expenses.md"]},
]


def evaluated(server: Server, home: Home, tmp_path: Path, rows: list[dict[str, Any]], **options: Any) -> Report:
    questions = tmp_path / "set.jsonl"
    questions.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    wanted = Wanted(questions, target=server.url, target_model="theirs", workers=1, **options)
    with Cairn(load_settings(home.root, samples=False)) as app:
        evaluation = Evaluation(app, wanted, lambda text: None)
        evaluation.run()
        report = evaluation.report()
    assert report is not None
    return report


def whole(text: str, message: dict[str, Any], **beside: Any) -> Reply:
    answer = {"choices": [{"message": {"content": text, **message}, "finish_reason": "stop"}], **beside}
    return Reply(body=json.dumps(answer).encode())


def test_text_and_citations_are_scored_and_nothing_but_the_question_is_sent(
    server: Server, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_TARGET_KEY", "their key")
    cited = {"type": "url_citation", "url_citation": {"url": "https://theirs.example/leave.md", "title": "Leave"}}
    server.say(whole("27 days", {"annotations": [cited]}), whole("120 pounds", {}))
    report = evaluated(server, home, tmp_path, ROWS)
    assert report.metrics["exact"].mean == 1.0
    assert (report.metrics["hit"].mean, report.metrics["hit"].unjudged) == (1.0, 1)  # the other names no sources
    assert [(one["role"], one["content"]) for one in server.requests[0]["messages"]] == [("user", "How many days?")]
    assert server.requests[0]["model"] == "theirs" and server.headers[0]["authorization"] == "Bearer their key"


def test_of_what_an_application_does_not_tell_there_is_no_figure(server: Server, home: Home, tmp_path: Path) -> None:
    rows = [{"question": "How many?", "answer": "2", "tool_calls": [{"name": "search", "arguments": {}}]}]
    server.say("2")
    report = evaluated(server, home, tmp_path, rows)
    assert "tool_calls" not in report.metrics and report.metrics["exact"].mean == 1.0


def test_a_target_answers_by_itself(server: Server, home: Home, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="A target answers by itself"):
        evaluated(server, home, tmp_path, ROWS, model="builtin")


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ({"citations": ["https://a.example"]}, [("https://a.example", "")]),
        ({"context": {"citations": [{"filepath": "a.pdf", "content": "It is so."}]}}, [("a.pdf", "It is so.")]),
        ({"sources": [{"source": {"name": "b.md"}, "document": ["x"]}]}, [("b.md", "")]),
        ({"annotations": [{"type": "file_citation", "file_citation": {"filename": "c.md"}}]}, [("c.md", "")]),
        ({"citations": [None, 3, {}, "", "d.md", "d.md"]}, [("d.md", "")]),
        ({"citations": "d.md", "context": "so"}, []),
    ],
)
def test_sources_are_read_in_the_forms_in_which_servers_name_them(
    event: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert [(one["source"], one["quote"]) for one in named_sources(event)] == found
