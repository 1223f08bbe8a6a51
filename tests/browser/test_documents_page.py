"""A document is dropped, found, deleted and had back, on the page Documents."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Chat


def test_a_document_is_brought_searched_deleted_and_had_back(chat: Chat, tmp_path: Path) -> None:
    told = "<h1>Tides</h1><p>The tide table of Ravenholm hangs in the harbour office.</p>"
    (tmp_path / "tides.html").write_text(f"<!-- {'more than a request may have ' * 50_000} -->{told}", "utf-8")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    page = chat.page
    chat.visit("Documents")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        [tmp_path / "tides.html", tmp_path / "broken.pdf"]
    )
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".cairn-notice").filter(has_text="1 added")).to_be_visible(timeout=120_000)
    expect(page.locator(".cairn-notice").filter(has_text="broken.pdf")).to_be_visible()

    chat.choose("Look into", "tides.html")
    expect(page.locator(".cairn-quote").first).to_contain_text("Ravenholm")
    chat.shoot("documents")
    assert "/uploads/" not in page.locator("body").inner_text()

    page.get_by_role("radio", name="Search as a task does").click()
    query = page.get_by_role("textbox", name="Search for")
    query.fill("Where does the tide table hang?")
    query.press("Enter")
    expect(page.locator(".cairn-quote").first).to_contain_text("harbour office")
    chat.shoot("documents_search")

    page.get_by_role("radio", name="Documents", exact=True).click()
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_be_visible()
    chat.settled()
    row = table.locator("canvas tr").filter(has_text="tides.html")
    table.click(position={"x": 120, "y": 35 * (int(row.get_attribute("aria-rowindex") or 0) - 0.5)})
    expect(page.get_by_role("combobox", name="Look into")).to_have_value("tides.html")
    expect(page.locator(".cairn-quote").first).to_be_in_viewport()
    chat.settled()
    page.get_by_role("button", name="Delete tides.html").click()
    expect(page.locator(".cairn-undo")).to_have_text("Deleted: tides.html")
    expect(page.locator(".cairn-undo")).to_be_in_viewport()
    chat.shoot("documents_deleted")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".cairn-undo")).to_have_count(0)
    expect(page.locator(".cairn-notice").filter(has_text=re.compile("1 added"))).to_be_visible(timeout=120_000)
    chat.choose("Look into", "tides.html")
    expect(page.locator(".cairn-quote").first).to_contain_text("Ravenholm")
