from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.retrieval.load import load
from cairn.retrieval.load.table_lines import Cell, rows_as_lines, spread


def lines(text: str) -> list[str]:
    return load(text.encode(), "x.csv").text.splitlines()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Tree,Girth,Girth\nOak,3,9\nElm,4,8\n", "Tree: Oak; Girth: 3; Girth: 9"),
        ("Tree,Bark,Bark\nOak,grey,brown\nElm,dark,pale\n", "Tree: Oak; Bark: grey; Bark: brown"),
        ("Week,1,2,3\nfog,7,1,4\n", "Week: fog; 1: 7; 2: 1; 3: 4"),
        ("Size,36,37,38\nleft,4,0,9\n", "Size: left; 36: 4; 37: 0; 38: 9"),
        ("Ann,2024-01-01,2024-01-02\nBo,8,7\n", "Ann: Bo; 2024-01-01: 8; 2024-01-02: 7"),
        (",10,20,50\nfog,7,1,4\n", "fog; 10: 7; 20: 1; 50: 4"),
        ("Tree,,Age\nOak,tall,30\nElm,low,4\n", "Tree: Oak; tall; Age: 30"),
        ("Mail\nann@example.org\nbo@example.org\n", "Mail: ann@example.org"),
        ("Stock of the yard\nMade,2026-02-03\n\nNo;Tree\n", "Stock of the yard"),
        ("List of the yard\nAuthor,Ann Lee\nNo,Tree,Age\nA-1,Oak,30\nA-2,Elm,4\n", "No: A-1; Tree: Oak; Age: 30"),
        (",Up,,Low\nTown,2023,2024,2023\nBonn,1,2,3\n", "Town: Bonn; Up 2023: 1; Up 2024: 2; Low 2023: 3"),
        ("Tree,Height,Weight\n,m,t\nOak,30,9\n", "Tree: Oak; Height m: 30; Weight t: 9"),
        ("Tree,Age\n\nOak,30\n\nElm,4\n\nAsh,7\n", "Tree: Ash; Age: 7"),
        ("Tree,Age\n\nOak,30\nElm,4\n", "Tree: Oak; Age: 30"),
        ("Tree,Age\nOak,30\n\nElm,4\n", "Tree: Elm; Age: 4"),
        ("Tree,Age\nOak,30\nTree,Age\nElm,4\n", "Tree: Elm; Age: 4"),
        ("Tree,Age\nOak,30\nElm,unknown\nAsh,7\n", "Tree: Elm; Age: unknown"),
        ("Tree,Age\nOak,30\nElm,4\nTown,People,Area\nBonn,5,6\n", "Town: Bonn; People: 5; Area: 6"),
        ("Tree,Age,,Town,People\nOak,30,,Bonn,5\nElm,4,,Rome,6\n", "Town: Rome; People: 6"),
        ("Oak,3,9\nElm,4,8\n", "Oak | 3 | 9"),
        ("姓名,城市,年龄\n张三,北京,20岁\n", "姓名: 张三; 城市: 北京; 年龄: 20岁"),
    ],
)  # fmt: skip
def test_each_row_carries_the_names_of_its_columns(text: str, line: str) -> None:
    assert line in lines(text)


def test_a_blank_row_ends_a_table_and_the_next_has_its_own_header() -> None:
    text = "Tree,Age\nOak,30\n\nTowns\nTown,People\nBonn,5\n\nSource: the office\n"
    assert lines(text) == ["Tree: Oak; Age: 30", "Towns", "Town: Bonn; People: 5", "Source: the office"]


def test_a_repeated_header_is_no_row() -> None:
    assert lines("Tree,Age\nOak,30\nTree,Age\nElm,4\n") == ["Tree: Oak; Age: 30", "Tree: Elm; Age: 4"]


def test_a_quote_that_is_never_closed_swallows_no_row() -> None:
    document = load(b'a,b\n1,"open\n2,x\n3,"y, z"\n', "x.csv")
    assert document.text == 'a: 1; b: "open\na: 2; b: x\na: 3; b: y, z\n'
    assert "line 2" in " ".join(document.notices)
    assert load(b'a,b\n1,"two\nlines"\n', "x.csv").notices == ()


NAMES = st.lists(st.text("abcdefgh", min_size=2, max_size=6), min_size=2, max_size=5, unique=True)


@given(NAMES, st.lists(st.integers(10, 999), min_size=2, max_size=6), st.sampled_from(",;\t|"))
def test_any_row_of_values_stands_under_its_names(names: list[str], values: list[int], delimiter: str) -> None:
    made = io.StringIO()
    writer = csv.writer(made, delimiter=delimiter)
    writer.writerow(names)
    for value in values:
        writer.writerow([f'a "{delimiter}\n{value}"', *[value] * (len(names) - 1)])
    for line, value in zip(lines(made.getvalue()), values, strict=True):
        assert line.endswith("; " + "; ".join(f"{name}: {value}" for name in names[1:]))


@given(
    st.lists(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=4), min_size=1, max_size=5)
)
def test_a_cell_is_in_each_row_and_column_that_it_covers(shape: list[list[tuple[int, int]]]) -> None:
    """Beside a plain drawing of HTML's rule: each cell goes to the first free place of its row."""
    drawn: dict[tuple[int, int], str] = {}
    rows: list[Sequence[Cell]] = []
    for number, spans in enumerate(shape):
        cells: list[Cell] = [Cell("edge")]
        drawn[number, next(at for at in range(99) if (number, at) not in drawn)] = "edge"
        for down, across in spans:
            text = f"c{number}-{len(cells)}"
            start = next(at for at in range(99) if (number, at) not in drawn)
            free = next((at for at in range(start, start + across) if (number, at) in drawn), start + across)
            for row in range(number, number + down):
                drawn.update({(row, column): text for column in range(start, free)})
            cells.append(Cell(text, down, across))
        rows.append(cells)
    for number, row in enumerate(spread(rows)):
        assert {at: text for at, text in enumerate(row) if text} == {c: t for (r, c), t in drawn.items() if r == number}


def test_what_stands_across_a_table_is_a_line() -> None:
    rows = [[Cell("Trees", 1, 2)], [Cell("Tree"), Cell("Age")], [Cell("Oak"), Cell("30")]]
    assert list(rows_as_lines(spread(rows))) == ["Trees", "Tree: Oak; Age: 30"]


def test_spans_and_headers_of_a_web_page() -> None:
    html = """<table><thead><tr><th rowspan=2>Berth<th colspan=2>Fee<tr><th>May<th>June</thead>
        <tr><td rowspan=2>East<td>30<td>35<tr><td>31<td>36<tr><th colspan=3>Winter only
        <tr><td>West<td colspan=2>closed<tr><th>Boat<th>Crew<tr><td>Tern<td>4</table>"""
    assert load(f"<html><body>{html}</body></html>".encode(), "x.html").text.strip().splitlines() == [
        "Berth: East; Fee May: 30; Fee June: 35",
        "Berth: East; Fee May: 31; Fee June: 36",
        "Winter only",
        "Berth: West; Fee May: closed; Fee June: closed",
        "Boat: Tern; Crew: 4",
    ]
