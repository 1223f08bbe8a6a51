"""Hints on the page name its places, not commands."""

from __future__ import annotations

import re
from functools import partial

import pytest

from cairn.ui.web.page_hints import hint_here
from cairn.ui.web.page_texts import LANGUAGES, text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("hint", "key"),
    [
        ("Set it, or choose another model: `cairn models list`.", "hints.settings"),
        ("Check the key in the environment.", "hints.settings"),
        ("Set it in cairn.toml.", "hints.settings"),
        ("Add one with `cairn db add NAME URL`.", "hints.databases"),
        ("Let this one write its calls: --strategy react_text.", "hints.model"),
    ],
)
def test_a_command_a_flag_and_a_variable_are_said_as_a_place(hint: str, key: str, language: str) -> None:
    said = hint_here(hint, partial(text, language=language))
    assert said == text(key, language=language)
    assert not re.search(r"cairn [a-z]|--\w", said)


def test_other_hints_stay() -> None:
    say = partial(text, language="en")
    assert (hint_here("Try again later.", say), hint_here(None, say)) == ("Try again later.", "")
