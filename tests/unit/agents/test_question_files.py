"""Questions of files: what is read, and what is said of a line that is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cairn.agents.question_files import read_questions
from cairn.core.errors import UsageError


def read(tmp_path: Path, name: str, text: str | bytes) -> list[tuple[int, str, Any]]:
    file = tmp_path / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return [(asked.line, asked.question, dict(asked.given)) for asked in read_questions(file)]


def test_a_question_a_line(tmp_path: Path) -> None:
    found = read(tmp_path, "q.txt", "\ufeffHow many?\r\n\r\n有多少本书？\n{really}?")
    assert [(line, question) for line, question, _ in found] == [
        (1, "How many?"),
        (3, "有多少本书？"),
        (4, "{really}?"),
    ]
    assert found[1][2] == {"question": "有多少本书？"}


@pytest.mark.parametrize("name", ["q.jsonl", "q", "questions.dat"])
def test_objects_are_carried_along(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, name, '\n{"question": "一?", "id": 7}\n"Two?"\n')
    assert found == [(2, "一?", {"question": "一?", "id": 7}), (3, "Two?", {"question": "Two?"})]


def test_columns(tmp_path: Path) -> None:
    rows = 'id,question\n1,"Who\nis it?"\n2,谁？\n'
    assert read(tmp_path, "q.csv", b"\xef\xbb\xbf" + rows.encode()) == [
        (2, "Who\nis it?", {"id": "1", "question": "Who\nis it?"}),
        (4, "谁？", {"id": "2", "question": "谁？"}),
    ]
    assert read(tmp_path, "q.tsv", "question\tid\nA?\t1\n")[0][1] == "A?"


@pytest.mark.parametrize(
    "history",
    [
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}],
        [["Hi", "Hello"]],
        [["user", "Hi"], ["ai", "Hello"]],
    ],
)
def test_a_history_in_each_form(tmp_path: Path, history: Any) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text(json.dumps({"question": "And?", "history": history}))
    [asked] = read_questions(file)
    assert [(message.type, message.text) for message in asked.history] == [("human", "Hi"), ("ai", "Hello")]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("q.jsonl", '{"question": "a"}\n{"question": }\n', "line 2 is no JSON"),
        ("q.jsonl", '{"question": "a"}\n\n{"query": "b"}\n', "line 3: there is no question"),
        ("q.jsonl", '{"question": "a", "history": [["user"]]}', "line 1: the history can't be read"),
        ("q.jsonl", '{"question": "a", "patch": 3}', "line 1: the patch is no object"),
        ("q.csv", "id,text\n1,a\n", "no column `question`"),
        ("q.csv", "id,question\n1,\n", "line 2: there is no question"),
        ("q.txt", b"\xff\xfe\x00", "not text in UTF-8"),
    ],
)
def test_a_line_that_is_no_question_is_named(tmp_path: Path, name: str, text: str | bytes, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read(tmp_path, name, text)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="There is no file"):
        list(read_questions(Path("none.txt")))
