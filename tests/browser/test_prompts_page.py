"""A template: edited with a preview, tried beside the one that answers, made live, and taken back."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Chat


def combobox(chat: Chat, name: str) -> Locator:
    return chat.page.get_by_role("combobox", name=name)


def press(chat: Chat, name: str) -> None:
    chat.page.get_by_role("button", name=name).first.click()


def test_a_template_is_edited_compared_made_live_and_taken_back(chat: Chat) -> None:
    chat.visit("Prompts")
    chat.choose("Task", "math")
    expect(combobox(chat, "Template")).to_have_value("default")

    role = chat.page.get_by_role("textbox", name=re.compile("^Role"))
    expect(role).to_have_value(re.compile("You solve problems"))
    role.fill("You keep a lighthouse, and solve problems.")
    role.blur()
    expect(chat.page.locator(".cairn-sent").first).to_contain_text("You keep a lighthouse")
    expect(chat.page.locator(".cairn-caption")).to_contain_text("tokens")
    chat.shoot("prompts_edit")

    press(chat, "Save as…")
    name = chat.page.get_by_role("textbox", name="Name of the new template: a to z")
    name.fill("keeper")
    name.press("Enter")
    expect(combobox(chat, "Template")).to_have_value("keeper")

    chat.page.get_by_role("radio", name="Side by side").click()
    questions = chat.page.get_by_role("textbox", name="Questions, one a line")
    questions.fill("What is 6 * 7?\nWhat is 17.5 % of 200?")
    questions.press("Control+Enter")
    press(chat, "Ask both")
    expect(chat.page.locator(".cairn-markdown")).to_have_count(4)
    expect(chat.page.locator(".cairn-markdown").first).to_contain_text("42")
    chat.shoot("prompts_side_by_side")

    press(chat, "Make it live")
    live = chat.page.locator(".cairn-note").first
    expect(live).to_contain_text("answers with template keeper")
    chat.visit("Settings")
    expect(chat.page.locator(".cairn-undo")).to_have_count(0)
    chat.visit("Prompts")
    expect(combobox(chat, "Task")).to_have_value("math")
    expect(chat.page.locator(".cairn-markdown")).to_have_count(4)
    press(chat, "Undo making it live")
    expect(live).to_contain_text("answers with template default")
    expect(chat.page.locator(".cairn-undo")).to_have_text("Undone: task math answers with template default again.")

    press(chat, "Use math in the chat")
    expect(live).to_contain_text("the task that the chat uses")
    chat.visit("Chat")
    expect(combobox(chat, "Task")).to_have_value("math")
    chat.visit("Prompts")

    chat.page.reload()
    expect(combobox(chat, "Task")).to_have_value("math · used in the chat")
    chat.page.get_by_role("radio", name="Side by side").click()
    expect(questions).to_have_value("What is 6 * 7?\nWhat is 17.5 % of 200?")
