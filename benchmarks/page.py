"""What the page's conversation costs and how soon it shows, in Chromium without a window; `chromium` is on the path.

    python -m benchmarks.page [seconds]

`watcher`: CPU of the server with one open page more that follows an answer of 20 tokens a second, as a share of a core.
`first token`: from Enter to the first word on the page, and from `Cairn.start` to the first token in a program.
`open`: from the click on a conversation of 1,000 questions to its last answer. `stop`: from Escape in one of three
pages to the last one that shows the end. `at once`: 50 conversations, asked together and followed as pages follow.
The model is a mock: no language model took part.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.conversations import at_once
from cairn.agents.service import Cairn
from cairn.core import event_loop
from cairn.core.events import VERSION, Event
from cairn.core.settings import load_settings
from tests.browser.conftest import CHROMIUM, TOKEN, serving
from tests.server import Server, _Handler

QUESTIONS = 1000
TOKENS_A_SECOND = 20
TRIES = 9
TEXT = "Each word of it comes by itself. "
SEEN = "(selector) => !!document.querySelector(selector)"
NOTE_END = """() => new Promise((done) => { const look = () => document.querySelector(".cairn-answer .cairn-caption")
  ? done(Date.now()) : setTimeout(look, 2); look(); })"""


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    with Server() as server, tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings: dict[str, Any] = {"model": "openai:m", "base_url": server.url, "api_key": "k", "task": "math"}
        server.answer = lambda _request: TEXT
        with Cairn(load_settings(Path(folder), embeddings="hash", samples=False, **settings)) as home:
            in_program = statistics.median(first_token(home) for _ in range(TRIES))
            long_thread(home)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        with serving(Path(folder), samples="false", **settings) as url:
            page = opened(browser, url)
            print(f"open: {1000 * statistics.median(open_long(page) for _ in range(TRIES)):.0f} ms")
            on_page = statistics.median(first_word(page) for _ in range(TRIES))
            print(f"first token: page {1000 * on_page:.0f} ms, program {1000 * in_program:.0f} ms")
            pace(1 / TOKENS_A_SECOND)
            server.answer = lambda _request: TEXT * int(seconds * TOKENS_A_SECOND / len(TEXT.split()))
            print(f"stop: {statistics.median(stop(browser, url) for _ in range(3)):.0f} ms")
            children = psutil.Process().children(recursive=True)
            process = next(one for one in children if "cairn.ui.web.page_server" in one.cmdline())
            print(at_once(url, {"Authorization": page_key(page)}, process))
            costs = [cost(browser, url, process, seconds, watchers) for watchers in (0, 1, 3)]
            print(f"watcher: {costs[1] - costs[0]:.3f} of a core, each of three {(costs[2] - costs[0]) / 3:.3f}")
        browser.close()


def page_key(page: Page) -> str:
    """What the page's script sends with its requests."""
    with page.expect_request(lambda request: "/api/page/threads/" in request.url) as asked:
        page.get_by_role("button", name="The long one").click()
    return asked.value.headers["authorization"]


def pace(gap: float) -> None:
    """From now on the model writes a word in so many seconds."""
    send: Callable[[_Handler, bytes], None] = _Handler._chunk

    def slowly(self: _Handler, data: bytes) -> None:
        time.sleep(gap)
        send(self, data)

    _Handler._chunk = slowly  # type: ignore[method-assign]


def first_token(home: Cairn) -> float:
    begun = time.perf_counter()
    for event in home.follow(home.start("Go on?").run):
        if event.type == "token":
            took = time.perf_counter() - begun
    return took


def long_thread(home: Cairn) -> None:
    """A conversation with `QUESTIONS` questions, as they are stored."""
    runs = home.workspace.runs
    thread = home.threads.new("The long one").id
    for number in range(QUESTIONS):
        run = runs.begin(thread, f"Question {number}?")
        said = {"question": f"Question {number}?", "task": "math", "strategy": "react", "template": "default"}
        said |= {"template_hash": "0" * 16, "model": "m", "thread": thread}
        text = f"**Answer** {number}\n\n" + TEXT * 8
        told: list[tuple[Any, dict[str, Any]]] = [("started", said)]
        told.append(("finished", {"answer": text, "stopped_by": None, "seconds": 1.0}))
        events = [Event(VERSION, run, n, time.time(), type, data) for n, (type, data) in enumerate(told, 1)]
        event_loop.start(runs.end(run, "finished", text, events)).result()


def opened(browser: Browser, url: str, thread: str = "") -> Page:
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(30_000)
    context.request.get(f"{url}/?token={TOKEN}")
    page = context.new_page()
    page.goto(f"{url}/?thread={thread}" if thread else url)
    page.wait_for_function(SEEN, arg=".cairn-composer")
    return page


def open_long(page: Page) -> float:
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_function(SEEN, arg=".cairn-welcome")
    begun = time.perf_counter()
    page.get_by_role("button", name="The long one").click()
    page.wait_for_function(f"() => document.body.textContent.includes('Question {QUESTIONS - 1}?')")
    return time.perf_counter() - begun


def ask(page: Page) -> None:
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_function(SEEN, arg=".cairn-welcome")
    page.get_by_role("textbox", name="Your question").fill("Go on?")
    page.get_by_role("textbox", name="Your question").press("Enter")


def first_word(page: Page) -> float:
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_function(SEEN, arg=".cairn-welcome")
    box = page.get_by_role("textbox", name="Your question")
    box.fill("Go on?")
    page.wait_for_timeout(500)  # a person reads what is typed; the page's own drawing is over
    begun = time.perf_counter()
    box.press("Enter")
    page.wait_for_function(SEEN, arg="[data-piece='text-0'] p", polling=5)
    took = time.perf_counter() - begun
    page.wait_for_function(SEEN, arg=".cairn-answer .cairn-caption")
    return took


def begun_in(browser: Browser, url: str, others: int) -> list[Page]:
    """Pages that follow one answer, the first of which asked for it."""
    first = opened(browser, url)
    ask(first)
    first.wait_for_url("**thread=*")
    thread = first.url.split("thread=")[1]
    pages = [first, *(opened(browser, url, thread) for _ in range(others))]
    for page in pages:
        page.wait_for_function(SEEN, arg="[data-piece='text-0'] p")
    return pages


def stop(browser: Browser, url: str) -> float:
    pages = begun_in(browser, url, 2)
    for page in pages:
        page.evaluate(f"() => {{ window.ended = ({NOTE_END})(); }}")
    begun = time.time()
    pages[0].keyboard.press("Escape")
    last = max(page.evaluate("() => window.ended") for page in pages)
    for page in pages:
        page.context.close()
    return last - 1000 * begun


def cost(browser: Browser, url: str, process: psutil.Process, seconds: float, watchers: int) -> float:
    """The server's share of a core while one answer is written, with so many pages that look on."""
    pages = begun_in(browser, url, max(0, watchers - 1))
    if not watchers:
        pages[0].goto("about:blank")
    before, begun = process.cpu_times(), time.perf_counter()
    pages[0].wait_for_timeout(1000 * seconds / 2)
    after, took = process.cpu_times(), time.perf_counter() - begun
    if watchers:
        pages[0].keyboard.press("Escape")
    for page in pages:
        page.context.close()
    time.sleep(seconds / 2 if not watchers else 1)
    return (after.user + after.system - before.user - before.system) / took


if __name__ == "__main__":
    main()
