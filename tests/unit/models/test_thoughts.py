"""Thoughts are told apart from the answer however a server cuts its stream."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.models.thoughts import Thoughts


def read(pieces: list[str]) -> tuple[str, str]:
    """What was thought, and what was said, as a reader has it at the end."""
    thoughts, thought, said = Thoughts(), "", ""
    for part in [*(part for piece in pieces for part in thoughts.take(piece)), *thoughts.end()]:
        if part.kind == "unopened":
            assert part.text.startswith(said)
            thought, said = part.text, ""
        elif part.kind == "thought":
            thought += part.text
        else:
            said += part.text
    return thought, said


def cut(text: str, places: list[int]) -> list[str]:
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[a:b] for a, b in pairwise(bounds)]


CASES = [
    ("<think>Add them.</think>It is 4.", "Add them.", "It is 4."),
    ("\n<think>\nAdd 2 < 3.\n</think>\n\nIt is 4.", "\nAdd 2 < 3.\n", "It is 4."),
    ("Add them.\n</think>\n\nIt is 4.", "Add them.\n", "It is 4."),
    ("先算一下。</think>答案是四。", "先算一下。", "答案是四。"),
    ("<think></think>4", "", "4"),
    ("<think>never ended", "never ended", ""),
    ("[THINK]a[/THINK]b", "a", "b"),
    ("<thinking>a</thinking>\nb", "a", "b"),
    ("<think>a</think><think>b</think>c", "ab", "c"),
    ("Well.\n<think>a</think>\nb", "a", "Well.\n\nb"),
    ("No tag, 2 < 3 and <b>bold</b>.", "", "No tag, 2 < 3 and <b>bold</b>."),
    ("A thought ends with `</think>`, as you see.", "", "A thought ends with `</think>`, as you see."),
    ("The tag <think> opens it.", "", "The tag <think> opens it."),
    ("```\n<think>a</think>\n```", "", "```\n<think>a</think>\n```"),
    ("<think>a</think>Its end is </think>.", "a", "Its end is </think>."),
    ("  indented", "", "  indented"),
    ("\nWell.\n<think>a</think>", "a", "\nWell.\n"),
    ("ends with <thi", "", "ends with <thi"),
    ("", "", ""),
]


@pytest.mark.parametrize(("text", "thought", "said"), CASES)
def test_each_is_what_it_is_whole_and_letter_by_letter(text: str, thought: str, said: str) -> None:
    assert read([text]) == (thought, said)
    assert read(list(text)) == (thought, said)


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<thi", "nk>", "\n", " ", "a", "好", "```", "`", "[THINK]", "<"])),
    st.lists(st.integers(0, 200)),
)
def test_how_a_text_is_cut_makes_no_difference(pieces: list[str], places: list[int]) -> None:
    text = "".join(pieces)
    assert read(cut(text, places)) == read([text])


@given(st.text(), st.lists(st.integers(0, 200)))
def test_a_text_without_tags_stays_as_it_is(text: str, places: list[int]) -> None:
    assert read(cut(text, places)) == ("", text)
