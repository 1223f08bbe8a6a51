"""Question sets as people write them, and what is said of a wrong line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cairn.core.errors import UsageError
from cairn.evals.case_reading import read_cases
from cairn.evals.cases import CallGold, Case, SourceGold
from cairn.evals.set_formats import Row, read_rows, write_rows


def written(tmp_path: Path, name: str, text: str) -> Path:
    file = tmp_path / name
    file.write_text(text, "utf-8", newline="")
    return file


def only(tmp_path: Path, **values: Any) -> Case:
    [case] = read_cases(written(tmp_path, "one.json", json.dumps([values])))
    return case


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_seen_in_the_first_line(tmp_path: Path, delimiter: str) -> None:
    lines = [["Question", "Gold Answer", "Question-ID"], ['"High, or; low?"', "381 m|1,250 ft", "a"]]
    file = written(tmp_path, "q.csv", "\n".join(delimiter.join(line) for line in lines).replace("1,250 ft", "1250 ft"))
    [case] = read_cases(file)
    assert case == Case("a", "High, or; low?", answers=("381 m", "1250 ft"))


def test_a_set_written_by_an_office_program_reads_like_any_other(tmp_path: Path) -> None:
    file = written(tmp_path, "q.csv", "\ufeffFRAGE;QUESTION;ANSWER;Unanswerable\r\nx;多高？;381 米;\r\ny;Wer?;;是\r\n")
    first, second = read_cases(file)
    assert (first.question, first.answers, first.refuse, first.extra) == ("多高？", ("381 米",), False, {"FRAGE": "x"})
    assert (second.golds, second.id) == (("refuse",), "2")


def test_cells_hold_lists_and_objects(tmp_path: Path) -> None:
    head = "question;sources;fields;tags;matches;tool_calls"
    sources, calls = '"[{""file"": ""a.md"", ""page"": 3}, ""b.md""]"', '"[{""f"": {""n"": [1, """"]}}]"'
    row = f'A?;{sources};"{{""name"": ""Ann""}}";x | y;"a|b";{calls}'
    [case] = read_cases(written(tmp_path, "q.csv", f"{head}\n{row}\n"))
    assert case.sources == (SourceGold("a.md", page=3), SourceGold("b.md"))
    assert (case.fields, case.tags, case.matches) == ({"name": "Ann"}, ("x", "y"), ("a|b",))
    assert case.tool_calls == (CallGold("f", {"n": [1, ""]}),)


def test_names_that_known_sets_use(tmp_path: Path) -> None:
    case = only(tmp_path, question="How many?", SQL="SELECT 1", db_id="Shop", question_id=0, hardness="easy")
    assert case == Case("0", "How many?", query="SELECT 1", database="Shop", difficulty="easy")
    assert only(tmp_path, text="My card is lost.", label="cards").question == "My card is lost."
    assert only(tmp_path, question="Who?", answer="Ann", answers=["Ann", "Bo"]).answers == ("Ann", "Bo")


def test_what_was_said_before(tmp_path: Path) -> None:
    wanted = (("user", "Hi"), ("assistant", "Hello"))
    assert only(tmp_path, question="?", history=["Hi", "Hello"]).history == wanted
    messages = [{"role": role, "content": text} for role, text in wanted]
    assert only(tmp_path, question="?", history=messages).history == wanted


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("q.csv", "question,query\n,SELECT 1\n", "line 2: there is no question"),
        ("q.csv", "question,refuse\nA?,perhaps\n", "line 2: `refuse` is 'perhaps'"),
        ("q.csv", "question,fields\nA?,{name\n", "line 2: `fields` is not JSON"),
        ("q.csv", "question,matches\nA?,(\n", "line 2: `matches` has no regular expression"),
        ("q.csv", "question,a,a\nA?,1,2\n", "line 1: there are two columns 'a'"),
        ("q.jsonl", '{"question": "A?"}\n{"question": "B?", "sources": [{"page": "x"}]}', "line 2: .* the page 'x'"),
        ("q.jsonl", '{"question": "A?", "sources": [{"page": 2}]}', "line 1: .* without file"),
        ("q.jsonl", '{"question": "A?", "sources": [{"chapter": "x"}]}', "line 1: .* says 'chapter'"),
        ("q.jsonl", '{"question": "A?", "tool_calls": [3]}', "line 1: .* no call"),
        ("q.jsonl", '{"question": "A?", "answers": [{}]}', "line 1: .* no text"),
        ("q.jsonl", '{"question": "A?", "history": [{"role": "system", "content": ""}]}', "line 1: `history`"),
        ("q.json", '[{"question": "A?", "id": "x"}, {"question": "B?", "id": "x"}]', "item 2: the id 'x'"),
        ("q.json", "[]", "has no questions"),
        ("q.xls", "", "no kind of file"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_cases(written(tmp_path, name, text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("q.csv", 'question;tags\n"A; or B?";x|y\n'),
        ("q.tsv", "question\tlabel\n多高？\tx\n"),
        ("q.jsonl", '{"question": "多高？", "tags": ["x"]}\n'),
        ("q.json", '[\n  {\n    "question": "A?"\n  }\n]\n'),
    ],
)
def test_what_is_written_in_a_sets_own_format_reads_the_same(tmp_path: Path, name: str, text: str) -> None:
    file = written(tmp_path, name, text)
    copy = tmp_path / f"copy-{name}"
    rows: list[Row] = list(read_rows(file))
    write_rows(copy, rows, like=file)
    assert copy.read_text("utf-8") == text
    assert read_cases(copy) == read_cases(file)
