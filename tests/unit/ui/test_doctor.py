"""`cairn doctor` on homes where something is missing."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cairn.core.app_database import Database
from cairn.core.errors import UsageError
from cairn.core.settings import Home, Settings
from cairn.databases.database_registry import Databases
from cairn.ui.cli.run_doctor import doctor
from cairn.ui.cli.run_models import get
from tests.encodings import CL100K_NAME, cl100k, put_cl100k


@pytest.fixture
def dead() -> Iterator[int]:
    """A port on which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def found(capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, dict[str, Any]]:
    """The findings by what they are of."""
    with pytest.raises(SystemExit) as ended:
        doctor(None, as_json=True)
    assert ended.value.code == code
    return {finding["what"]: finding for finding in json.loads(capsys.readouterr().out)}


def test_the_vector_index_is_a_folder_of_the_home(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(capsys)["vector index"]["found"] == str(home.index / "chroma")


def test_a_chroma_server_that_is_down_is_told(
    home: Home, dead: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found(capsys)  # the samples are in: nothing else asks the server now
    monkeypatch.setenv("CAIRN_CHROMA_URL", f"http://127.0.0.1:{dead}")
    findings = found(capsys, code=1)
    assert [what for what, finding in findings.items() if not finding["ok"]] == ["vector index"]
    assert f"http://127.0.0.1:{dead} does not answer" in findings["vector index"]["found"]
    assert "`chroma_url`" in findings["vector index"]["mend"]


def test_an_app_database_that_is_down_is_named_by_its_setting(
    home: Home, dead: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql+psycopg://ann:s3cret@127.0.0.1:{dead}/app?sslpassword=hush"
    monkeypatch.setenv("CAIRN_DATABASE_URL", url)
    findings = found(capsys, code=1)
    assert findings["home"]["ok"]
    told = findings["app database"]
    assert "does not work" in told["found"]
    assert f"`database_url` is postgresql+psycopg://ann:***@127.0.0.1:{dead}/app" in told["mend"]
    assert not any(word in json.dumps(findings) for word in ("s3cret", "hush", "cairn doctor"))


def test_a_broken_file_of_the_app_database_is_named(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    (home.root / "cairn.db").write_bytes(b"not a database" * 100)
    told = found(capsys, code=1)["app database"]
    assert str(home.root / "cairn.db") in told["mend"]
    assert "database_url" not in told["mend"]


def test_a_home_that_cannot_be_made_is_the_homes_fault(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_HOME", "/proc/nope")
    assert list(found(capsys, code=1)) == ["Cairn", "home"]


def test_each_database_has_its_line_and_the_sample_steps_aside(
    home: Home, settings: Settings, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "sample" in found(capsys)["database shop"]["found"]
    registry = Databases(home, settings, database)
    for name in ("anna", "bob", "carl", "dora"):
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as made:
            made.execute("CREATE TABLE t (a)" if name != "dora" else "PRAGMA user_version = 1")
            made.commit()
        registry.add(name, f"sqlite:///{tmp_path / name}.db")
    (tmp_path / "anna.db").unlink()
    (tmp_path / "carl.db").unlink()
    findings = found(capsys, code=1)
    assert "database shop" not in findings
    assert [what for what, finding in findings.items() if not finding["ok"]] == ["database anna", "database carl"]
    assert findings["database bob"]["found"] == f"sqlite:///{tmp_path}/bob.db (1 tables)"
    assert "anna.db" in findings["database anna"]["found"]
    assert "no tables yet" in findings["database dora"]["mend"]


def test_whether_tokens_are_counted_exactly_is_told_of_each_model(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(home.root))
    monkeypatch.setenv("CAIRN_MODEL", "openai:gpt-4")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody")
    (home.prompts / "math").mkdir()
    (home.prompts / "math" / "task.yaml").write_text("strategy: direct\nmodel: builtin\n")
    told = found(capsys)["token counts"]
    assert told["found"] == "openai:gpt-4 approximate, builtin approximate"
    assert told["mend"] == "For openai:gpt-4 they can be exact: cairn models get tiktoken"
    put_cl100k(home.root / "tiktoken")
    told = found(capsys)["token counts"]
    assert (told["found"], told["mend"]) == ("openai:gpt-4 exact, builtin approximate", None)


def test_the_encodings_of_the_models_in_use_are_fetched(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(home.root))
    monkeypatch.setattr("tiktoken.load.read_file", lambda url: cl100k().read_bytes())
    monkeypatch.setenv("CAIRN_MODEL", "openai:gpt-4")
    get(None, "tiktoken")
    assert capsys.readouterr().out == "openai:gpt-4: tokens are counted exactly (cl100k_base)\n"
    assert (home.root / "tiktoken" / CL100K_NAME).is_file()
    with pytest.raises(UsageError, match="minilm, tiktoken"):
        get(None, "nope")
