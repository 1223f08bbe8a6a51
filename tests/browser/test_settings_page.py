"""The theme is chosen on the page Settings, and holds on every page from then on."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Chat, browsing

DARK = "rgb(22, 25, 26)"


def expect_ground(page: Page, colour: str | None = None) -> None:
    ground = expect(page.locator(".stApp"))
    ground.to_have_css("background-color", colour) if colour else ground.not_to_have_css("background-color", DARK)


def choose_theme(chat: Chat, theme: str) -> None:
    chat.settled()
    with chat.page.expect_event("load"):
        chat.choose("Theme", theme)
    chat.settled()


def test_a_theme_is_chosen_for_all_pages(chromium: Browser, builtin: str) -> None:
    with browsing(chromium, builtin) as chat:
        page = chat.page
        page.emulate_media(color_scheme="light")
        chat.open()
        chat.visit("Settings")
        choose_theme(chat, "Dark")
        expect_ground(page, DARK)
        expect(page.get_by_role("combobox", name="Theme")).to_have_attribute("placeholder", "Now: Dark")
        chat.shoot("settings_dark")
        chat.visit("Chat")
        page.reload()
        expect(chat.box).to_be_visible()
        expect_ground(page, DARK)
        chat.visit("Settings")
        choose_theme(chat, "Light")
        expect_ground(page)
