"""A database is connected, asked under the guard, has a table hidden, and is disconnected and had back."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Chat


def test_a_database_is_connected_asked_hidden_from_and_had_back(chat: Chat, tmp_path: Path) -> None:
    file = tmp_path / "harbour.db"
    with sqlite3.connect(file) as database:
        database.executescript("CREATE TABLE boats (name TEXT, berth INT); INSERT INTO boats VALUES ('Petrel', 7);")
        database.executescript("CREATE TABLE owners (name TEXT);")
    page = chat.page
    chat.visit("Databases")
    page.get_by_text("Connect a database").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("harbour")
    address = page.get_by_role("textbox", name="Address")
    address.fill("sqlite:////nowhere/at/all.db")
    page.get_by_role("button", name="Test and connect").click()
    expect(page.locator(".cairn-problem")).to_be_visible()
    address.fill(f"sqlite:///{file}")
    page.get_by_role("button", name="Test and connect").click()
    expect(page.locator(".cairn-fine")).to_contain_text("harbour is connected: 2 tables can be read.")
    chat.choose("Database", "harbour")
    expect(page.locator(".cairn-caption").first).to_have_text("sqlite · harbour.db")

    sql = page.get_by_role("textbox", name="SQL")
    chat.settled()  # what is typed while the page is drawn anew is lost
    sql.fill("DELETE FROM boats")
    sql.press("Control+Enter")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".cairn-problem")).to_be_visible()
    chat.settled()
    sql.fill("SELECT name FROM boats")
    sql.press("Control+Enter")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    chat.shoot("databases")
    assert str(tmp_path) not in page.locator("body").inner_text()

    page.get_by_role("button", name="Disconnect").click()
    expect(page.locator(".cairn-undo")).to_have_text("Deleted: harbour")
    page.get_by_role("button", name="Undo").click()
    chat.choose("Database", "harbour")
