from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.core.errors import UsageError
from cairn.evals.case_reading import read_cases
from cairn.evals.cases import Case
from cairn.evals.outside_answers import read_predictions


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


ONE = {"question": "有多少客户？", "query": "SELECT count(*) FROM customers"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", json.dumps([{**ONE, "db_id": "Shop", "query_toks": ["SELECT"], "sql": {"select": []}}])),
        ("a.jsonl", "\n" + json.dumps({**ONE, "db_id": "Shop"}) + "\n\n"),
        ("a.csv", "\ufeffquestion,query,database\n有多少客户？,SELECT count(*) FROM customers,Shop\n\n"),
        ("a.tsv", "db_id\tquestion\tSQL\r\nShop\t有多少客户？\tSELECT count(*) FROM customers\r\n"),
    ],
)
def test_every_format_gives_the_same_question(tmp_path: Path, name: str, text: str) -> None:
    [question] = read_cases(written(tmp_path, name, text))
    assert replace(question, extra={}) == Case("1", ONE["question"], query=ONE["query"], database="Shop")


def test_ids_and_difficulties_of_the_set_are_kept(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", json.dumps({**ONE, "id": 0, "difficulty": "simple"}))
    assert [(q.id, q.difficulty) for q in read_cases(file)] == [("0", "simple")]


def test_a_quoted_field_may_have_commas_and_lines(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", 'question,query\n"One, or\ntwo?","SELECT ""a"",\n1"\nNext?,SELECT 2\n')
    first, second = read_cases(file)
    assert (first.question, first.query) == ("One, or\ntwo?", 'SELECT "a",\n1')
    assert second.query == "SELECT 2"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", 'question,query\n"A\n?",SELECT 1\n,SELECT 2\n', "line 4: there is no question"),
        ("a.csv", "question,query\nA?,SELECT 1, 2\n", "line 2 has 3 fields"),
        ("a.csv", 'question,query\n"A?,SELECT 1\n', "line 2: "),
        ("a.jsonl", '{"question": "A?", "query": "SELECT 1"}\n{', "line 2 is not JSON"),
        ("a.jsonl", "[1]", "line 1 is not an object"),
        ("a.jsonl", '{"question": [5], "query": "SELECT 1"}', "line 1: `question` is no text"),
        ("a.json", '[{"question": "A?",\n "query": }]', "line 2 is not JSON"),
        ("a.json", "5", "is not a list"),
        ("a.json", '[{"query": "SELECT 1"}]', "item 1: there is no question"),
        ("a.json", "[" * 100_000, "is not JSON"),
        ("a.json", "[]", "has no questions"),
        ("a.csv", "", "has no questions"),
        ("a.xlsx", "", "no kind of file"),
        ("a.jsonl", "\n".join([json.dumps({**ONE, "id": "x"})] * 2), "the id 'x' was there before"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_cases(written(tmp_path, name, text))


def test_files_that_are_missing_or_not_text_are_explained(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file"):
        read_cases(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_bytes(b"question,query\n\xff\xfe,1\n")
    with pytest.raises(UsageError, match="can't be read"):
        read_cases(tmp_path / "b.csv")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"id": 1, "query": "SELECT 1"}\n{"id": "2", "sql": ""}'),
        ("a.json", '{"1": "SELECT 1", "2": ""}'),
        ("a.csv", "id,prediction\n1,SELECT 1\n2,\n"),
        ("a.sql", "SELECT 1\tshop\n\n"),
    ],
)
def test_predictions_come_in_the_same_formats(tmp_path: Path, name: str, text: str) -> None:
    assert read_predictions(written(tmp_path, name, text)) == {"1": "SELECT 1", "2": ""}


def test_two_predictions_for_one_question_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line 2: there is a prediction for '1' already"):
        read_predictions(written(tmp_path, "a.jsonl", '{"id": 1, "query": "a"}\n{"id": 1, "query": "b"}'))


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=60), st.sampled_from([".json", ".jsonl", ".csv", ".tsv"]))
def test_no_file_brings_anything_but_questions_or_a_usage_error(
    tmp_path_factory: pytest.TempPathFactory, text: str, suffix: str
) -> None:
    file = tmp_path_factory.getbasetemp() / f"any{suffix}"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        questions = read_cases(file)
    except UsageError:
        return
    assert all(question.question for question in questions)
