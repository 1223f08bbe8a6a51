"""What the page shows of the memory, without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from cairn.core.recently_deleted import RecentlyDeleted
from cairn.core.settings import Home, load_settings
from cairn.memory.fact_store import Facts, facts_from
from cairn.models.embeddings import HashedEmbeddings
from cairn.tools.memory_tools import make_memory_tools
from tests.unit.ui.web.conftest import page_of, press


@pytest.fixture
def page(home: Home, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("CAIRN_SAMPLES", "false")
    return page_of("settings")


@pytest.fixture
def facts(home: Home) -> Facts:
    from cairn.core.app_database import open_database

    return Facts(open_database(load_settings(home.root).app_database), "local", HashedEmbeddings)


def test_facts_are_added_corrected_and_forgotten_on_the_page(page: AppTest, facts: Facts) -> None:
    page.run().text_input(key="fact:new").input("lives in *Berlin*").run()
    assert not page.exception
    assert page.toast[0].value.endswith(r"lives in \*Berlin\*")
    [fact] = facts.list()
    assert (fact.text, fact.said_by) == ("lives in *Berlin*", "user")
    assert page.text_input(key="fact:new").value == ""
    page.text_input(key=f"fact:{fact.id}").input("lives in Paris").run()
    [paris] = facts.list()
    assert paris.text == page.text_input(key=f"fact:{paris.id}").value == "lives in Paris"
    page.button(key=f"forget:{paris.id}").click().run()
    assert not page.exception
    assert facts.list(replaced=True) == []


def test_what_was_forgotten_can_be_had_back(page: AppTest, facts: Facts) -> None:
    fact = facts.add("lives in Berlin", "model").fact
    page.run().button(key=f"forget:{fact.id}").click().run()
    assert facts.list() == []
    press(page, "Undo")
    assert [(one.text, one.said_by) for one in facts.list()] == [("lives in Berlin", "model")]


def test_what_can_not_be_remembered_is_said_and_the_fact_stays(page: AppTest, facts: Facts) -> None:
    fact = facts.add("lives in Berlin").fact
    page.run().text_input(key=f"fact:{fact.id}").input("my password is 123").run()
    assert not page.exception
    assert "looks like a password" in page.toast[0].value
    field = page.text_input(key=f"fact:{fact.id}")
    assert (field.value, field.proto.set_value) == ("lives in Berlin", True), "else a browser keeps what was typed"
    assert facts.list() == [fact]


def test_the_field_of_a_fact_that_a_model_replaced_says_nothing(page: AppTest, facts: Facts) -> None:
    fact = facts.add("lives in Berlin").fact
    page.run()
    facts.add("lives in Bergen", "model", fact.id)
    page.text_input(key=f"fact:{fact.id}").input("").run()
    assert not page.exception
    assert len(page.toast) == 0
    assert [one.text for one in facts.list()] == ["lives in Bergen"]


def test_the_same_text_is_no_correction(page: AppTest, facts: Facts) -> None:
    fact = facts.add("lives in Berlin").fact
    page.run().text_input(key=f"fact:{fact.id}").input("lives in Berlin ").run()
    page.text_input(key=f"fact:{facts.list()[0].id}").input("lives in Berlin").run()
    assert len(page.toast) == 0


def test_what_a_conversation_forgot_can_be_had_back(page: AppTest, facts: Facts, home: Home) -> None:
    fact = facts.add("lives in Berlin", "model").fact
    with facts_from("thread", "run"):
        tools = {tool.name: tool for tool in make_memory_tools(facts, RecentlyDeleted(home.root, "local"))}
        assert tools["forget"].invoke({"fact": fact.id}) == "Forgotten: lives in Berlin"
    assert facts.list(replaced=True) == []
    page.run()
    next(button for button in page.button if (button.key or "").startswith("back:")).click().run()
    assert not page.exception
    assert facts.list() == [fact]
