"""What the page Settings changes, without a browser."""

from __future__ import annotations

import os

import pytest
from streamlit.testing.v1 import AppTest

from cairn.core import key_store
from cairn.core.settings import Home, load_settings
from tests.unit.ui.web.conftest import page_of, press, shown


@pytest.fixture
def page(home: Home, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("CAIRN_SAMPLES", "false")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    monkeypatch.setattr(key_store, "_keyring", lambda: None)
    page = page_of("settings").run()
    assert not page.exception
    return page


def field(page: AppTest, label: str) -> int:
    return next(n for n, field in enumerate(page.text_input) if field.label == label)


def test_the_model_that_answers_is_tested(page: AppTest) -> None:
    press(page, "Test the model")
    assert "builtin answered in" in shown(page)


def test_a_limit_is_saved_and_what_is_no_number_is_said(page: AppTest, home: Home) -> None:
    page.text_input[field(page, "Retries of a failed call")].input("4")
    saves = [n for n, button in enumerate(page.button) if button.label == "Save"]
    page.button[saves[2]].click().run()
    assert not page.exception
    assert load_settings(home.root).retries == 4


def test_a_key_is_kept_and_never_shown(page: AppTest, home: Home) -> None:
    page.text_input[field(page, "Key")].input("sk-a-secret-of-the-page")
    saves = [n for n, button in enumerate(page.button) if button.label == "Save"]
    page.button[saves[1]].click().run()
    assert not page.exception
    assert os.environ["OPENAI_API_KEY"] == "sk-a-secret-of-the-page"
    assert "OPENAI_API_KEY is kept." in shown(page)
    assert "sk-a-secret" not in shown(page)
    press(page, "Forget")
    assert not os.environ.get("OPENAI_API_KEY")


def test_the_language_is_chosen_and_stays(page: AppTest, home: Home) -> None:
    page.selectbox(key="language_menu").select("zh").run()
    assert not page.exception
    assert "设置" in shown(page)
    assert '"language": "zh"' in (home.root / "page.json").read_text("utf-8")
