"""No key and no password gets into an error, an event, what is stored of a run, or what is printed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from cairn.agents.service import Cairn
from cairn.core import secrets
from cairn.core.errors import ModelRefused, ToolError
from cairn.core.secrets import all_scrubbed, scrubbed
from cairn.core.settings import Settings, load_settings
from cairn.databases.connections.database_addresses import parse
from cairn.ui.cli.terminal import shown
from tests.scripted import ScriptedModel, calls

SECRET = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=8, max_size=40).map(
    lambda text: f"s{text}S"
)
SECRET_SETTINGS = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
ADDRESSES = ["base_url", "embeddings_base_url", "chroma_url", "searx_url"]


@contextmanager
def fresh() -> Iterator[None]:
    """Secrets that are kept inside are forgotten afterwards."""
    kept, pattern = set(secrets._kept), secrets._any
    secrets._kept.clear()
    secrets._any = None
    try:
        yield
    finally:
        secrets._kept.clear()
        secrets._kept.update(kept)
        secrets._any = pattern


def leaks(secret: str, text: str) -> bool:
    return secret in text or quote(secret, safe="") in text


@pytest.mark.parametrize("name", SECRET_SETTINGS)
@given(secret=SECRET, around=st.text(max_size=20))
def test_every_secret_setting_is_left_out_of_errors_data_and_the_terminal(name: str, secret: str, around: str) -> None:
    with fresh():
        load_settings("/nowhere", **{name: secret})
        said = f"{around} {secret} {around}"
        for error in (ToolError(said, said), ModelRefused("No.", f"Key {secret} is wrong.")):
            assert not leaks(secret, f"{error} {error.message} {error.hint} {error!r} {error.args}")
        assert not leaks(secret, json.dumps(all_scrubbed({"a": [said, {"b": (said, 1)}], said: None}), default=str))
        assert not leaks(secret, shown(said, io.StringIO()))


@pytest.mark.parametrize("name", ADDRESSES)
@given(secret=SECRET)
def test_a_password_in_an_address_is_one(name: str, secret: str) -> None:
    address = f"http://ann:{quote(secret, safe='')}@host:8000/v1"
    with fresh():
        settings = load_settings("/nowhere", **{name: address})
        for said in (f"No connection to {address}.", f"The password {secret} was refused.", str(settings)):
            assert not leaks(secret, str(ToolError(scrubbed(said))))


@given(secret=SECRET)
def test_a_databases_password_is_one(secret: str) -> None:
    with fresh():
        parse(f"postgresql://ann:{quote(secret, safe='')}@host/shop")
        assert not leaks(secret, str(ToolError(f'FATAL: password "{secret}" is wrong for ann')))


def test_a_weak_password_is_taken_out_of_no_longer_word() -> None:
    with fresh():
        parse("postgresql://ann:postgres@host/shop")
        assert scrubbed("postgresql says: postgres is wrong") == "postgresql says: *** is wrong"
        load_settings("/nowhere", database_url="postgresql+psycopg://mariadb:mariadb@host/db")
        assert scrubbed("mariadb is away") == "mariadb is away"


@given(st.text(max_size=80))
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    with fresh():
        if "://" not in text:
            assert scrubbed(text) == text


@pytest.mark.parametrize(
    ("text", "shown_as"),
    [
        ("see https://ann:open-sesame@host/x", "see https://***@host/x"),
        ("postgresql://ann:***@host/shop", "postgresql://ann:***@host/shop"),
        ("https://host/a?b=c:d@e postgresql://ann@host", "https://host/a?b=c:d@e postgresql://ann@host"),
        ("https://a-token-without-a-name@host/x", "https://***@host/x"),
        ("把 https://安:密码密码@例子.cn 给我", "把 https://***@例子.cn 给我"),
    ],
)
def test_user_and_password_in_any_address_go(text: str, shown_as: str) -> None:
    assert scrubbed(text) == shown_as


def test_a_key_that_comes_back_is_neither_shown_nor_stored(settings: Settings, tmp_path: Path) -> None:
    key = "sk-echoed-0123456789"
    with fresh():
        app = Cairn(settings.model_copy(update={"api_key": SecretStr(key)}))
        app.settings.keep_secrets()
        call = calls(("calculator", {"expression": f"1 + {key}"}))
        answers: list[Any] = [
            app.ask("One?", task="math", model=ScriptedModel(call, f"It is {key}.")),
            app.ask("Two?", task="math", model=ScriptedModel(ModelRefused(f"Incorrect key: {key}."))),
        ]
        told = [event.data for answer in answers for event in app.events(answer.run or "")]
        kept = [message.text for answer in answers for message in app.threads.history(answer.thread or "", 10_000)]
        database = Path(settings.home, "cairn.db").read_bytes()
        app.close()
    assert "***" in (answers[0].answer or "") and "***" in (answers[1].error or "")
    assert key not in json.dumps([told, kept, [answer.model_dump() for answer in answers]])
    assert key.encode() not in database
