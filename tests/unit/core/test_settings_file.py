"""Settings that the program writes, and keys that it keeps."""

from __future__ import annotations

import os
import stat
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core import key_store
from cairn.core.errors import SettingsError, UsageError
from cairn.core.key_store import KeyStore
from cairn.core.secrets import scrubbed
from cairn.core.settings import Home, load_settings
from cairn.core.settings_file import change_settings, toml_value


def test_a_setting_is_changed_and_all_else_stays(home: Home) -> None:
    home.settings.write_text('# mine\ntask = "plan" # why\ntimeout = 5\n\n[prices]\n"m" = [1, 2]\n', "utf-8")
    settings = change_settings(home.root, task="math", retries=3, timeout=None)
    assert (settings.task, settings.retries, settings.timeout, settings.prices) == ("math", 3, 60, {"m": (1, 2)})
    assert home.settings.read_text("utf-8") == '# mine\ntask = "math"\n\nretries = 3\n[prices]\n"m" = [1, 2]\n'


def test_what_is_wrong_is_not_written(home: Home) -> None:
    home.settings.write_text("[prices]\nm = [1, 2]\n", "utf-8")
    for wrong in ({"retries": 99}, {"prices": {"x": [1, 2]}}):
        with pytest.raises(SettingsError):
            change_settings(home.root, **wrong)
        assert home.settings.read_text("utf-8") == "[prices]\nm = [1, 2]\n"


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.dictionaries(st.text(st.characters(codec="ascii")), st.floats(0, 9)),
)
def test_every_value_is_toml(text: str, prices: dict[str, float]) -> None:
    read = tomllib.loads(f"a = {toml_value(text)}\nb = {toml_value(prices)}\n")
    assert read == {"a": text, "b": prices}


@pytest.fixture
def store(home: Home, monkeypatch: pytest.MonkeyPatch) -> KeyStore:
    monkeypatch.setattr(key_store, "_keyring", lambda: None)
    monkeypatch.setenv("SOME_API_KEY", "")
    return KeyStore(home.root)


def test_a_key_is_used_hidden_and_of_its_owner_alone(home: Home, store: KeyStore) -> None:
    store.set("SOME_API_KEY", " sk-a-long-secret ")
    assert (store.names(), store.place, os.environ["SOME_API_KEY"]) == (["SOME_API_KEY"], "file", "sk-a-long-secret")
    assert scrubbed("it was sk-a-long-secret") == "it was ***"
    assert stat.S_IMODE((home.root / key_store.FILE).stat().st_mode) == 0o600
    del os.environ["SOME_API_KEY"]
    KeyStore(home.root).use()
    assert os.environ["SOME_API_KEY"] == "sk-a-long-secret"
    store.remove("SOME_API_KEY")
    assert (store.names(), os.environ.get("SOME_API_KEY")) == ([], None)
    assert b"sk-a-long" not in (home.root / key_store.FILE).read_bytes()


def test_a_variable_that_is_set_wins_and_no_key_is_none(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.set("SOME_API_KEY", "sk-of-the-store")
    monkeypatch.setenv("SOME_API_KEY", "sk-of-the-environment")
    store.use()
    assert os.environ["SOME_API_KEY"] == "sk-of-the-environment"
    for wrong in ("", "  ", "two words"):
        with pytest.raises(UsageError):
            store.set("SOME_API_KEY", wrong)


def test_settings_use_the_keys_of_their_home(home: Home, store: KeyStore) -> None:
    store.set("SOME_API_KEY", "sk-a-long-secret")
    del os.environ["SOME_API_KEY"]
    load_settings(home.root)
    assert os.environ["SOME_API_KEY"] == "sk-a-long-secret"
