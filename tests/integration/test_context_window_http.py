"""The window of a model is read from its server, and a prompt that is too long for it is told with both numbers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cairn.agents.service import Cairn
from cairn.core.clean_text import approximate_tokens
from cairn.core.errors import PromptTooLong
from cairn.core.events import listening
from cairn.core.settings import Home, load_settings
from cairn.models.model_facts import ask_window, window_source
from cairn.models.model_registry import make_chat_model
from tests.server import Reply, Server, call

Start = Callable[..., Cairn]


@pytest.fixture
def start(home: Home, server: Server) -> Iterator[Start]:
    opened: list[Cairn] = []

    def open_app(**more: Any) -> Cairn:
        opened.append(
            Cairn(load_settings(home.root, model="openai:test-model", base_url=server.url, retries=0, **more))
        )
        return opened[-1]

    yield open_app
    for app in opened:
        app.close()


def refused(error: dict[str, Any], status: int = 400) -> Reply:
    return Reply(status=status, body=json.dumps({"error": error}).encode())


LLAMA = refused(
    {"code": 400, "message": "too big", "type": "exceed_context_size_error", "n_prompt_tokens": 5000, "n_ctx": 2048}
)
TOO_LONG = [
    LLAMA,
    refused(
        {
            "code": "context_length_exceeded",
            "message": "This model's maximum context length is 2048 tokens. However, you sent 5000 tokens.",
        }
    ),
    refused({"message": "This model's maximum context length is 2,048 tokens, your request has 5,000 input tokens"}),
    refused({"message": "prompt is too long: 5000 tokens > 2048 maximum"}),
    refused({"message": "The request exceeds the available context size: 5000 of 2048 tokens"}, 500),
]


@pytest.mark.parametrize(
    "about", [{"meta": {"n_ctx": 2048, "n_ctx_train": 9999}}, {"max_model_len": 2048}, {"context_length": 2048}]
)
def test_it_is_read_from_the_server_and_kept(server: Server, home: Home, start: Start, about: dict[str, Any]) -> None:
    server.about_models = about
    server.answer = lambda _request: "4"
    start().ask("2 + 2?", task="math")
    assert server.requests[0]["max_tokens"] == 1024
    server.about_models = {}
    model = make_chat_model("openai:test-model", load_settings(home.root, base_url=server.url))
    assert (model.takes, window_source(model)) == (2048, "as its server says")


def test_a_setting_wins(server: Server, start: Start) -> None:
    server.about_models = {"max_model_len": 2048}
    model = start(context_window=5000).workspace.chat_model(None)
    assert (model.takes, window_source(model)) == (5000, "the `context_window` setting")


@pytest.mark.parametrize(("parameters", "window"), [('stop "x"\nnum_ctx    8192', 8192), ("", 4096)])
def test_ollama_tells_what_it_gives_a_model(
    server: Server, start: Start, monkeypatch: pytest.MonkeyPatch, parameters: str, window: int
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", server.url.removeprefix("http://").removesuffix("/v1"))
    server.about_models = {"parameters": parameters}
    assert start().workspace.chat_model("ollama:test-model").takes == window


def test_a_server_that_says_nothing_of_itself_is_waited_for_once_and_briefly(
    server: Server, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked while the model is made, and what it says later is known from then on."""
    says = threading.Event()

    def late(*_asked: object) -> int:
        says.wait()
        return 2048

    monkeypatch.setattr("cairn.models.model_facts.served_window", late)
    waited: list[float | None] = []
    model = start().workspace.chat_model(None)
    asking = model.facts.asking
    assert asking is not None
    result = asking.result

    def wait(timeout: float | None = None) -> int | None:
        waited.append(timeout)
        return result(timeout)

    monkeypatch.setattr(asking, "result", wait)
    assert (model.takes, model.takes) == (16_000, 16_000)
    assert waited == [0.3, 0]
    says.set()
    result(10)
    assert model.takes == 2048


def test_a_server_that_need_not_be_asked_is_not(home: Home, server: Server) -> None:
    for name in ("builtin", "replay:x", "gguf:x", "anthropic:x"):
        assert ask_window(name, load_settings(home.root, base_url=server.url)) is None
    assert ask_window("openai:gpt-5", load_settings(home.root, base_url="https://api.openai.com/v1")) is None


@pytest.mark.parametrize("reply", TOO_LONG)
def test_a_prompt_that_is_too_long_is_one_error_with_both_numbers(server: Server, home: Home, reply: Reply) -> None:
    server.say(reply, reply)
    model = make_chat_model("openai:m", load_settings(home.root, base_url=server.url, retries=0))
    with pytest.raises(PromptTooLong, match=r"takes 2048 tokens, and this was 5000") as caught:
        model.invoke("Hi")
    assert caught.value.window == 2048


def test_an_answer_that_only_might_not_fit_is_asked_for_again_shorter(server: Server, home: Home) -> None:
    server.say(TOO_LONG[2], "4")
    model = make_chat_model("openai:m", load_settings(home.root, base_url=server.url, retries=0), None, 4096)
    assert model.invoke("Hi").text == "4"
    assert [request["max_tokens"] for request in server.requests] == [4096, 1024]


def test_what_the_tools_found_is_the_answer_when_the_prompt_has_become_too_long(server: Server, start: Start) -> None:
    server.say(call("calculator", {"expression": "6*7"}), LLAMA, LLAMA)
    answer = start(context_window=5000).ask("6 times 7?", task="math")
    assert (answer.error, answer.stopped_by) == (None, "context")
    assert "42" in (answer.answer or "")


def test_a_prompt_that_was_cut_without_a_word_is_noticed(server: Server, home: Home) -> None:
    told: list[str] = []
    server.say(Reply("4", usage=(500, 1)), Reply("4", usage=(2000, 1)))
    model = make_chat_model("openai:m", load_settings(home.root, base_url=server.url))
    with listening(lambda type, data: told.append(data["text"]) if type == "notice" else None):
        model.invoke("many words " * 700)
        model.invoke("many words " * 700)
    assert len(told) == 1 and "counted 500 tokens" in told[0]


async def test_what_the_server_counts_is_counted_on_from_then_on(start: Start, server: Server) -> None:
    """A prompt in a language of which the server makes twice the tokens that were guessed."""
    said = [" ".join(f"Гавань {n} открывается в шесть часов утра." for n in range(size)) for size in (20, 40, 60)]
    model = start(context_window=4_000).workspace.chat_model(None)
    guessed = model.get_num_tokens(said[2])
    for text in said:
        server.say(Reply("Да.", usage=(2 * approximate_tokens(text), 2)))
        await model.ainvoke(text)
    assert model.get_num_tokens(said[2]) == pytest.approx(2 * guessed, rel=0.1)
    assert start().workspace.chat_model(None).get_num_tokens(said[2]) == model.get_num_tokens(said[2])
    assert str(model.counter) == "approximately, as learned from its server"
