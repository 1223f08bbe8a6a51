"""The card on the page, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from cairn.agents.service import Cairn
from cairn.core.app_tables import EventRow, RunRow
from cairn.models import model_registry
from cairn.ui.web import APP
from tests.letters import sent
from tests.scripted import ScriptedModel, calls

PATCH: dict[str, Any] = {"tools": ["letters"], "approve": ["send"]}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """What answers also when the page goes on with a run, which it asks for by its name."""
    scripted, made = (
        ScriptedModel(calls(("send", {"to": "Ann", "text": "Hello", "copies": 1})), "Done."),
        model_registry.make_chat_model,
    )
    monkeypatch.setattr(
        model_registry,
        "make_chat_model",
        lambda name, *rest: made(scripted if name == "ScriptedModel" else name, *rest),
    )
    return scripted


@pytest.fixture
def waiting(app: Cairn, file: Path, model: ScriptedModel) -> str:
    handle = app.start("Write to Ann.", task="math", patch=PATCH, model=model)
    list(app.follow(handle.run))
    return handle.run


@pytest.fixture
def page(app: Cairn, waiting: str) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.query_params["thread"] = str(app.answer(waiting).thread)
    return page.run()


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click().run()


def shown(page: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in page.get("html"))


def settled(app: Cairn, run: str, page: AppTest) -> None:
    list(app.follow(run))
    page.run()
    assert not page.exception


def test_approve(app: Cairn, waiting: str, page: AppTest, file: Path) -> None:
    assert page.chat_input[0].disabled
    assert "<code>send</code>" in shown(page)
    press(page, "Approve")
    settled(app, waiting, page)
    assert sent(file) == ["Ann: Hello"]
    assert "Done." in shown(page)
    assert not page.chat_input[0].disabled
    assert "Approve" not in [button.label for button in page.button]


def test_reject(app: Cairn, waiting: str, page: AppTest, file: Path) -> None:
    press(page, "Reject")
    settled(app, waiting, page)
    assert sent(file) == []
    assert "You said no to send." in shown(page)


def test_changed_arguments(app: Cairn, waiting: str, page: AppTest, file: Path) -> None:
    fields = {field.label: field for field in page.text_input}
    fields["text"].set_value("你好 <b>").run()
    press(page, "Approve")
    settled(app, waiting, page)
    assert sent(file) == ["Ann: 你好 <b>"]


def test_arguments_that_the_tool_does_not_take_leave_it_waiting(
    app: Cairn, waiting: str, page: AppTest, file: Path
) -> None:
    {field.label: field for field in page.text_input}["copies"].set_value("many").run()
    press(page, "Approve")
    assert "copies" in page.toast[0].value
    assert app.waiting(waiting)
    assert sent(file) == []


def test_approved_in_another_window_it_is_not_made_twice(app: Cairn, waiting: str, page: AppTest, file: Path) -> None:
    app.decide(waiting, app.waiting(waiting)[0]["id"], "approve")
    list(app.follow(waiting))
    press(page, "Approve")
    assert "decided already" in page.toast[0].value
    assert sent(file) == ["Ann: Hello"]


def test_stop(app: Cairn, waiting: str, page: AppTest, file: Path) -> None:
    press(page, "Stop")
    settled(app, waiting, page)
    assert (app.workspace.runs.state(waiting), sent(file)) == ("stopped", [])


def test_an_answer_that_was_broken_off_can_be_gone_on_with(app: Cairn, waiting: str, page: AppTest, file: Path) -> None:
    app.decide(waiting, app.waiting(waiting)[0]["id"], "approve")
    list(app.follow(waiting))
    with app.workspace.database.session() as session:
        last = session.query(EventRow).where(EventRow.run == waiting).order_by(EventRow.seq.desc()).first()
        session.delete(last)
        died = {"state": "running", "process": "elsewhere:1:1", "heartbeat": 0}
        session.execute(update(RunRow).where(RunRow.id == waiting).values(**died))
    app.workspace._models.clear()
    page.run()
    assert "The program was ended" in shown(page)
    st.cache_resource.clear()
    page.run()
    press(page, "Go on")
    assert not page.exception
