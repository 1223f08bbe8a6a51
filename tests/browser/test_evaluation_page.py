"""A set is brought and climbed, a case that broke is opened, and where the climb ended is made live."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Chat, browsing, serving

THINGS = {
    "tool": ("spade", "rake", "shears", "hoe", "trowel", "wheelbarrow"),
    "plant": ("tulip", "basil", "fern", "clover", "birch", "moss"),
    "animal": ("hedgehog", "sparrow", "snail", "beetle", "toad", "mole"),
}
EXAMPLES = [
    {"input": f"There is a {thing} in the garden", "output": label} for label, all in THINGS.items() for thing in all
]
ASKED = [
    {"id": f"{thing}{n}", "question": words.format(thing), "label": label}
    for label, all in THINGS.items()
    for thing in all
    for n, words in enumerate(("Somebody left a {} here", "Look, a {}"))
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose task `classify` shows its model one example, always the same."""
    home = tmp_path_factory.mktemp("home")
    own = home / "prompts" / "classify"
    own.mkdir(parents=True)
    (own / "examples.jsonl").write_text("".join(json.dumps(one) + "\n" for one in EXAMPLES), "utf-8")
    (own / "patch.yaml").write_text("examples: {selector: fixed, k: 1}\n", "utf-8")
    return home


@pytest.fixture
def chat(chromium: Browser, home: Path) -> Iterator[Chat]:
    with serving(home, model="builtin") as url, browsing(chromium, url) as chat:
        chat.open()
        yield chat
        assert chat.strangers == []


def test_a_set_is_climbed_a_broken_case_opened_and_the_end_made_live(chat: Chat, home: Path, tmp_path: Path) -> None:
    questions = tmp_path / "garden.jsonl"
    questions.write_text("".join(json.dumps(one) + "\n" for one in ASKED), "utf-8")
    page = chat.page
    chat.visit("Evaluation")
    page.get_by_role("radio", name="Sets of questions").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(questions)
    expect(page.get_by_role("combobox", name="Set of questions")).to_have_value("garden.jsonl")

    page.get_by_role("radio", name="Compare step by step").click()
    page.get_by_text("Compare set-ups step by step").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    picture = page.get_by_role("img", name="Score of each step")
    expect(page.get_by_text("questions of garden.jsonl")).to_be_visible(timeout=120_000)
    expect(picture).to_be_visible()
    expect(page.locator(".cairn-table").first).to_contain_text("Kept: the score rose")
    chat.shoot("ladder")

    page.get_by_role("radio", name="Not right").click()
    page.get_by_role("radio", name="Now right").click()
    page.get_by_test_id("stExpander").filter(has_text="→ 1").first.locator("summary").click()
    expect(page.locator(".cairn-side").filter(has_text="start").first).to_be_visible()
    chat.shoot("case")

    page.get_by_role("button", name=re.compile("Make .* live for task classify")).click()
    expect(page.locator(".cairn-fine")).to_contain_text("Live: task classify answers with")
    patch = (home / "prompts" / "classify" / "patch.yaml").read_text("utf-8")
    assert "fixed" not in patch
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".cairn-fine")).to_have_count(0)
    assert "fixed" in (home / "prompts" / "classify" / "patch.yaml").read_text("utf-8")
