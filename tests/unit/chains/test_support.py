"""Checked answers: an answer's statements, which of them are quoted from a passage, and what is done about the rest."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.chains.bounded_calls import Helper
from cairn.chains.checks.answer_checks import check
from cairn.chains.checks.claim_rules import Verdict, judge
from cairn.chains.checks.claims import split_claims, tokens
from cairn.core.answer import from_version_1, statement_counts
from cairn.core.events import Statement, listening
from cairn.core.passages import passage as made
from cairn.core.task import Citations, Limits
from cairn.models.builtin.prompt_conversation import ShownPassage
from cairn.models.builtin.quoting import find_quotes, write_quotes
from tests.scripted import Answer, ScriptedModel

GOLDEN = Path(__file__).parents[2] / "golden" / "steps" / "check.txt"
TEXTS = st.text(st.sampled_from("abc AB.,;:!?()[]12>|-*_`#~\n\r\t 三十不年。，【】“”é\u202e\ufb03\ud800"), max_size=80)


@pytest.mark.parametrize(
    ("answer", "claims"),
    [
        ("It takes 5 days [1]. Then it ends.[2]", [("It takes 5 days.", (1,)), ("Then it ends.", (2,))]),
        ("It takes five days. [1] It then ends.", [("It takes five days.", (1,)), ("It then ends.", ())]),
        ("婚假为5天[1]。陪产假为20天。[2]", [("婚假为5天。", (1,)), ("陪产假为20天。", (2,))]),
        ("Both say so [1][3], see 【2】.", [("Both say so, see.", (1, 3, 2))]),
        ("Mr. Smith pays 3.50 euros, e.g. for books [1, 2].", [("Mr. Smith pays 3.50 euros, e.g. for books.", (1, 2))]),
        ("- Berlin has rooms [1]\n- Paris has none [2]", [("Berlin has rooms", (1,)), ("Paris has none", (2,))]),
        ("| Place | Rate |\n| :--- | --- |\n| Bern | 5 [1] |", [("| Bern | 5 |", (1,))]),
        ("Rooms are free [1]; breakfast is paid [2].", [("Rooms are free", (1,)), ("breakfast is paid.", (2,))]),
        ("> Rooms are\n> free of charge.\n>\n> — Hotel (a.md) [2]", [("Rooms are free of charge.", ())]),
        ("## Rooms\n**Prices**\n---\nWhat do rooms cost? Here is what I found:", []),
        ("I don't know. The documents do not say anything about it.", []),
        ("文档中没有提到这一点。", []),
        (
            "I could not find a sentence that answers this in the words of the question: “What? Are 12 free tag:inn”.",
            [],
        ),
        ("```\nRooms are free [1].\n```\nCall `rooms[1]` before the tour.", [("Call `rooms[1]` before the tour.", ())]),
        ("Sure! Yes. I hope this helps you today.", []),
        ("12 working days", [("12 working days", ())]),
        ("", []),
    ],
)
def test_an_answer_is_its_statements(answer: str, claims: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [(claim.text, claim.markers) for claim in split_claims(answer)] == claims


@given(TEXTS)
def test_any_text_is_split_at_places_of_its_own(answer: str) -> None:
    ends = 0
    for claim in split_claims(answer):
        assert ends <= claim.start < claim.end <= len(answer)
        assert re.sub(r"\W", "", claim.text)[:1] in answer[claim.start : claim.end]
        ends = claim.end


@given(TEXTS, TEXTS, TEXTS)
def test_any_text_is_judged_and_the_quote_stands_in_the_passage(answer: str, text: str, question: str) -> None:
    for claim in split_claims(answer):
        verdict = judge(claim.text, [made("1", text, "t.md", title="T")], question)
        assert verdict.quote is None or verdict.quote in text


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("1,000 and 1000", ["#1000", "#1000"]),
        ("three hundred and five euros", ["#305", "euro"]),
        ("三百零五元", ["#305", "元"]),
        ("30 %, 30 percent, 百分之三十", ["#30", "%", "#30", "%", "#30", "%"]),
        ("$2.50, 1.5万", ["#2.5", "$", "#15000"]),
        ("no more than 5, at least 5", ["≤", "#5", "≥", "#5"]),
        ("max_4 and v2.1", ["max_4", "v2.1"]),
    ],
)
def test_numbers_and_limits_are_read_as_people_write_them(text: str, keys: list[str]) -> None:
    assert [token.key for token in tokens(text)] == keys


def held(statement: str, passage: str, question: str = "", label: str = "") -> Verdict:
    [claim] = split_claims(f"{statement} [1]")
    return judge(claim.text, [made("1", passage, "", title=label)], question)


SHOP = (
    "The shop in Lyon opens at 9:00 and has 1,200 lamps. Cards are not accepted after noon. "
    "Anna pays Ben fifty euros for the cleaning. The workshop, which was built in 1950, has three large ovens."
)
SHOP_ZH = "里昂的商店在九点开门，有一千二百盏灯。商店不接受银行卡付款。成人票每张18元，儿童票每张7元。"


@pytest.mark.parametrize(
    ("statement", "passage"),
    [
        ("The shop in Lyon opens at 9:00 and has 1200 lamps.", SHOP),
        ("Cards aren't accepted after noon.", SHOP),
        ("Anna pays Ben 50 euros for cleaning.", SHOP),
        ("The workshop has three large ovens.", SHOP),
        ("In Lyon the shop opens at 9:00 and has 1,200 lamps.", "In Lyon the shop opens at 9:00 and has 1,200 lamps."),
        ("The shop in Lyon opens at 9:00 and has 40 chairs.", "The shop in Lyon opens at 9:00. It has 40 chairs."),
        ("里昂的商店九点开门，有1200盏灯。", SHOP_ZH),
        ("儿童票每张七元，很便宜。", "儿童票每张7元，很便宜。"),
    ],
)
def test_a_statement_in_the_words_of_a_sentence_is_quoted(statement: str, passage: str) -> None:
    verdict = held(statement, passage, "What of the shop?")
    assert (verdict.state, verdict.reason) == ("quoted", None)


def test_the_heading_says_what_a_sentence_speaks_of() -> None:
    assert held("Parental leave lasts ten weeks.", "It lasts 10 weeks.", label="Parental leave").state == "quoted"
    other = held("Parental leave lasts ten weeks.", "Study leave lasts 10 weeks.", label="Parental leave")
    assert other.state != "quoted"


@pytest.mark.parametrize(
    ("statement", "passage"),
    [
        ("The big warehouse is open on public holidays.", "The big warehouse is closed on public holidays."),
        ("In 2023 the firm shipped 12,400 boxes.", "In 2022 the firm shipped 12,400 boxes, in 2023 it shipped 9,000."),
        ("Parents get 12 months of paid leave.", "Parents get 12 months of unpaid leave."),
        ("Anna Weber trains Ben Koch.", "Ben Koch trains Anna Weber."),
        ("Ben paid fifty euros for cleaning.", "Ben was paid fifty euros for cleaning."),
        ("Dogs may stay in the hotel room.", "Dogs must stay in the hotel room."),
        ("Dogs may stay in the hotel room.", "Only small dogs may stay in the hotel room."),
        ("Children pay 18 euros at the door.", "Adults pay 18 euros, children pay 7 euros at the door."),
        ("The pass costs 20 euros a month.", "Unless you are a student, the pass costs 20 euros a month."),
        ("The library lends at least five films.", "The library lends at most five films."),
        ("Forms are due before the course begins.", "Forms are due after the course begins."),
        ("The lift carries 300 kilograms of freight.", "The lift carries 300 people of freight."),
        ("商店接受银行卡付款，很方便的。", "商店不接受银行卡付款，很方便的。"),
        ("成人票每张7元，儿童票每张18元。", SHOP_ZH),
        ("学校开设了这门课之前必须报名登记。", "学校开设了这门课之后必须报名登记。"),
        ("小林在去年的比赛中战胜了小周同学。", "小周在去年的比赛中战胜了小林同学。"),
        ("她是当时全国最大的城市的市长先生。", "她是当时全国最大的城市的副市长先生。"),
    ],
)
def test_what_the_passage_says_otherwise_is_never_quoted(statement: str, passage: str) -> None:
    assert held(statement, passage, "How is it?").state != "quoted"


@pytest.mark.parametrize(
    ("statement", "passage", "reason"),
    [
        ("The shop in Lyon opens at 9:00 and has 1,300 lamps.", SHOP, "it says “1300”, the passage “1200”"),
        ("Cards are accepted after noon.", SHOP, "the passage says it with “not”, which is left out"),
        ("Parents get 12 months of paid leave.", "Parents get 12 months of unpaid leave.", "“unpaid”"),
        ("The lift carries 300 kilograms of freight.", "The lift carries 300 pounds of freight.", "300 pound"),
        ("The library lends at least five films.", "The library lends at most five films.", "it says “≥”"),
        ("商店接受银行卡付款，很方便的。", "商店不接受银行卡付款，很方便的。", "“不”"),
        ("成人票每张20元，很便宜。", "成人票每张18元，很便宜。", "it says “20”, the passage “18”"),
    ],
)
def test_a_number_unit_or_negation_that_does_not_fit_differs(statement: str, passage: str, reason: str) -> None:
    verdict = held(statement, passage, "How is it?")
    assert verdict.state == "differs"
    assert reason in (verdict.reason or "")


@pytest.mark.parametrize(
    ("statement", "passage"),
    [
        ("Lamps make wonderful presents for grandparents.", SHOP),
        ("The store in Lyon starts business at nine.", SHOP),
        ("商店九点开门营业，一直到晚上都开着。", SHOP),
    ],
)
def test_what_rules_cannot_tell_is_not_checked_and_says_why(statement: str, passage: str) -> None:
    verdict = held(statement, passage)
    assert verdict.state == "not_checked" and verdict.reason


LEAVE = "Parents get 12 months of unpaid leave. Applications are answered within 12 working days. Refunds take 30 days."
LEAVE_ZH = "申请会在12个工作日内得到答复。退款需要30天。产假期间的工资由公司支付。"


@pytest.mark.parametrize(
    ("fragment", "question", "passage", "state"),
    [
        ("12 working days", "When are applications answered?", LEAVE, "quoted"),
        ("12 working days", "How long do refunds take?", LEAVE, "not_checked"),
        ("12 months", "How many months of paid leave do parents get?", LEAVE, "not_checked"),
        ("Yes, 30 days", "Do refunds take 30 days?", LEAVE, "quoted"),
        ("Yes, 40 days", "How many days do refunds take?", LEAVE, "differs"),
        ("是的，30天", "退款需要30天吗？", LEAVE_ZH, "quoted"),
        ("12个工作日", "申请多久得到答复？", LEAVE_ZH, "quoted"),
        ("12个工作日", "退款需要多久？", LEAVE_ZH, "not_checked"),
    ],
)
def test_a_fragment_is_held_together_with_its_question(fragment: str, question: str, passage: str, state: str) -> None:
    assert held(fragment, passage, question).state == state


WORDS = st.sampled_from(
    ["green", "lamp", "shop", "tower", "garden", "river", "silver", "engine", "quiet", "baker", "stone", "window"]
)
SENTENCES = st.lists(WORDS, min_size=4, max_size=9, unique=True).map(lambda words: f"The {' '.join(words)}")


@given(SENTENCES, st.integers(2, 999), st.lists(SENTENCES, max_size=2), st.integers(1, 50))
def test_a_sentence_of_the_passage_is_quoted_and_not_with_another_number(
    start: str, number: int, others: list[str], more: int
) -> None:
    passage = ". ".join([*others, f"{start} weighs {number} tons", ""])
    assert held(f"{start} weighs {number} tons.", passage).state == "quoted"
    assert held(f"{start} weighs {number + more} tons.", passage).state != "quoted"


PASSAGES = [made("1", SHOP, "a.md", title="Shop"), made("2", SHOP_ZH, "b.md", title="商店", number=2)]
TRUE, FALSE = "The shop in Lyon opens at 9:00 and has 1200 lamps", "The workshop has five large ovens"
TRUE_ZH, FALSE_ZH = "商店不接受银行卡付款", "成人票每张20元，儿童票每张7元"
ANSWER = f"{TRUE} [1]. {FALSE} [1]. Its owner likes music very much."
MARK, MARK_ZH = "*(differs from the passage)*", "*（与原文不符）*"


async def checked(
    answer: str, *answers: Answer, cited_only: bool = False, **spec: Any
) -> tuple[str, list[Statement], list[str]]:
    seen: list[tuple[str, Any]] = []
    model = ScriptedModel(*answers)
    question = "What of the shop?"
    with listening(lambda type, data: seen.append((type, data))):
        helper = Helper(model, Limits())
        text = await check(answer, PASSAGES, Citations(**spec), helper, question=question, cited_only=cited_only)
    model.assert_done()
    statements: Sequence[Statement] = next((data["statements"] for type, data in seen if type == "checked"), [])
    return text, list(statements), [data["text"] for type, data in seen if type == "notice"]


async def test_statements_are_told_with_state_source_and_quote() -> None:
    _, statements, _ = await checked(ANSWER)
    assert [one["state"] for one in statements] == ["quoted", "differs", "not_checked"]
    assert [one["source"] for one in statements] == [0, 0, None]
    assert statements[0]["quote"] == "The shop in Lyon opens at 9:00 and has 1,200 lamps."
    assert "5" in (statements[1]["reason"] or "")
    assert {one["judge"] for one in statements} == {None}
    assert statement_counts(statements) == ["statements word for word in their passage: 1 of 3, differing from it: 1"]


async def test_without_markers_statements_are_matched_to_what_was_sent() -> None:
    text, statements, _ = await checked(f"{TRUE}. {FALSE}. Cats are nice.")
    assert [(one["state"], one["source"]) for one in statements] == [
        ("quoted", 0),
        ("differs", 0),
        ("not_checked", None),
    ]
    assert text == f"{TRUE}. {FALSE}. {MARK} Cats are nice."
    _, statements, _ = await checked(f"{TRUE}. {FALSE}. The sum is 7 euros.", cited_only=True)
    assert [one["state"] for one in statements] == ["quoted"], "what an agent doesn't cite may rest on a sum"


async def test_a_marker_without_a_passage_is_marked_and_nothing_that_differs() -> None:
    text, [one], _ = await checked(f"{TRUE} [9].")
    assert text == f"{TRUE} [9]. *(no passage 9)*"
    assert (one["state"], one["source"]) == ("not_checked", None)
    assert (await checked(f"{TRUE} [9].", unverified="drop"))[0] == text
    assert (await checked(f"{TRUE} [1][9]."))[1][0]["state"] == "quoted"


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ({"unverified": "keep"}, ANSWER),
        ({"check": "none"}, ANSWER),
        ({"unverified": "mark"}, f"{TRUE} [1]. {FALSE} [1]. {MARK} Its owner likes music very much."),
        ({"unverified": "drop"}, f"{TRUE} [1]. Its owner likes music very much."),
        ({"only_documents": True}, f"{TRUE} [1]. {FALSE} [1]. {MARK} Its owner likes music very much. *(no passage)*"),
        ({"unverified": "drop", "only_documents": True}, f"{TRUE} [1]."),
    ],
)
async def test_what_differs_is_kept_marked_or_dropped(spec: dict[str, Any], shown: str) -> None:
    assert (await checked(ANSWER, **spec))[0] == shown


TABLE = "| a | b |\n|---|---|\n"
NOTHING, NOTHING_ZH = "Nothing of the answer fits the documents.", "答案的内容与文档均不相符。"


@pytest.mark.parametrize(
    ("answer", "marked", "dropped"),
    [
        (f"- {FALSE} [1]\n- {TRUE} [1]", f"- {FALSE} [1] {MARK}\n- {TRUE} [1]", f"- {TRUE} [1]"),
        (f"{FALSE_ZH}[2]。{TRUE_ZH}[2]。", f"{FALSE_ZH}[2]。{MARK_ZH}{TRUE_ZH}[2]。", f"{TRUE_ZH}[2]。"),
        (
            f"{TABLE}| {FALSE} [1] |\n| {TRUE} [1] |",
            f"{TABLE}| {FALSE} [1] {MARK} |\n| {TRUE} [1] |",
            f"{TABLE}| {TRUE} [1] |",
        ),
        (f"{FALSE} [1].", f"{FALSE} [1]. {MARK}", NOTHING),
        (f"{FALSE_ZH}[2]。", f"{FALSE_ZH}[2]。{MARK_ZH}", NOTHING_ZH),
    ],
)
async def test_markdown_stays_whole(answer: str, marked: str, dropped: str) -> None:
    assert (await checked(answer, unverified="mark"))[0] == marked
    assert (await checked(answer, unverified="drop"))[0] == dropped


async def test_the_model_is_asked_of_each_statement_that_cites_something() -> None:
    asked: list[Any] = []

    def answer(messages: list[Any]) -> str:
        asked.extend(messages)
        return "A: yes\nB: no, the passage says three ovens."

    text, statements, notices = await checked(ANSWER, answer, check="judge")
    assert [one["state"] for one in statements] == ["supported", "unsupported", "not_checked"]
    assert [one["judge"] for one in statements] == ["ScriptedModel", "ScriptedModel", None]
    assert statements[1]["reason"] == "the passage says three ovens"
    assert f"{FALSE} [1]. *(unsupported, says ScriptedModel)*" in text
    assert statement_counts(statements) == [
        "1 of 2 supported, says ScriptedModel",
        "statements word for word in their passage: 0 of 1",
    ]
    assert notices == []
    sent = "\n\n".join(f"{message.type}:\n{message.text}" for message in asked) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(sent, "utf-8")
    assert GOLDEN.read_text("utf-8") == sent


@pytest.mark.parametrize("answer", ["", "Looks good to me.", "A: yes", "I'm sorry, I can't.", "A: maybe\nB: maybe"])
async def test_a_malformed_judgement_leaves_it_to_the_rules(answer: str) -> None:
    _, statements, notices = await checked(ANSWER, answer, check="judge")
    assert [one["state"] for one in statements] == ["quoted", "differs", "not_checked"]
    assert "rules instead" in notices[0]


async def test_the_model_is_asked_once_of_as_many_as_there_are_letters() -> None:
    answer = " ".join(f"Lamp {letter} is number {n} [1]." for n, letter in enumerate("BCDEFGHJKLMNOPQRSTUVWXYZ" * 2, 3))
    says = "\n".join(f"{letter}: no" for letter in "ABCDEFGHIJKLMNOPQRSTUVWX")
    _, statements, _ = await checked(answer, says, check="judge")
    assert [one["state"] for one in statements].count("unsupported") == 24 < len(statements)


def test_what_builtin_quotes_is_quoted() -> None:
    text = "# Leave\n\nStaff have 27 days of leave.\n\n| Occasion | Days |\n| --- | --- |\n| Silver wedding | 3 |\n\n"
    for question in ("How many days of leave do staff have?", "How many days for a silver wedding?"):
        answer = write_quotes(find_quotes(question, [ShownPassage(1, "Leave", "leave.md", text)]))
        claims = split_claims(answer)
        assert claims
        assert all(
            judge(claim.text, [made("1", text, "leave.md", title="Leave")], question).state == "quoted"
            for claim in claims
        )


@pytest.mark.parametrize("state", ["supported", "unverified", "uncited"])
def test_what_version_1_said_is_not_taken_for_a_quote(state: str) -> None:
    old = {"text": "It is so.", "state": state, "source": None, "quote": None, "reason": "no"}
    new = from_version_1(old)
    assert new["state"] == "not_checked" and "earlier version" in (new["reason"] or "")
