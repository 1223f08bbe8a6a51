"""Which sentences are quoted, which example is nearest."""

from __future__ import annotations

from pathlib import Path

import pytest

from cairn.models.builtin.builtin_chat import nearest
from cairn.models.builtin.prompt_conversation import ShownPassage
from cairn.models.builtin.quoting import find_quotes, split_sentences, write_quotes

PASSAGES = [
    ShownPassage(
        1, "Boat guide > Fuel", "a.md", "# Fuel\n\nThe tank holds 120 litres. Diesel is sold at the pier, e.g. at dawn."
    ),
    ShownPassage(
        2, "Boat guide > Safety", "b.md", "You need on board:\n- a life jacket for each person\n- flares\n\nCheck them."
    ),
    ShownPassage(3, "划船指南", "c.md", "油箱容量为120升。码头出售柴油。救生衣每人一件。"),
]
CLUB = [
    ShownPassage(
        1, "Chess club", "d.md", "The club was founded in 1931 by Otto Lund. Ask the club secretary for a key."
    ),
    ShownPassage(2, "Library", "e.md", "Books may be kept for 30 days. The reading room seats forty."),
    ShownPassage(3, "Hours", "f.md", "| Day | Opens |\n| --- | --- |\n| Monday | 09:00 |\n| Friday | 13:00 |"),
    ShownPassage(4, "Questions", "g.md", "Who lends out the board?\n\nThe board is lent out by the caretaker."),
]


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("Who founded the club?", "The club was founded in 1931 by Otto Lund."),
        ("How long may books be kept?", "Books may be kept for 30 days."),
        ("When does it open on Friday?", "| Day | Opens |\n|---|---|\n| Friday | 13:00 |"),
        ("Who lends out the board?", "Who lends out the board? The board is lent out by the caretaker."),
    ],
)
def test_the_quote_holds_what_kind_of_thing_was_asked_for(question: str, quoted: str) -> None:
    assert find_quotes(question, CLUB)[0].text == quoted


def test_a_subject_of_two_words_with_a_hyphen_is_found() -> None:
    rules = ShownPassage(1, "Membership", "h.md", "Half-year members pay 40 euros. Guests row with a member.")
    assert find_quotes("How much do half-year members pay?", [rules])[0].text == "Half-year members pay 40 euros."


@pytest.mark.parametrize(
    "question",
    [
        "Who founded the library?",
        "Who is the club secretary?",
        "How much is a key?",
        "How old is Otto Lund?",
        "Why was the club founded?",
        "How often are books kept?",
        "What is 15 of that?",
        "How many days of parental leave may we ask for?",
    ],
)
def test_a_sentence_of_another_kind_or_subject_is_no_answer(question: str) -> None:
    assert find_quotes(question, CLUB) == []


MILL = [
    ShownPassage(
        1, "The Aldby mill", "h.md", "The mill stands by the Ure. It was set up in 1790. A fire gutted it in 1903."
    ),
    ShownPassage(2, "河口灯塔", "i.md", "河口灯塔位于南岸。它于1891年落成。灯塔高三十米。"),
]


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("When was the Aldby mill founded?", "It was set up in 1790."),
        ("When did a fire gut the mill?", "A fire gutted it in 1903."),
        ("河口灯塔是哪一年建成的？", "它于1891年落成。"),
    ],
)
def test_a_relation_is_known_in_other_words(question: str, quoted: str) -> None:
    assert [quote.text for quote in find_quotes(question, MILL)] == [quoted]


@pytest.mark.parametrize(
    "question",
    [
        "When was the Borrow mill founded?",
        "When was the Aldby mill sold to Anna Quist?",
        "Who owns the Aldby mill?",
        "Did a fire gut the mill in 1904?",
        "How much did the Aldby mill cost?",
        "什么时候有人设计了河口灯塔？",
        "北山灯塔是哪一年建成的？",
        "河口灯塔在1920年落成吗？",
        "河口灯塔的门票多少钱？",
    ],
)
def test_another_name_number_or_relation_is_not_quoted(question: str) -> None:
    assert find_quotes(question, MILL) == []


@pytest.mark.parametrize(
    ("question", "quoted", "number"),
    [
        ("How many litres does the tank hold?", "The tank holds 120 litres.", 1),
        ("Where is diesel sold?", "Diesel is sold at the pier, e.g. at dawn.", 1),
        ("What do I need on board?", "You need on board:\n- a life jacket for each person\n- flares", 2),
        ("油箱的容量是多少？", "油箱容量为120升。", 3),
        ("救生衣有几件？", "救生衣每人一件。", 3),
    ],
)
def test_the_sentence_that_answers_is_quoted_verbatim(question: str, quoted: str, number: int) -> None:
    best = find_quotes(question, PASSAGES)[0]
    assert (best.text, best.passage.number) == (quoted, number)


@pytest.mark.parametrize(
    "question",
    [
        "Who won the regatta?",
        "How many litres of rum may sailors drink?",
        "How many oars are on board?",
        "游泳比赛谁赢了？",
        "",
        "?",
    ],
)
def test_nothing_is_quoted_where_too_little_matches(question: str) -> None:
    assert find_quotes(question, PASSAGES) == []


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("What do the documents say about flares?", ["You need on board:\n- a life jacket for each person\n- flares"]),
        ("关于柴油，文档说了什么？", ["码头出售柴油。"]),
        ("介绍一下救生衣", ["救生衣每人一件。"]),
        ("What do the documents say about whales?", []),
        ("Tell me about the captain's flares", []),
        ("关于鲸鱼，文档说了什么？", []),
    ],
)
def test_a_topic_is_told_about_by_the_section_that_speaks_of_it(question: str, quoted: list[str]) -> None:
    found = [quote.text for quote in find_quotes(question, PASSAGES)]
    assert set(quoted) <= set(found) and bool(found) == bool(quoted)


def test_sentences_are_cut_at_their_ends_only() -> None:
    text = "Mr. Fox paid 3.50 euros. He left!\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n“好。”他说。再见。"
    assert split_sentences(text) == [
        "Mr. Fox paid 3.50 euros.",
        "He left!",
        "| a | b |",
        "| 1 | 2 |",
        "“好。”",
        "他说。",
        "再见。",
    ]


def test_of_equally_near_examples_the_first_answers() -> None:
    assert nearest("a red kite", [("a red kite", "one"), ("a red kite", "two")]) == "one"
    assert nearest("发票金额不对", [("我的发动机坏了", "维修"), ("发票的金额错了", "账单")]) == "账单"


def test_real_tickets_by_their_nearest_example(test_data: Path) -> None:
    def rows(name: str) -> list[tuple[str, str]]:
        lines = (test_data / "tickets" / name).read_text(encoding="utf-8").splitlines()[1:]
        return [(text, label) for text, _, label in (line.rpartition("\t") for line in lines)]

    examples, asked = rows("train.tsv"), rows("test.tsv")
    right = sum(nearest(text, examples) == label for text, label in asked)
    assert right / len(asked) > 0.9


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("What is the fee for a dinghy?", "Boat: dinghy; Fee: 12 euros; Place: at the long northern pier"),
        ("What is the fee for a yacht?", "Boat: yacht; Fee: 90 euros; Place: at the outer pier of the harbour"),
    ],
)
def test_of_a_table_written_as_lines_one_row_is_quoted(question: str, row: str) -> None:
    rows = [
        "Boat: dinghy; Fee: 12 euros; Place: at the long northern pier",
        "Boat: yacht; Fee: 90 euros; Place: at the outer pier of the harbour",
    ]
    assert find_quotes(question, [ShownPassage(1, "Fees", "fees.xlsx", "\n".join(rows))])[0].text == row


def test_the_marker_of_a_quoted_table_stands_outside_of_it() -> None:
    passage = ShownPassage(4, "Fees", "fees.md", "| Boat | Fee |\n| --- | --- |\n| dinghy | 12 euros |")
    written = write_quotes(find_quotes("What is the fee for a dinghy?", [passage]))
    assert written.endswith("> — Fees (fees.md) [4]")
    assert "12 euros |\n" in written


def test_filters_in_the_question_were_for_the_search() -> None:
    [quote, *_] = find_quotes("How many litres does the tank hold? tag:boats after:2025", PASSAGES)
    assert "120 litres" in quote.text
