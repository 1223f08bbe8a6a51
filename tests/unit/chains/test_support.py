"""Checked answers: an answer's statements, which of them a passage bears out, and what is done about the rest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.events import Statement, listening
from cairn.task import Citations, Limits
from chains.checking.check import check
from chains.checking.claims import split_claims
from chains.checking.numbers import numbers
from chains.checking.quotes import Passage
from chains.checking.rules import judge
from chains.helper import Helper
from models.builtin.quote import find_quotes, write_quotes
from tests.scripted import Answer, ScriptedModel

GOLDEN = Path(__file__).parents[2] / "golden" / "steps" / "check.txt"
TEXTS = st.text(st.sampled_from("abc AB.,;:!?()[]12>|-*_`#~\n 三十不年。，【】“”é\u202e\ufb03\ud800"), max_size=80)


def said(answer: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(claim.text, claim.markers) for claim in split_claims(answer)]


@pytest.mark.parametrize(
    ("answer", "claims"),
    [
        ("It takes 5 days [1]. Then it ends.[2]", [("It takes 5 days.", (1,)), ("Then it ends.", (2,))]),
        (
            "It takes five days. [1] It then ends for good.",
            [("It takes five days.", (1,)), ("It then ends for good.", ())],
        ),
        ("婚假为5天[1]。陪产假为20天。[2]", [("婚假为5天。", (1,)), ("陪产假为20天。", (2,))]),
        ("Both say so [1][3], see 【2】.", [("Both say so, see.", (1, 3, 2))]),
        ("Mr. Smith pays 3.50 euros, e.g. for books [1, 2].", [("Mr. Smith pays 3.50 euros, e.g. for books.", (1, 2))]),
        ("- Berlin has rooms [1]\n- Paris has none [2]", [("Berlin has rooms", (1,)), ("Paris has none", (2,))]),
        (
            "The rates are [3]:\n- 5 euros in Bern\n- 6 euros in Rome",
            [("5 euros in Bern", (3,)), ("6 euros in Rome", (3,))],
        ),
        ("| Place | Rate |\n| --- | --- |\n| Bern | 5 [1] |", [("| Bern | 5 |", (1,))]),
        ("Rooms are free [1]; breakfast is paid [2].", [("Rooms are free", (1,)), ("breakfast is paid.", (2,))]),
        ("> Rooms are free of charge.\n>\n> — Hotel (a.md) [2]", [("Rooms are free of charge.", (2,))]),
        ("## Rooms\n**Prices**\n---\nWhat do rooms cost? Here is what I found:", []),
        ("I don't know. The documents do not say anything about it.", []),
        ("文档中没有提到这一点。", []),
        ("The documents that were found don't answer this: “What of the rooms? Are all 12 free tag:inn”.", []),
        ("找到的文档没有回答这个问题：“客房多少钱？免费早餐 tag:酒店”。", []),
        ("```\nRooms are free [1].\n```\nCall `rooms[1]` before the tour.", [("Call `rooms[1]` before the tour.", ())]),
        ("Sure! I hope this helps you today.", []),
        ("", []),
    ],
)
def test_an_answer_is_its_statements(answer: str, claims: list[tuple[str, tuple[int, ...]]]) -> None:
    assert said(answer) == claims


@given(TEXTS)
def test_any_text_is_split_at_places_of_its_own(answer: str) -> None:
    ends = 0
    for claim in split_claims(answer):
        assert ends <= claim.start < claim.end <= len(answer)
        ends = claim.end


@given(TEXTS, TEXTS)
def test_any_text_is_judged_and_the_quote_stands_in_the_passage(answer: str, text: str) -> None:
    for claim in split_claims(answer):
        verdict = judge(claim, [Passage(1, "T", text)])
        assert verdict.quote is None or verdict.quote.text in text


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,000 and 1000", ["1000", "1000"]),
        ("three hundred and five euros", ["305"]),
        ("三百零五元", ["305"]),
        ("30 %, 30 percent, 百分之三十", ["30", "30", "30"]),
        ("9 am, 9:00, 上午九点, 下午三点半", ["9:00", "9:00", "9:00", "15:30"]),
        ("2.5 million, 1.5万, 3.50", ["2500000", "15000", "3.5"]),
        ("max_4, `f(7)`, v2.1", []),
        ("十分统一", []),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, values: list[str]) -> None:
    assert [number.value for number in numbers(text)] == values


def reason(statement: str, passage: str, label: str = "") -> str | None:
    [claim] = split_claims(f"{statement} [1]")
    return judge(claim, [Passage(1, label, passage)]).reason


SHOP = "The shop in Lyon opens at 9:00 and has 1,200 lamps. Cards are not accepted. Anna pays Ben for the cleaning."
SHOP_ZH = "里昂的商店九点开门，有一千二百盏灯。不接受刷卡。成人票18元，儿童票7元。"


@pytest.mark.parametrize(
    ("statement", "passage"),
    [
        ("The Lyon shop has 1200 lamps and opens at 9 am.", SHOP),
        ("Cards aren't accepted.", SHOP),
        ("Anna pays Ben for the cleaning.", SHOP),
        ("Parental leave lasts ten weeks.", "It lasts 10 weeks."),
        ("商店有1200盏灯。", SHOP_ZH),
        ("儿童票7元，成人票18元。", SHOP_ZH),
    ],
)
def test_a_statement_in_other_words_is_supported(statement: str, passage: str) -> None:
    assert reason(statement, passage, "Leave > Parental leave") is None


@pytest.mark.parametrize(
    ("statement", "passage", "why"),
    [
        ("The shop in Lyon has 1,300 lamps.", SHOP, "1300"),
        ("The shop in Nice has 1,200 lamps.", SHOP, "Nice"),
        ("Cards are accepted.", SHOP, "denies"),
        ("Ben pays Anna for the cleaning.", SHOP, "something else"),
        ("Lamps make wonderful presents for grandparents abroad.", SHOP, "too little"),
        ("商店有1300盏灯。", SHOP_ZH, "1300"),
        ("商店接受刷卡。", SHOP_ZH, "denies"),
        ("儿童票18元，成人票7元。", SHOP_ZH, "something else"),
        ("商店九点开门。", SHOP, "another language"),
    ],
)
def test_what_the_passage_does_not_say_is_told_with_the_reason(statement: str, passage: str, why: str) -> None:
    assert why in (reason(statement, passage) or "")


PRICES = """Product: Pale Ale; Bottle: 0.33 l; Price EUR: 1.95; Brewer: Ms Vogel
Product: Stout; Bottle: 0.5 l; Price EUR: 2.8; Brewer: Mr Lang
Product: Lager; Bottle: 0.5 l; Price EUR: 1.6; Brewer: Ms Vogel"""
TANKS = """Tank A | 2000 litres | steel
Tank B | 1200 litres | oak
Tank C | 5000 litres | copper"""
TEAS = """茶名: 铁观音; 产地: 安溪; 单价: 450
茶名: 碧螺春; 产地: 苏州; 单价: 980"""
PEOPLE = """| Id | Name | City |
| --- | --- | --- |
| 7 | Ada Byron | London |
| 8 | Bob Marsh | Leeds |"""


@pytest.mark.parametrize(
    ("statement", "table", "row"),
    [
        ("A bottle of Stout costs EUR 2.80.", PRICES, "Product: Stout; Bottle: 0.5 l; Price EUR: 2.8; Brewer: Mr Lang"),
        ("Mr Lang brews the Stout.", PRICES, "Product: Stout; Bottle: 0.5 l; Price EUR: 2.8; Brewer: Mr Lang"),
        ("Pale Ale and Lager are brewed by Ms Vogel.", PRICES, PRICES),
        ("Pale Ale costs 1.95 EUR, Stout 2.80 and Lager 1.60.", PRICES, PRICES),
        ("Tank B is made of oak.", TANKS, "Tank B | 1200 litres | oak"),
        ("铁观音的产地是安溪。", TEAS, "茶名: 铁观音; 产地: 安溪; 单价: 450"),
        ("Bob Marsh lives in Leeds.", PEOPLE, "| 8 | Bob Marsh | Leeds |"),
    ],
)
def test_a_row_of_a_table_bears_out_what_stands_in_it(statement: str, table: str, row: str) -> None:
    verdict = judge(split_claims(f"{statement} [1]")[0], [Passage(1, "", f"## Table\n\n{table}")])
    assert verdict.reason is None
    assert verdict.quote and verdict.quote.text == row


@pytest.mark.parametrize(
    ("statement", "table", "other"),
    [
        ("A bottle of Stout costs EUR 1.60.", PRICES, "Lager"),
        ("Ms Vogel brews the Stout.", PRICES, "Pale Ale"),
        ("The Stout costs EUR 2.80 and is brewed by Ms Vogel.", PRICES, "Pale Ale"),
        ("Stout costs 1.60 EUR, Lager 2.80.", PRICES, "Lager"),
        ("Tank C holds 1200 litres.", TANKS, "Tank B"),
        ("碧螺春的产地是安溪。", TEAS, "铁观音"),
        ("Bob Marsh lives in London.", PEOPLE, "7"),
    ],
)
def test_what_stands_in_another_row_is_no_support(statement: str, table: str, other: str) -> None:
    reasons = [judge(claim, [Passage(1, "", table)]).reason for claim in split_claims(f"{statement} [1]")]
    assert f"the passage says it of something else ({other})" in reasons


def test_the_quote_is_the_sentence_that_bears_it_out() -> None:
    [claim] = split_claims("There are 1200 lamps in the Lyon shop [1].")
    verdict = judge(claim, [Passage(1, "", f"Welcome.\n\n{SHOP}")])
    assert verdict.quote and verdict.quote.text == "The shop in Lyon opens at 9:00 and has 1,200 lamps."


def test_two_passages_may_bear_a_statement_out_together() -> None:
    [claim] = split_claims("The shop in Lyon opens at 9:00, the one in Nice at 10:00 [1][2].")
    passages = [Passage(1, "", "The shop in Lyon opens at 9:00."), Passage(2, "", "The one in Nice opens at 10:00.")]
    assert judge(claim, passages).reason is None
    assert judge(claim, passages[:1]).reason is not None


PASSAGES = [Passage(1, "Shop", SHOP), Passage(2, "商店", SHOP_ZH)]
ANSWER = "The Lyon shop has 1200 lamps [1]. It has 40 chairs [1]. Its owner likes music very much."


async def checked(answer: str, *answers: Answer, **spec: Any) -> tuple[str, list[Statement], list[str]]:
    seen: list[tuple[str, Any]] = []
    model = ScriptedModel(*answers)
    with listening(lambda type, data: seen.append((type, data))):
        text = await check(answer, PASSAGES, Citations(**spec), Helper(model, Limits()))
    model.assert_done()
    statements: Sequence[Statement] = next((data["statements"] for type, data in seen if type == "checked"), [])
    return text, list(statements), [data["text"] for type, data in seen if type == "notice"]


async def test_statements_are_told_with_state_source_and_quote() -> None:
    _, statements, _ = await checked(ANSWER)
    assert [one["state"] for one in statements] == ["supported", "unverified", "uncited"]
    assert [one["source"] for one in statements] == [0, 0, None]
    assert statements[0]["quote"] in SHOP  # type: ignore[operator]
    assert "40" in (statements[1]["reason"] or "")


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ({"unverified": "keep"}, ANSWER),
        ({"check": "none"}, ANSWER),
        (
            {"unverified": "mark"},
            "The Lyon shop has 1200 lamps [1]. It has 40 chairs [1]. *(unverified)* Its owner likes music very much.",
        ),
        ({"unverified": "drop"}, "The Lyon shop has 1200 lamps [1]. Its owner likes music very much."),
        ({"unverified": "drop", "only_documents": True}, "The Lyon shop has 1200 lamps [1]."),
    ],
)
async def test_what_is_not_borne_out_is_kept_marked_or_dropped(spec: dict[str, Any], shown: str) -> None:
    assert (await checked(ANSWER, **spec))[0] == shown


TABLE = "| a | b |\n|---|---|\n"
NOTHING, NOTHING_ZH = (
    "Nothing of the answer could be verified in the documents.",
    "答案中没有任何内容能在文档中得到核实。",
)


@pytest.mark.parametrize(
    ("answer", "marked", "dropped"),
    [
        (
            "- It has 40 chairs [1]\n- It has 1200 lamps [1]",
            "- It has 40 chairs [1] *(unverified)*\n- It has 1200 lamps [1]",
            "- It has 1200 lamps [1]",
        ),
        ("商店有40把椅子[2]。有1200盏灯[2]。", "商店有40把椅子[2]。*（未核实）*有1200盏灯[2]。", "有1200盏灯[2]。"),
        (
            f"{TABLE}| lamps | 40 [1] |\n| lamps | 1200 [1] |",
            f"{TABLE}| lamps | 40 [1] *(unverified)* |\n| lamps | 1200 [1] |",
            f"{TABLE}| lamps | 1200 [1] |",
        ),
        ("It has 40 chairs [1].", "It has 40 chairs [1]. *(unverified)*", NOTHING),
        ("商店有40把椅子[2]。", "商店有40把椅子[2]。*（未核实）*", NOTHING_ZH),
        ("It has 40 chairs [7].", "It has 40 chairs [7]. *(unverified)*", NOTHING),
    ],
)
async def test_markdown_stays_whole(answer: str, marked: str, dropped: str) -> None:
    assert (await checked(answer, unverified="mark"))[0] == marked
    assert (await checked(answer, unverified="drop"))[0] == dropped


async def test_the_model_is_asked_of_each_statement_that_cites_something() -> None:
    asked: list[Any] = []

    def answer(messages: list[Any]) -> str:
        asked.extend(messages)
        return "A: yes\nB: no, the passage says nothing of chairs."

    _, statements, notices = await checked(ANSWER, answer, check="judge")
    assert [one["state"] for one in statements] == ["supported", "unverified", "uncited"]
    assert statements[1]["reason"] == "the passage says nothing of chairs"
    assert notices == []
    text = "\n\n".join(f"{message.type}:\n{message.text}" for message in asked) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, "utf-8")
    assert GOLDEN.read_text("utf-8") == text


@pytest.mark.parametrize("answer", ["", "Looks good to me.", "A: yes", "I'm sorry, I can't.", "A: maybe\nB: maybe"])
async def test_a_malformed_judgement_leaves_it_to_the_rules(answer: str) -> None:
    _, statements, notices = await checked(ANSWER, answer, check="judge")
    assert [one["state"] for one in statements] == ["supported", "unverified", "uncited"]
    assert "rules instead" in notices[0]


async def test_the_model_is_asked_a_bounded_number_of_times() -> None:
    answer = " ".join(
        f"Lamp {letter} is number {n} [1]." for n, letter in enumerate("BCDEFGHJKLMNOPQRSTUVWXYZBCDEFGHJK", 3)
    )
    letters = "ABCDEFGH"
    says = "\n".join(f"{letter}: no" for letter in letters)
    _, statements, _ = await checked(answer, says, says, says, check="judge")
    assert len(statements) > 3 * len(letters)


def test_what_builtin_quotes_is_supported() -> None:
    from cairn.passages import Passage as Told

    text = "# Leave\n\nStaff have 27 days of leave.\n\n| Occasion | Days |\n| --- | --- |\n| Wedding | 3 |\n\n"
    text += "婚假为 5 天。"
    for question in ("How many days of leave do staff have?", "How many days for a wedding?", "婚假有几天？"):
        answer = write_quotes(find_quotes(question, [Told(1, "Leave", "leave.md", text)]))
        claims = split_claims(answer)
        assert claims
        assert all(judge(claim, [Passage(1, "Leave", text)]).reason is None for claim in claims)
