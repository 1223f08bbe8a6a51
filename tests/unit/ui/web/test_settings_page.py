"""What the page Settings changes, without a browser."""

from __future__ import annotations

import json
import os
import stat
import sys
import time

import pytest
from streamlit.testing.v1 import AppTest

from cairn.agents.service import Cairn
from cairn.core.errors import StorageError
from cairn.core.key_store import FILE, KeyStore
from cairn.core.settings import Home, load_settings
from cairn.ui.web import background_jobs
from tests.server import Server
from tests.unit.ui.web.conftest import page_of, press, shown


@pytest.fixture
def page(home: Home, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("CAIRN_SAMPLES", "false")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    monkeypatch.setenv("CAIRN_API_KEY", "")
    monkeypatch.setitem(sys.modules, "keyring", None)  # as where it is not installed
    page = page_of("settings").run()
    assert not page.exception
    return page


def field(page: AppTest, label: str) -> int:
    return next(n for n, field in enumerate(page.text_input) if field.label == label)


def said_of_the_test(page: AppTest) -> str:
    """What the page says once the model has answered."""
    while not (job := background_jobs.job(page.session_state.model_test)) or not job.over:
        time.sleep(0.01)
    return shown(page.run())


def save(page: AppTest, form: int) -> None:
    """`form`: 0 for the model with its address and key, 1 for the limits."""
    saves = [n for n, button in enumerate(page.button) if button.label == "Save"]
    page.button[saves[form]].click().run()
    assert not page.exception


def test_the_model_that_answers_is_tested(page: AppTest) -> None:
    press(page, "Test the model")
    assert "builtin answered in" in said_of_the_test(page)


def test_a_model_its_address_and_their_key_are_saved_by_one_press_and_tested(page: AppTest, home: Home) -> None:
    with Server() as server:
        server.models = ["firm-model"]
        server.say("OK.")
        page.selectbox[2].select_index(0)
        page.text_input[field(page, "Address of your own server, up to /v1")].input(server.url)
        page.text_input[field(page, "Key for this server, else for the model's provider")].input("sk-of-the-firm")
        save(page, 0)
        assert "openai:firm-model answered in" in said_of_the_test(page)
        assert server.headers[-1]["authorization"] == "Bearer sk-of-the-firm"
        assert {"openai:firm-model"} == {name for name in page.selectbox[2].options if name.startswith("openai:")}
        assert page.text_input[field(page, "Key for this server")].value == ""
        assert f"A key for {server.url} is kept." in shown(page) and "sk-of-the-firm" not in shown(page)
    save(page, 1)
    assert page.selectbox[2].value == "auto" and load_settings(home.root).base_url == server.url


def test_a_model_chosen_in_the_chat_steps_back_when_another_is_saved(page: AppTest, home: Home) -> None:
    (home.root / "page.json").write_text('{"model": "openai:old", "theme": "dark"}')
    page.session_state.model = "openai:old"
    save(page, 0)
    assert page.session_state.model is None
    assert json.loads((home.root / "page.json").read_text()) == {"theme": "dark"}


def test_what_was_saved_before_stays_over_the_environment_when_more_is_saved(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_MODEL", "openai:old")
    with Cairn(load_settings(home.root)) as cairn:
        cairn.change(model="builtin")
        cairn.change(retries=4)
        assert (cairn.settings.model, cairn.settings.retries) == ("builtin", 4)
        cairn.change(model=None, retries=None)
        assert (cairn.settings.model, cairn.settings.retries) == ("auto", 2)


def test_a_limit_is_saved_and_what_is_no_number_is_said(page: AppTest, home: Home) -> None:
    page.text_input[field(page, "Retries of a failed call")].input("4")
    save(page, 1)
    assert load_settings(home.root).retries == 4


class Ring:
    """A system's keyring, as the package `keyring` gives it. `locked`: its user does not open it."""

    locked = False

    def __init__(self) -> None:
        self.keys: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, name: str) -> str | None:
        return self.keys.get((service, name))

    def set_password(self, service: str, name: str, key: str) -> None:
        if self.locked:
            raise RuntimeError("the prompt was dismissed")
        self.keys[service, name] = key

    def delete_password(self, service: str, name: str) -> None:
        if (service, name) not in self.keys:
            raise RuntimeError("there is no such password")
        del self.keys[service, name]


@pytest.mark.parametrize("ring", [Ring(), None], ids=["keyring", "file"])
def test_a_key_is_kept_in_the_keyring_or_a_file_of_its_owner_and_never_shown(
    page: AppTest, home: Home, monkeypatch: pytest.MonkeyPatch, ring: Ring | None
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", ring)
    page.selectbox[2].select("builtin")
    page.text_input[field(page, "Key for this server, else for the model's provider")].input("sk-a-secret-of-the-page")
    save(page, 0)
    assert os.environ["CAIRN_API_KEY"] == "sk-a-secret-of-the-page"
    assert "A key for all models is kept." in shown(page)
    assert "sk-a-secret" not in shown(page)
    file = home.root / FILE
    assert ("sk-a-secret" in file.read_text()) == (ring is None)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    if ring is not None:
        assert list(ring.keys.values()) == ["sk-a-secret-of-the-page"]
    monkeypatch.setenv("CAIRN_API_KEY", "")
    KeyStore(home.root).use()  # as the next start does
    assert os.environ["CAIRN_API_KEY"] == "sk-a-secret-of-the-page"
    press(page, "Forget")
    assert not os.environ.get("CAIRN_API_KEY")
    assert "sk-a-secret" not in file.read_text() and not (ring and ring.keys)


def test_a_keyring_that_refuses_says_so_and_what_it_lost_can_be_forgotten(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", ring := Ring())
    monkeypatch.setenv("SOME_API_KEY", "")
    store = KeyStore(home.root)
    store.set("SOME_API_KEY", "sk-a-secret")
    ring.locked = True
    with pytest.raises(StorageError, match="keyring"):
        store.set("SOME_API_KEY", "sk-another")
    assert os.environ["SOME_API_KEY"] == "sk-a-secret"
    ring.keys.clear()
    store.remove("SOME_API_KEY")
    assert store.names() == []


def test_the_language_is_chosen_and_stays(page: AppTest, home: Home) -> None:
    page.selectbox(key="language_menu").select("zh").run()
    assert not page.exception
    assert "设置" in shown(page)
    assert '"language": "zh"' in (home.root / "page.json").read_text("utf-8")
