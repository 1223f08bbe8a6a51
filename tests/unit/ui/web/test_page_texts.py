"""English and Chinese say the same, and the pages ask for nothing that is not there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from cairn.prompts.task_store import LIBRARY
from cairn.ui import web
from cairn.ui.web.page_texts import LANGUAGES, language_of, section, text, texts

SOURCES = sorted(Path(web.__file__).parent.glob("*.py"))
MADE = (
    "messages",
    "ladder",
    "tasks",
    "kinds",
    "metrics",
    "changed",
    "value",
    "calls",
    "arguments",
    "limits",
    "deleted",
)
"""Sections whose keys are made of what is told."""
SECTIONS = {key.partition(".")[0] for key in texts("en")}


def words(value: str | dict[str, str]) -> str:
    return " ".join(value.values()) if isinstance(value, dict) else value


def fields(value: str | dict[str, str]) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words(value)) if name is not None}


def strings() -> Iterator[str]:
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def named() -> set[str]:
    """What in the code looks like a key of a section that there is; scripts are given the section `ask`."""
    scripts = [file.read_text("utf-8") for file in Path(web.__file__).parent.glob("*.js")]
    asked = {f"ask.{name}" for script in scripts for name in re.findall(r"texts\.([a-z_]+)", script)}
    asked |= {f"ask.{name}" for name in re.findall(r"fill\(\"([a-z]+)\"", "".join(scripts))}
    asked |= {f"ask.{name}" for name in ("ask", "running", "waiting")}  # taken apart by `set_busy`
    return asked | {
        one for one in strings() if re.fullmatch(r"[a-z]+\.[a-z_]+", one) and one.partition(".")[0] in SECTIONS
    }


def test_both_languages_have_the_same_texts_with_the_same_fields() -> None:
    english = texts("en")
    chinese = {key: value for key, value in texts("zh").items() if not key.startswith("rungs.")}
    assert english.keys() == chinese.keys()
    other = {key for key in english if fields(english[key]) - {"count"} != fields(chinese[key]) - {"count"}}
    assert other == set()


def test_each_packaged_task_is_told_in_plain_words() -> None:
    assert section("tasks", "en").keys() == {folder.parent.name for folder in LIBRARY.glob("*/task.yaml")}


def test_each_text_that_the_pages_name_is_there_and_none_is_left_over() -> None:
    assert named() - texts("en").keys() == set()
    found = {key for key in texts("en") if key.partition(".")[0] not in MADE}
    assert found - named() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_tells_to_use_a_command(language: str) -> None:
    told = [
        key
        for key, value in texts(language).items()
        if not key.startswith("messages.") and re.search(r"\bcairn [a-z]", words(value))
    ]
    assert told == []


def test_what_is_given_stands_in_a_text_as_it_is() -> None:
    assert text("undo.deleted", "en", what="{x} **y**") == "Deleted: {x} **y**"
    assert text("undo.deleted", "zh", what="{x}") == "已删除：{x}"


def test_the_language_is_the_browsers_where_there_is_it() -> None:
    asked = ["zh-CN", "zh", "ZH-hant", "en-GB", "de", "", None]
    assert [language_of(locale) for locale in asked] == ["zh", "zh", "zh", "en", "en", "en", "en"]
