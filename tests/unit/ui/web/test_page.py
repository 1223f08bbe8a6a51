"""The page without a browser."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cairn.core.errors import UsageError
from cairn.core.settings import Home, load_settings
from cairn.samples import QUESTIONS
from cairn.ui.web import APP, chat_page, environment, page_home, serve
from cairn.ui.web.page_texts import text


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=60)


def shown(page: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in page.get("html"))


def test_a_broken_settings_file_is_explained(page: AppTest, home: Home) -> None:
    home.settings.write_text("model = [")
    page.run()
    assert "cairn-problem" in shown(page) and "not valid TOML" in shown(page)
    assert not page.exception


def test_where_no_model_can_be_chosen_the_menu_is_the_way_out(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_MODEL", "auto")
    monkeypatch.setenv("CAIRN_BASE_URL", "http://127.0.0.1:9/v1")
    page.run()
    assert "does not say which models it has" in shown(page) and not page.exception
    menu = next(menu for menu in page.selectbox if menu.label == "Model")
    menu.select("builtin").run()
    assert next(menu for menu in page.selectbox if menu.label == "Model").value == "builtin"


def test_a_chinese_reader_is_told_of_the_task_and_offered_questions_in_chinese(
    page: AppTest, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[str] = []
    monkeypatch.setattr(chat_page, "conversation", lambda _thread, examples: offered.extend(examples))
    monkeypatch.setattr(page_home, "is_ready", lambda: True)
    page.session_state["language"] = "zh"
    page.run()
    assert not page.exception
    assert text("tasks.assistant", "zh") in shown(page)
    assert offered == list(QUESTIONS["zh"])


def test_the_server_gets_the_same_settings(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = load_settings(home.root, model="openai:x", api_key="sk-1", prices={"x": (1.0, 2.0)}, samples=False)
    for name, value in environment(given).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == given


@pytest.mark.parametrize("listens", [True, False])
def test_a_port_of_another_program_is_named_with_a_way_out(home: Home, listens: bool) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        if listens:
            taken.listen()
        with pytest.raises(UsageError, match=f"Another program has port {port}") as caught:
            serve(load_settings(), port, open_browser=False)
        assert f"cairn web --port {port + 1}" in str(caught.value.hint)
        assert f"CAIRN_WEB_PORT={port + 1} make run" in str(caught.value.hint)


def test_a_port_taken_while_the_page_starts_is_told_too(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with socket.socket() as quicker:

        class Beaten:
            """Streamlit as it ends when another program was quicker."""

            def __init__(self, *_command: object, **_options: object) -> None:
                quicker.bind(("127.0.0.1", port))
                quicker.listen()

            def wait(self) -> int:
                return 1

        monkeypatch.setattr("cairn.ui.web.subprocess.Popen", Beaten)
        monkeypatch.setattr("cairn.ui.web.signal.signal", lambda *_: None)
        with pytest.raises(UsageError, match=f"Another program has port {port}"):
            serve(load_settings(), port, open_browser=False)
