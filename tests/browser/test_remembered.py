"""What is remembered, and what the menus show, in a browser that keeps what was typed into a field."""

from __future__ import annotations

from playwright.sync_api import Locator, expect
from playwright.sync_api import TimeoutError as TookTooLong

from tests.browser.conftest import Chat


def facts(chat: Chat) -> Locator:
    return chat.page.get_by_role("textbox", name="A fact, to be corrected")


def add(chat: Chat, fact: str) -> None:
    chat.visit("Settings")
    field = chat.page.get_by_role("textbox", name="Remember", exact=True)
    field.fill(fact)
    field.press("Enter")
    expect(facts(chat).first).to_have_value(fact)


def correct(chat: Chat, fact: str) -> None:
    """What is typed while the page is being drawn is typed once more."""
    for _ in range(3):
        try:
            facts(chat).last.fill(fact, timeout=8_000)
            break
        except TookTooLong:
            continue
    facts(chat).last.press("Enter")


def test_what_an_answer_remembered_stands_above_and_a_correction_takes_the_place(chat: Chat) -> None:
    add(chat, "I live in Berlin")
    chat.visit("Chat")
    chat.done(chat.ask("Remember that I live in Bergen."))
    chat.visit("Settings")
    expect(facts(chat)).to_have_count(2)
    expect(facts(chat).first).to_have_value("I live in Bergen")
    correct(chat, "I live in Bergen")
    expect(facts(chat)).to_have_count(1)
    expect(facts(chat)).to_have_value("I live in Bergen")
    chat.page.wait_for_timeout(1000)
    assert "there is none" not in chat.page.locator("body").inner_text()


def test_a_refused_correction_is_taken_back(chat: Chat) -> None:
    add(chat, "I live in Oslo")
    facts(chat).first.fill("My password is hunter2")
    facts(chat).first.press("Enter")
    expect(chat.page.get_by_text("looks like a password")).to_be_visible()
    expect(facts(chat).first).to_have_value("I live in Oslo")


def test_the_task_is_still_chosen_after_a_reload(chat: Chat) -> None:
    menu = chat.page.get_by_role("combobox", name="Task")
    chat.choose("Task", "math")
    chat.done(chat.ask("What is 6 * 7?"))
    assert chat.thread
    chat.page.reload()
    expect(chat.answers).to_have_count(1)
    expect(menu).to_have_value("math")
