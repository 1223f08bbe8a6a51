"""The main ways through the page without a mouse: only keys are pressed, and what has the focus takes them."""

from __future__ import annotations

import threading

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Chat
from tests.browser.test_model_chat import gate
from tests.server import Server, fault

__all__ = ["gate"]
_MOST = 80


def reach(chat: Chat, target: Locator, key: str = "Tab") -> None:
    """Go on by Tab, or back by Shift+Tab, until it has the focus."""
    expect(target).to_be_visible()
    for _ in range(_MOST):
        if target.evaluate("one => one === document.activeElement"):
            return
        chat.page.keyboard.press(key)
    raise AssertionError(f"{target} is not reached by {key}")


def type_question(chat: Chat, question: str) -> Locator:
    """From anywhere: `/` leads to the question."""
    before = chat.answers.count()
    expect(chat.idle).to_be_visible()
    if not chat.box.evaluate("one => one === document.activeElement"):
        chat.page.keyboard.press("/")
    expect(chat.box).to_be_focused()
    chat.page.keyboard.type(question)
    chat.page.keyboard.press("Enter")
    expect(chat.answers).to_have_count(before + 1)
    return chat.answers.nth(before)


def test_asked_and_checked_in_its_passage(chat: Chat) -> None:
    answer = chat.done(type_question(chat, "How many days of parental leave do we give?"))
    number = answer.get_by_role("button", name="[1]").first
    reach(chat, number, "Shift+Tab")
    chat.page.keyboard.press("Enter")
    expect(chat.panel.locator("mark")).to_be_in_viewport()
    assert chat.page.evaluate("() => document.activeElement.closest('[role=dialog], dialog') !== null")
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_have_count(0)
    expect(number).to_be_focused()


def test_stopped_put_otherwise_and_a_wrong_key_replaced(
    scripted: Chat, model_server: Server, gate: threading.Event
) -> None:
    model_server.say("One, then two.", fault(401, "invalid_api_key", "Wrong key"), "Three.")
    page = scripted.page
    answer = type_question(scripted, "Count.")
    expect(answer).to_contain_text("One,")
    page.keyboard.press("Escape")
    expect(answer.locator(".cairn-caption")).to_contain_text("stopped by you")
    gate.set()
    scripted.settled()

    edit = page.get_by_role("button", name="Edit this question").last
    reach(scripted, edit, "Shift+Tab")
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Edit the question")
    expect(field).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Count to three.")
    reach(scripted, page.get_by_role("button", name="Ask again"))
    page.keyboard.press("Enter")
    expect(scripted.answers.last.locator(".cairn-problem")).to_be_visible()

    key = scripted.answers.last.get_by_label("Key for openai:test-model")
    reach(scripted, key)
    page.keyboard.type("sk-right-one")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Set it and try again")).to_be_focused()
    page.keyboard.press("Enter")
    expect(scripted.answers.last).to_contain_text("Three.")
    assert model_server.headers[-1]["authorization"] == "Bearer sk-right-one"
