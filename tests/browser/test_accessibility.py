"""No page has a serious or critical fault that axe finds, light or dark; Streamlit's own parts included."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser

from tests.browser.conftest import Chat, browsing

PAGES = ("Documents", "Databases", "Prompts", "Evaluation", "Settings")
RUN = """() => axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations
    .filter(one => ["serious", "critical"].includes(one.impact))
    .flatMap(one => one.nodes.map(node =>
        [one.id, node.target.join(" "), `${node.html.slice(0, 300)} ${node.any[0]?.message}`])))"""
STILL = """() => !document.querySelector("[data-stale='true']")
    && document.getAnimations().every(one => one.playState === "finished")"""
"""What is still fading has no colour of its own yet."""


def faults(chat: Chat, where: str) -> list[str]:
    chat.settled()
    chat.page.wait_for_function(STILL)
    if not chat.page.evaluate("() => 'axe' in window"):
        chat.page.evaluate(AXE_SCRIPT)
    found: list[list[str]] = chat.page.evaluate(RUN)
    return [f"{where}: {rule} at {target}: {html}" for rule, target, html in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_fault(chromium: Browser, builtin: str, theme: str) -> None:
    with browsing(chromium, builtin) as chat:
        chat.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        chat.open()
        found = faults(chat, "an empty chat")
        chat.done(chat.ask("How many days of parental leave do we give, and how many orders were placed in 2025?"))
        chat.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        chat.answers.first.get_by_role("button", name="[1]").first.click()
        chat.panel.locator("mark").first.wait_for()
        found += faults(chat, "an answer and its passage")
        chat.shoot(f"axe_{theme}")
        chat.page.keyboard.press("Escape")
        for page in PAGES:
            chat.visit(page)
            found += faults(chat, page)
    assert not found, "\n".join(found)
