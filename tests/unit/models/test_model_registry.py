from __future__ import annotations

import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError, KeyRefused, ModelUnavailable, SettingsError
from cairn.core.settings import Home, Settings, load_settings
from cairn.models.model_registry import choose_model, list_models, make_chat_model
from cairn.models.providers import ollama_url


@pytest.fixture(autouse=True)
def _no_ollama(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{free.getsockname()[1]}")


def test_auto_without_anything_is_the_builtin_model(settings: Settings) -> None:
    choice = choose_model(settings)
    assert choice.name == "builtin"
    assert "no key" in choice.reason


def test_auto_takes_the_provider_whose_key_is_set(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    choice = choose_model(settings)
    assert choice.name.startswith("openai:")
    assert choice.reason == "OPENAI_API_KEY is set"
    assert "sk-secret" not in repr(list_models(settings))
    model = make_chat_model("auto", settings)
    assert model.model_name == choice.name
    assert model.address == "https://api.openai.com/v1"
    assert model.needs_finish


def test_a_key_without_its_package_is_not_chosen_but_listed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "secret")
    assert choose_model(settings).name == "builtin"
    groq = next(info for info in list_models(settings) if info.name.startswith("groq:"))
    assert (groq.usable, groq.reason) == (False, "pip install langchain-groq")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("openai:gpt-5-mini", "OPENAI_API_KEY"),
        ("groq:llama", "pip install langchain-groq"),
        ("cohere:command", "langchain-cohere"),
        ("gpt-5-mini", "openai:NAME"),
        ("nobody:model", "nobody"),
        ("openai:", "openai:NAME"),
        ("", "provider"),
        ("replay:/no/such/file", "CAIRN_RECORD"),
    ],
)
def test_names_that_can_not_be_used_say_what_to_do(settings: Settings, name: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        make_chat_model(name, settings)
    assert says in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_base_url_that_is_none_is_refused(home: Home) -> None:
    with pytest.raises(CairnError, match="base_url"):
        make_chat_model("m", load_settings(home.root, base_url="localhost:8000"))


def test_a_given_temperature_wins_over_the_setting(home: Home) -> None:
    settings = load_settings(home.root, base_url="http://127.0.0.1:1/v1", temperature=0.5)
    assert make_chat_model("m", settings).inner.temperature == 0.5  # type: ignore[attr-defined]
    assert make_chat_model("m", settings, temperature=0).inner.temperature == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        (":8000", "http://127.0.0.1:8000"),
        ("box:8000", "http://box:8000"),
        ("https://box", "https://box:443"),
        ("[::1]:1234", "http://[::1]:1234"),
    ],
)
def test_ollama_host_is_read_as_ollama_reads_it(monkeypatch: pytest.MonkeyPatch, host: str, url: str) -> None:
    monkeypatch.setenv("OLLAMA_HOST", host)
    assert ollama_url() == url


def test_importing_the_names_loads_no_client() -> None:
    heavy = "('langchain_core', 'openai', 'tiktoken')"
    code = f"import cairn.models.model_registry, sys; print(*(m for m in {heavy} if m in sys.modules))"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True).stdout == "\n"


def test_with_an_address_only_what_is_served_there_is_offered(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    assert "openai:gpt-5-mini" in Cairn(load_settings(home.root)).choices()
    assert "openai:gpt-5-mini" not in Cairn(load_settings(home.root, base_url="http://127.0.0.1:9/v1")).choices()


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(401)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


def test_a_server_that_refuses_the_key_when_it_is_asked_for_its_models_is_told_as_such(home: Home) -> None:
    with HTTPServer(("127.0.0.1", 0), _Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        settings = load_settings(home.root, model="auto", base_url=f"http://127.0.0.1:{server.server_port}/v1")
        with pytest.raises(KeyRefused, match="the key is missing or wrong"):
            choose_model(settings)
        server.shutdown()


def test_a_password_in_an_address_is_never_shown(settings: Settings) -> None:
    at_server = settings.model_copy(update={"base_url": "http://ann:secret@127.0.0.1:9/v1", "retries": 0})
    model = make_chat_model("openai:x", at_server)
    with pytest.raises(ModelUnavailable) as raised:
        model.invoke("hi")
    assert "127.0.0.1:9" in str(raised.value)
    assert "secret" not in f"{raised.value} {list_models(at_server)} {model!r}"
    with pytest.raises(SettingsError) as unnamed:
        choose_model(at_server)
    assert "secret" not in str(unnamed.value)


def test_a_name_that_only_shows_how_one_looks_is_not_offered(home: Home) -> None:
    """`gguf:FILE` stands in the list of what is possible, and can't be asked."""
    settings = load_settings(home.root)
    told = {info.name: info for info in list_models(settings)}
    assert not told["gguf:FILE"].choosable and told["builtin"].choosable
    assert "gguf:FILE" not in Cairn(settings).choices()
