"""The real page in a real browser: `serve` in a process of its own, Chromium without a window."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect, sync_playwright
from playwright.sync_api import TimeoutError as TookTooLong

from tests.server import Server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
START = (
    "from cairn.core.settings import load_settings; from cairn.ui.web import serve; "
    "serve(load_settings(), {port}, False)"
)
PATIENCE = 30_000
TOKEN = "a-token-of-the-tests"
TRAP = """# Moorings ![x](http://127.0.0.1:9/title.png) :material/home: :red[now]

The mooring fee is $5 a night, $6 in June. <img src=http://127.0.0.1:9/a.png> ![b](http://127.0.0.1:9/b.png) {{x}} &amp;
"""

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Chat:
    """The page as a person uses it. `strangers` are the addresses elsewhere that the browser asked for."""

    page: Page
    url: str
    strangers: list[str] = field(default_factory=list)

    def watch(self, request: Request) -> None:
        if not request.url.startswith((self.url, self.url.replace("http", "ws"), "data:", "blob:")):
            self.strangers.append(request.url)

    def open(self, thread: str | None = None) -> None:
        self.page.goto(self.url + (f"/?thread={thread}" if thread else ""))
        expect(self.box).to_be_visible()

    def visit(self, page: str) -> None:
        """Another of the pages, by its name at the top."""
        self.settled()
        self.page.get_by_role("link", name=page, exact=True).click()
        path = "" if page == "Chat" else page.lower()
        self.page.wait_for_url(re.compile(rf"^{self.url}/{path}(\?.*)?$"))
        self.settled()

    def settled(self) -> None:
        """Nothing on the page is being drawn, nor asked to be: that comes a moment after what asks for it."""
        self.page.wait_for_timeout(400)
        expect(self.page.locator(".stApp")).to_have_attribute("data-test-script-state", "notRunning")

    def ask(self, question: str) -> Locator:
        """Type and send; the message in which the answer appears."""
        before = self.answers.count()
        expect(self.idle).to_be_visible()
        self.box.fill(question)
        self.box.press("Enter")
        expect(self.answers).to_have_count(before + 1)
        return self.answers.nth(before)

    def done(self, answer: Locator) -> Locator:
        """The same message, once its last line tells that it is complete."""
        expect(answer.locator(".cairn-caption")).to_be_visible()
        expect(self.idle).to_be_visible()
        self.settled()
        return answer

    def choose(self, menu: str, option: str) -> None:
        """A menu that is opened while the page is being drawn may close again: people open it once more."""
        wanted = self.page.get_by_role("option", name=option, exact=True)
        for _ in range(3):
            self.settled()
            self.page.get_by_role("combobox", name=menu).click()
            try:
                wanted.click(timeout=8_000)
                break
            except TookTooLong:
                self.page.keyboard.press("Escape")
        else:
            raise AssertionError(f"The menu {menu} has no {option}.")
        if (answers_with := self.page.locator(".cairn-with")).count():
            expect(answers_with).to_contain_text(option)

    def shoot(self, name: str) -> None:
        """A picture for people to look at, where SCREENSHOTS names a folder."""
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png")

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name="Your question")

    @property
    def idle(self) -> Locator:
        """The conversation, while nothing is written and nothing waits in it."""
        return self.page.locator(".cairn-conversation[data-busy='']")

    @property
    def panel(self) -> Locator:
        """A document, opened at a passage."""
        return self.page.get_by_role("dialog", name="Document")

    @property
    def told(self) -> Locator:
        """What went wrong with what was done last."""
        return self.page.locator(".cairn-told")

    @property
    def answers(self) -> Locator:
        return self.page.locator(".cairn-answer")

    @property
    def thread(self) -> str:
        self.page.wait_for_url(re.compile(r"thread=\w+"))
        return self.page.url.split("thread=")[1]


@pytest.fixture(scope="module")  # its event loop must be gone before other tests start theirs
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("Chromium is not installed")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


def environment(**settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CAIRN_", "OPENAI_"))}
    return clean | {f"CAIRN_{name.upper()}": value for name, value in {"embeddings": "hash", **settings}.items()}


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[str]:
    """The page on a home of its own; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", START.format(port=port)]
    process = subprocess.Popen(command, env=environment(home=str(home), web_token=TOKEN, **settings))
    try:
        wait_for(lambda: answers(port) or process.poll() is not None)
        assert process.poll() is None, "the page's server ended"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited a minute in vain"
        time.sleep(0.05)


@contextmanager
def browsing(chromium: Browser, url: str) -> Iterator[Chat]:
    """A new visitor."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(PATIENCE)
    context.request.get(f"{url}/?token={TOKEN}")
    chat = Chat(context.new_page(), url)
    context.on("request", chat.watch)
    yield chat
    context.close()


@pytest.fixture(scope="module")
def builtin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page on which the samples answer by `builtin`."""
    with serving(tmp_path_factory.mktemp("home"), model="builtin") as url:
        yield url


@pytest.fixture
def chat(chromium: Browser, builtin: str) -> Iterator[Chat]:
    with browsing(chromium, builtin) as chat:
        chat.open()
        yield chat
        assert chat.strangers == []


@pytest.fixture(scope="module")
def model_server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def modelled(model_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page on which `model_server` answers."""
    home, trap = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("documents") / "trap.md"
    trap.write_text(TRAP, encoding="utf-8")
    own = home / "prompts" / "assistant"
    own.mkdir(parents=True)
    (own / "twice.md").write_text("---\nrole: You answer.\nexperiment: 2\n---\n", encoding="utf-8")
    add = [sys.executable, "-c", "from cairn.ui.cli import main; main()", "--home", str(home), "add", str(trap)]
    subprocess.run(add, env=environment(), check=True)
    with serving(home, model="openai:test-model", base_url=model_server.url, api_key="k") as url:
        yield url


@pytest.fixture
def scripted(chromium: Browser, modelled: str) -> Iterator[Chat]:
    with browsing(chromium, modelled) as chat:
        chat.open()
        yield chat
        assert chat.strangers == []
