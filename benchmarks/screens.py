"""The pictures of the page in `docs/screens`: `make screens`. On a home of its own, with the samples and `builtin`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.conftest import CHROMIUM, Chat, browsing, serving

FOLDER = Path(__file__).parent.parent / "docs" / "screens"
QUESTION = "How many days of parental leave do we give, and how many orders were placed in 2025?"


def new_chat(chat: Chat) -> None:
    chat.page.get_by_role("button", name="New conversation").click()
    expect(chat.answers).to_have_count(0)


def answer(chat: Chat) -> None:
    chat.done(chat.ask(QUESTION))


def steps(chat: Chat) -> None:
    chat.answers.last.locator("details.cairn-step summary").last.click()


def passage(chat: Chat) -> None:
    chat.answers.last.get_by_role("button", name="[1]").first.click()
    expect(chat.panel.locator("mark").first).to_be_in_viewport()


def table(chat: Chat) -> None:
    chat.page.keyboard.press("Escape")
    new_chat(chat)
    shown = chat.done(chat.ask("How many customers are there per country?"))
    shown.locator(".cairn-result-table").first.scroll_into_view_if_needed()


def chart(chat: Chat) -> None:
    new_chat(chat)
    shown = chat.done(chat.ask("How many customers are there per country, as a bar chart?"))
    expect(shown.locator("figure img[src]")).to_be_visible()


def documents(chat: Chat) -> None:
    chat.visit("Documents")


def search(chat: Chat) -> None:
    chat.page.get_by_role("radio", name="Search as a task does").click()
    field = chat.page.get_by_role("textbox", name="Search for")
    field.fill("parental leave")
    field.press("Enter")
    expect(chat.page.locator(".cairn-quote").first).to_be_visible()


def databases(chat: Chat) -> None:
    chat.visit("Databases")
    field = chat.page.get_by_role("textbox", name="SQL")
    field.fill("SELECT country, count(*) AS customers FROM customers GROUP BY country ORDER BY customers DESC")
    field.press("Control+Enter")
    chat.settled()
    chat.page.get_by_role("button", name="Run", exact=True).click()
    expect(chat.page.get_by_test_id("stDataFrame").first).to_be_visible()


def prompts(chat: Chat) -> None:
    chat.visit("Prompts")


def ladder(chat: Chat) -> None:
    """The climb of the samples, whose result the page shows at once."""
    chat.visit("Evaluation")
    expect(chat.page.get_by_role("img", name="Score of each step")).to_be_visible()


def question_sets(chat: Chat) -> None:
    chat.page.get_by_role("radio", name="Sets of questions").click()
    chat.settled()
    chat.page.get_by_role("button", name="Check", exact=True).click()
    expect(chat.page.get_by_text("questions:")).to_be_visible()


def settings(chat: Chat) -> None:
    chat.visit("Settings")


SCREENS: dict[str, Callable[[Chat], None]] = {
    "chat_new": lambda _chat: None,
    "chat_answer": answer,
    "chat_steps": steps,
    "chat_passage": passage,
    "chat_table": table,
    "chat_chart": chart,
    "documents": documents,
    "documents_search": search,
    "databases": databases,
    "prompts": prompts,
    "ladder": ladder,
    "question_sets": question_sets,
    "settings": settings,
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        with serving(Path(home), model="builtin") as url:
            with browsing(browser, url) as chat:
                chat.open()
                for name, go in SCREENS.items():
                    go(chat)
                    shoot(chat, name)
            dark(browser, url)
        browser.close()


def dark(browser: Browser, url: str) -> None:
    with browsing(browser, url) as chat:
        chat.page.emulate_media(color_scheme="dark")
        chat.open()
        answer(chat)
        shoot(chat, "chat_dark")


def shoot(chat: Chat, name: str) -> None:
    """In 128 colours, which is a third of the size and looks the same."""
    chat.settled()
    expect(chat.page.get_by_test_id("stSkeleton")).to_have_count(0)
    chat.page.mouse.move(0, 0)
    file = FOLDER / f"{name}.png"
    chat.page.screenshot(path=file)
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(128).save(file, optimize=True)
    print(file.name, f"{file.stat().st_size:,}")


if __name__ == "__main__":
    main()
