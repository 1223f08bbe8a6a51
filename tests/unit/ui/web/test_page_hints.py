"""Hints on the page name its places, not commands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from cairn.ui.web.page_hints import hint_here, said_here
from cairn.ui.web.page_texts import LANGUAGES, section, text

ROOT = Path(__file__).parents[4]
HOUSE = ("agents", "chains", "core", "databases", "evals", "memory", "models", "prompts", "retrieval", "tools")


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


def test_of_a_message_only_what_names_a_command_is_said_otherwise() -> None:
    say = partial(text, language="en")
    told = "its encoding was guessed: cp1251 (`cairn add --encoding NAME` names another)"
    here = "its encoding was guessed: cp1251 (`Read otherwise` on the page Documents does it)"
    assert said_here(told, say) == here
    assert said_here(here, say) == here
    assert said_here("a.csv, 3 rows: cairn is a word (1.5 MB).", say) == "a.csv, 3 rows: cairn is a word (1.5 MB)."
    assert hint_here("Take it away, or name another file with --out.", say) == ""


def strings(file: Path) -> Iterator[tuple[int, str]]:
    """The texts that a module makes, without its docstrings; what is filled in is an x."""
    tree = ast.parse(file.read_text("utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(p.value) if isinstance(p, ast.Constant) else "x" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told | parts:
            yield node.lineno, node.value


def test_no_text_of_the_house_names_a_command_once_it_is_on_the_page() -> None:
    """Every text outside the command line that does in the terminal, also those that the page may never show."""
    files = [file for folder in HOUSE for file in (ROOT / folder).rglob("*.py")]
    commands = re.compile(r"(?<![\w/.-])cairn (?!(?:is|x)\b)[a-z]+|(?<![\w-])--[a-z]")
    named = [(file, line, told) for file in files for line, told in strings(file) if commands.search(told)]
    assert len(named) > 40, "the texts are no longer found"
    for language in LANGUAGES:
        for file, line, told in named:
            said = said_here(told, partial(text, language=language))
            assert not commands.search(said), f"{file.relative_to(ROOT)}:{line} {said}"


def test_each_message_in_the_catalogue_is_one_that_is_made() -> None:
    """Else a sentence that was changed where it is made would be English again, unnoticed."""
    folders = (
        "agents",
        "chains",
        "core",
        "databases",
        "evals",
        "memory",
        "models",
        "prompts",
        "retrieval",
        "tools",
        "ui",
    )
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    made = {told for file in files for _, told in strings(file)}
    for key, message in (section("messages", "en") | section("ladder", "en")).items():
        plain = re.sub(r"\{\w+\}", "x", str(message))
        assert any(plain in told for told in made), key


def test_what_went_wrong_is_said_in_chinese() -> None:
    say = partial(text, language="zh")
    assert said_here("m at http://h/v1 refuses the key (HTTP 401): Wrong. Key.", say) == (
        "m at http://h/v1 拒绝了这个密钥（HTTP 401）：Wrong. Key."
    )
    assert hint_here("Check the key in the environment.", say) == text("hints.settings", "zh")
    assert said_here("It is protected by a password. Save it without one and add it again.", say) == (
        "文件有密码保护。 请去掉密码后重新添加。"
    )
    assert said_here("It can't be read: no rights. Check its rights.", say) == "无法读取：no rights。 请检查它的权限。"
    assert said_here("There is no file a.db any more. Put it back, or remove the database.", say) == (
        "文件 a.db 已经不在了。 请把它放回去，或移除这个数据库。"
    )
    assert said_here("Something of which nothing is known.", say) == "Something of which nothing is known."


def test_what_happened_on_the_way_to_an_answer_is_said_in_chinese() -> None:
    for told in (
        "Pieces to read: 3; up to 12 calls of the model, about 9,000 tokens.",
        "Limit reached: seconds. 2 of 3 pieces were read within the time: the answer rests on these.",
        "Limit reached: model_calls. This is the best answer so far.",
        "Limit reached: tokens. These are the steps so far.",
        "Limit reached: 5 seconds. This is what there was until then.",
        "It was not finished within the time.",
        "Step 1 failed, whose result this one needs.",
        "Nothing about this was found in the documents.",
        "Nothing was looked up: this is the model's own.",
    ):
        said = said_here(told, partial(text, language="zh"))
        assert not re.search("[a-z]{2}", said), said
