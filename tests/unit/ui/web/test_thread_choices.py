"""Which task and template answer next on the page, without a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from cairn.agents.service import Cairn
from cairn.core.settings import Settings
from cairn.prompts.task_store import PromptStore
from cairn.ui.web import APP
from tests.scripted import ScriptedModel


@pytest.fixture
def app(settings: Settings) -> Iterator[Cairn]:
    opened = Cairn(settings)
    yield opened
    opened.close()


@pytest.fixture
def thread(app: Cairn) -> str:
    """A conversation that the task `math` answered last."""
    first = app.ask("Hello?", task="assistant", model=ScriptedModel("Hello."), origin="page")
    return str(app.ask("2 + 3?", task="math", thread=first.thread, model=ScriptedModel("5.")).thread)


def opened(thread: str | None = None) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=60)
    if thread:
        page.query_params["thread"] = thread
    return page.run()


def task(page: AppTest) -> str:
    assert not page.exception
    return next(str(menu.value) for menu in page.selectbox if menu.label == "Task")


def choose(page: AppTest, name: str) -> None:
    next(menu for menu in page.selectbox if menu.label == "Task").set_value(name).run()


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label.replace("\\", "") == label).click().run()


def test_an_opened_conversation_begins_with_the_task_that_answered_last(app: Cairn, thread: str) -> None:
    assert task(opened()) == app.settings.task
    assert task(opened(thread)) == "math"


def test_a_choice_holds_until_another_conversation_is_opened(app: Cairn, thread: str) -> None:
    page = opened(thread)
    choose(page, "plan")
    page.run()
    assert task(page) == "plan"
    press(page, "New conversation")
    assert task(page) == app.settings.task
    press(page, "Hello?")
    assert task(page) == "math"


def test_a_template_that_was_chosen_is_still_chosen(app: Cairn) -> None:
    name = app.prompts.templates("assistant")[-1]
    answer = app.ask("Hello?", task="assistant", patch={"template": name}, model=ScriptedModel("Hello."))
    page = opened(str(answer.thread))
    assert next(menu.value for menu in page.selectbox if menu.label == "Template") == name


def test_a_task_that_is_gone_is_not_begun_with(app: Cairn, thread: str, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [name for name in app.prompts.tasks() if name != "math"]
    monkeypatch.setattr(PromptStore, "tasks", lambda _self: left)
    assert task(opened(thread)) == app.settings.task
