from __future__ import annotations

from pathlib import Path

import pytest

from cairn.agents.service import Cairn
from cairn.core.app_database import open_database
from cairn.core.errors import SettingsError
from cairn.core.settings import load_settings


def test_a_home_may_have_any_name(tmp_path: Path) -> None:
    root = tmp_path / "ho me 中文 #1 %41 a?b=c"
    app = Cairn(load_settings(root))
    app.threads.new("x")
    app.close()
    assert (root / "cairn.db").is_file()


def test_a_variable_that_is_not_json_is_a_setting_that_is_wrong(home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_PRICES", "{bad")
    with pytest.raises(SettingsError, match="prices"):
        load_settings()


def test_a_password_that_breaks_the_address_is_not_told(home: object) -> None:
    with pytest.raises(SettingsError) as raised:
        open_database("postgresql+psycopg://u:secret@h:secret/db")
    assert "secret" not in str(raised.value)
