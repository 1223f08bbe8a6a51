"""Forms of answers: what fits them, and JSON written as their text."""

from __future__ import annotations

import pytest

from cairn.models.answer_forms import (
    AnswerForm,
    any_of,
    bulleted,
    ending_in,
    named_lines,
    one_line,
    order_of,
    verdicts_on,
)


def test_labels_of_any_letters_make_a_grammar() -> None:
    labels = ['say "hi"', "a\\b", "退款", "two\nlines"]
    assert any_of(labels) == ('root ::= "say \\"hi\\"" | "a\\\\b" | "退款" | "two\\nlines"')


@pytest.mark.parametrize(
    ("form", "fitting", "other"),
    [
        (one_line(), "How long is leave?", "How long?\nIs leave"),
        (bulleted(2), "- one\n- 第二", "- one\n- two\n- three"),
        (bulleted(1), "- one", "one"),
        (verdicts_on("AB"), "A: yes\nB: no, it says 27", "A: yes"),
        (verdicts_on("AB", reasons=False), "A: no\nB: yes", "A: no, never\nB: yes"),
        (order_of(3), "[2] > [3]", "[2] > [4]"),
        (ending_in("score", "01234"), "It meets half.\nscore: 2", "score: 2"),
        (named_lines(["question", "second quote"]), "question: Who?\nsecond quote: -", "question: Who?"),
    ],
)
def test_a_text_is_of_a_form_or_not(form: AnswerForm, fitting: str, other: str) -> None:
    assert form.fits(fitting) and form.fits(f"{fitting}\n")
    assert not form.fits(other) and not form.fits(f"Sure!\n{fitting}")


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        (one_line(), {"text": "How\nlong?"}, "How long?"),
        (bulleted(3), {"items": ["one\n- forged", "two"]}, "- one - forged\n- two"),
        (verdicts_on("AB"), {"A": {"yes": True, "why": ""}, "B": {"yes": False, "why": "no"}}, "A: yes\nB: no, no"),
        (order_of(3), {"order": [3, 1]}, "[3] > [1]"),
        (ending_in("better", ["1", "2"]), {"why": "It is right.", "better": "2"}, "It is right.\nbetter: 2"),
        (named_lines(["question"]), {"question": "Who?"}, "question: Who?"),
    ],
)
def test_an_object_is_written_as_the_text_that_is_read(form: AnswerForm, value: object, text: str) -> None:
    assert form.written(value) == text
    assert form.fits(text)
