"""A call that needs a yes, on the page: after a reload, after a restart, and from two windows at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import Chat, browsing, serving
from tests.server import Server, call

SETTINGS = {"model": "openai:test-model", "api_key": "k", "task": "careful", "samples": "false"}
SUM = call("calculator", {"expression": "6*7"}, text="I will calculate.")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    task = tmp_path / "home" / "prompts" / "careful"
    task.mkdir(parents=True)
    (task / "task.yaml").write_text("strategy: react\ntools: [calculator]\napprove: [calculator]\n", "utf-8")
    (task / "default.md").write_text("You calculate.\n", "utf-8")
    return tmp_path / "home"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def first_open(chat: Chat, thread: str = "") -> None:
    """A server of its own has to import and open everything first."""
    chat.page.goto(f"{chat.url}/?thread={thread}" if thread else chat.url)
    expect(chat.box).to_be_visible(timeout=180_000)


def ask(chat: Chat, server: Server) -> Locator:
    server.say(SUM, "It is 42.")
    answer = chat.ask("What is six times seven?")
    expect(answer.get_by_role("button", name="Approve")).to_be_visible()
    expect(chat.page.locator(".cairn-conversation[data-busy=waiting]")).to_be_visible()
    return answer


def test_it_waits_through_a_restart_and_is_done_once_from_two_windows(
    chromium: Browser, server: Server, home: Path
) -> None:
    with serving(home, base_url=server.url, **SETTINGS) as url, browsing(chromium, url) as chat:
        first_open(chat)
        answer = ask(chat, server)
        expect(answer).to_contain_text("I will calculate.")
        chat.shoot("approval")
        thread = chat.thread
    with serving(home, base_url=server.url, **SETTINGS) as url, browsing(chromium, url) as one:
        with browsing(chromium, url) as two:
            for chat in (one, two):
                first_open(chat, thread)
                expect(chat.answers.first.get_by_role("button", name="Approve")).to_be_visible()
            two.page.get_by_role("textbox", name="expression").fill("6*8")
            two.page.get_by_role("textbox", name="expression").press("Tab")
            one.answers.first.get_by_role("button", name="Approve").click()
            one.done(one.answers.first)
            expect(one.answers.first).to_contain_text("It is 42.")
            two.done(two.answers.first)
            expect(two.answers.first).to_contain_text("It is 42.")
        assert server.requests[-1]["messages"][-1]["content"] == "6*7 = 42"
        assert server.count == 2


def test_changed_arguments_and_a_no(chromium: Browser, server: Server, home: Path) -> None:
    with serving(home, base_url=server.url, **SETTINGS) as url, browsing(chromium, url) as chat:
        first_open(chat)
        answer = ask(chat, server)
        field = answer.get_by_role("textbox", name="expression")
        field.fill("6*9")
        field.press("Tab")
        answer.get_by_role("button", name="Approve").click()
        chat.done(answer)
        assert "6*9 = 54" in server.requests[-1]["messages"][-1]["content"]
        answer = ask(chat, server)
        answer.get_by_role("button", name="Reject").click()
        expect(chat.done(answer)).to_contain_text("You said no to calculator.")
        assert "said no" in server.requests[-1]["messages"][-1]["content"]
