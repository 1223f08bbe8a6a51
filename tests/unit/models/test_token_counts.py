from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import requests
import tiktoken_ext.openai_public
from langchain_core.messages import HumanMessage
from pytest_socket import disable_socket, enable_socket

from cairn.core.clean_text import approximate_tokens
from cairn.core.errors import ModelUnavailable
from cairn.core.settings import Home, Settings
from cairn.models.model_registry import make_chat_model
from cairn.models.token_counts import FILES, URL, counter_of, get_encodings, token_counter
from tests.encodings import CL100K_NAME, cl100k, put_cl100k
from tests.scripted import ScriptedModel

TEXT = "How many orders? 多少订单"
TOKENS = 8  # 9 by the approximation


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """tiktoken's own cache, empty."""
    monkeypatch.delenv("DATA_GYM_CACHE_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = tmp_path / "data-gym-cache"
    made.mkdir()
    return made


@pytest.mark.parametrize(
    "model", ["builtin", "openai:gpt-5-mini", "ollama:qwen3:8b", "gpt-4o", "anthropic:claude-sonnet-4-5", "replay:x"]
)
def test_without_its_file_a_count_is_approximate_and_says_so(model: str) -> None:
    disable_socket()
    try:
        counter = token_counter(model)
        assert not counter.exact
        assert counter(TEXT) == approximate_tokens(TEXT)
    finally:
        enable_socket()


def test_a_damaged_file_is_neither_used_nor_fetched_again(folder: Path) -> None:
    (folder / CL100K_NAME).write_bytes(b"IQ== 0\n")
    assert not token_counter("openai:gpt-4").exact
    assert (folder / CL100K_NAME).exists()


@pytest.mark.parametrize("place", ["home", "tiktoken's own", "the variable's"])
def test_where_the_file_is_counts_are_the_models_own(
    place: str, folder: Path, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {"home": home.root / "tiktoken", "tiktoken's own": folder, "the variable's": tmp_path / "named"}
    if place == "the variable's":
        monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(folders[place]))
    put_cl100k(folders[place])
    before = dict(os.environ)
    counter = token_counter("openai:gpt-4", home.root)
    assert counter.exact
    assert counter(TEXT) == TOKENS != approximate_tokens(TEXT)
    assert counter("<|endoftext|> lone \ud800") > 3, "a text is never read as one of a model's marks"
    assert counter.messages([HumanMessage(TEXT), HumanMessage(TEXT)]) == 2 * (TOKENS + 4)
    assert dict(os.environ) == before


def test_a_chat_model_has_the_counter_of_its_name(home: Home, settings: Settings) -> None:
    put_cl100k(home.root / "tiktoken")
    model = make_chat_model("gpt-4", settings.model_copy(update={"base_url": "http://127.0.0.1:9/v1"}))
    assert counter_of(model).exact
    assert model.get_num_tokens(TEXT) == counter_of(model)(TEXT) == TOKENS
    assert model.get_num_tokens_from_messages([HumanMessage(TEXT)]) == TOKENS + 4
    assert not counter_of(make_chat_model("builtin", settings)).exact
    assert not counter_of(ScriptedModel()).exact


def test_an_encoding_is_fetched_once_into_the_home(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("tiktoken.load.read_file", lambda url: asked.append(url) or cl100k().read_bytes())
    told: list[str] = []
    models = ["gpt-4", "openai:gpt-3.5-turbo", "builtin", "anthropic:claude-sonnet-4-5"]
    assert get_encodings(models, home.root, told.append) == [home.root / "tiktoken" / CL100K_NAME]
    assert asked == [URL.format("cl100k_base")]
    assert told == [f"Downloading {asked[0]}"]
    assert token_counter("gpt-4", home.root).exact
    assert get_encodings(models, home.root, told.append) == [home.root / "tiktoken" / CL100K_NAME]
    assert len(asked) == len(told) == 1
    assert [path.name for path in (home.root / "tiktoken").iterdir()] == [CL100K_NAME]
    assert get_encodings(["builtin"], home.root, told.append) == []


def test_an_encoding_goes_where_the_variable_says(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "mirror"))
    monkeypatch.setattr("tiktoken.load.read_file", lambda url: cl100k().read_bytes())
    assert get_encodings(["gpt-4"], home.root, print) == [tmp_path / "mirror" / CL100K_NAME]
    assert token_counter("gpt-4", home.root).exact


def _offline(url: str) -> bytes:
    raise requests.ConnectionError("no route to host")


@pytest.mark.parametrize("read", [_offline, lambda url: b"a page of the proxy's"])
def test_what_could_not_be_fetched_is_told_and_leaves_nothing(
    read: object, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tiktoken.load.read_file", read)
    with pytest.raises(ModelUnavailable) as raised:
        get_encodings(["gpt-4"], home.root, print)
    assert URL.format("cl100k_base") in raised.value.message
    assert CL100K_NAME in str(raised.value.hint) and "TIKTOKEN_CACHE_DIR" in str(raised.value.hint)
    assert not list((home.root).glob("tiktoken/*"))
    assert not token_counter("gpt-4", home.root).exact


def test_a_file_that_has_gone_is_not_fetched_in_the_middle_of_a_question(folder: Path) -> None:
    file = put_cl100k(folder)
    counter = token_counter("gpt-4")
    file.unlink()
    assert counter(TEXT) == approximate_tokens(TEXT)


@pytest.mark.parametrize("encoding", FILES)
def test_the_files_are_those_that_tiktoken_would_fetch(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[tuple[str, str | None]] = []

    def note(url: str, expected_hash: str | None = None) -> dict[bytes, int]:
        fetched.append((url, expected_hash))
        return {}

    monkeypatch.setattr(tiktoken_ext.openai_public, "load_tiktoken_bpe", note)
    getattr(tiktoken_ext.openai_public, encoding)()
    file, digest = FILES[encoding]
    assert fetched == [(URL.format(file), digest)]


def test_whoever_knows_the_model_counts_as_it_does() -> None:
    """Approximate counting is left to what must not depend on the model that reads."""
    root = Path(__file__).parents[3]
    packages = ("agents", "chains", "databases", "evals", "memory", "models", "prompts", "retrieval", "tools", "ui")
    files = [path for package in packages for path in (root / package).rglob("*.py")]
    calling = {
        path.relative_to(root).as_posix() for path in files if re.search(r"approximate_tokens\(", path.read_text())
    }
    assert calling == {
        "agents/grounding.py",  # compares two texts with each other
        "agents/task_tools.py",  # where no model told what it took
        "models/builtin/builtin_chat.py",  # has no tokens but these
        "models/token_counts.py",
        "retrieval/hit.py",  # what is found is the same for every model
        "retrieval/splitting.py",  # is in the index's fingerprint
    }
