"""Which conversations the page lists: its own, and where it is wished those that began elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from cairn.agents.service import Cairn
from cairn.core import event_loop
from cairn.core.settings import Settings
from cairn.ui.web import APP
from tests.scripted import ScriptedModel
from tests.unit.ui.web.conftest import labels, press


@pytest.fixture
def app(settings: Settings) -> Iterator[Cairn]:
    opened = Cairn(settings)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def elsewhere(app: Cairn) -> str:
    """A conversation of the terminal, beside one of a program, one of the page, and one of nobody knows where."""
    app.threads.new("From long ago")
    app.ask("On the page", task="math", model=ScriptedModel("Yes."), origin="page")
    app.ask("By a program", task="math", model=ScriptedModel("Yes."))
    return str(app.ask("In the terminal", task="math", model=ScriptedModel("Yes."), origin="terminal").thread)


def opened(thread: str | None = None) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=60)
    if thread:
        page.query_params["thread"] = thread
    page.run()
    assert not page.exception
    return page


def listed(page: AppTest) -> set[str]:
    return set(labels(page)) - {"New conversation"}


WORD_JOINER = "\u2060"  # within a time, which is no name of an icon
OWN = {"From long ago", "On the page"}
ALL = {*OWN, "Program · By a program", "Terminal · In the terminal"}


def test_what_began_elsewhere_is_listed_on_wish_with_where_that_was() -> None:
    page = opened()
    assert listed(page) == OWN
    [others] = page.toggle
    assert "2" in others.label
    others.set_value(True).run()
    assert listed(page) == ALL
    assert listed(opened()) == ALL  # the choice is kept


def test_where_nothing_began_elsewhere_there_is_nothing_to_choose(app: Cairn) -> None:
    for thread in app.threads.list():
        if thread.origin in ("terminal", "program"):
            app.threads.delete(thread.id)
    page = opened()
    assert listed(page) == OWN and not page.toggle


def test_a_search_finds_it_wherever_it_began() -> None:
    page = opened()
    next(field for field in page.text_input if field.key == "thread_search").set_value("terminal").run()
    assert listed(page) == {"Terminal · In the terminal"}


def test_what_goes_on_on_the_page_is_the_pages(app: Cairn, elsewhere: str) -> None:
    app.ask("More", thread=elsewhere, task="math", model=ScriptedModel("Yes."), origin="page")
    app.ask("And more", thread=elsewhere, task="math", model=ScriptedModel("Yes."), origin="terminal")
    assert listed(opened()) == {*OWN, "In the terminal"}


def test_a_branch_began_where_its_conversation_did(app: Cairn, elsewhere: str) -> None:
    assert app.threads.get(app.branch(elsewhere, name="Off")).origin == "terminal"


@pytest.mark.parametrize("state", ["running", "waiting"])
def test_what_is_being_answered_elsewhere_is_listed_and_can_be_opened(app: Cairn, elsewhere: str, state: str) -> None:
    runs = app.workspace.runs
    run = runs.begin(elsewhere, "Still there?", origin="terminal")
    if state == "waiting":
        event_loop.start(runs.pause(run, [])).result()
    page = opened()
    assert listed(page) == {*OWN, "Terminal · In the terminal"}
    assert [button.label for button in page.button if button.help == "Being answered"] == ["Terminal · In the terminal"]
    press(page, "Terminal · In the terminal")
    assert page.query_params["thread"] == elsewhere
    app.stop(run)


def test_the_open_one_stays_in_the_list_with_its_menu(elsewhere: str) -> None:
    page = opened(elsewhere)
    assert "Delete this conversation" in labels(page)


def test_what_is_called_alike_is_told_apart_by_when_it_began_and_that_comes_first(app: Cairn) -> None:
    app.threads.new("From long ago")
    alike = [label.replace(WORD_JOINER, "") for label in labels(opened()) if "long ago" in label]
    assert len(alike) == 2 and all(re.fullmatch(r"\d\d:\d\d · From long ago", label) for label in alike)
