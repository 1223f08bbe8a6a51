"""Models over real HTTP: streaming, parallel calls, usage, and each fault ending in an error that can be read."""

from __future__ import annotations

import asyncio
import socket
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool

from cairn.core.errors import CairnError, ModelAnswerError, ModelRefused, ModelUnavailable, SettingsError
from cairn.core.events import listening
from cairn.core.settings import Home, Settings, load_settings
from cairn.models.guarded_model import GuardedChatModel
from cairn.models.model_registry import choose_model, list_models, make_chat_model
from cairn.models.rate_limits import RateLimiter
from tests.server import DRIP, EMPTY_CHOICES, HTML, NOT_JSON, Reply, Server, call, fault


@tool
def calculator(expression: str) -> str:
    """Works out a sum."""
    return expression


class Client:
    """A model at the tests' server, the events it emitted and the pauses it would have made."""

    def __init__(self, server: Server, home: Home, **options: Any) -> None:
        settings = load_settings(home.root, base_url=server.url, **options)
        self.events: list[tuple[str, Any]] = []
        self.pauses: list[float] = []
        self.model = make_chat_model("openai:test-model", settings)
        self.model.sleep = self._sleep
        self.model.limiter = RateLimiter(lambda: sum(self.pauses))

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def ask(self, question: str = "What is 2 + 2?") -> AIMessage:
        with listening(lambda type, data: self.events.append((type, data))):
            return self.model.bind_tools([calculator]).invoke([HumanMessage(question)])

    def seen(self, type: str) -> list[Any]:
        return [data for kind, data in self.events if kind == type]


@pytest.fixture
def client(server: Server, home: Home) -> Client:
    return Client(server, home)


def test_text_streams_in_pieces_and_is_told_with_its_usage(server: Server, home: Home) -> None:
    client = Client(server, home, prices={"test-model": (2, 10)})
    server.say(Reply("It is 四, as ever.", usage=(1000, 100)))
    answer = client.ask()
    assert answer.text == "It is 四, as ever."
    assert [event["text"] for event in client.seen("token")] == ["It", " is", " 四,", " as", " ever."]
    assert client.seen("usage") == [
        {"model": "openai:test-model", "input_tokens": 1000, "output_tokens": 100, "cost": 0.003}
    ]
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["total_tokens"] == 1100
    assert answer.response_metadata["finish_reason"] == "stop"
    assert server.requests[0]["tools"][0]["function"]["name"] == "calculator"


def test_usage_that_the_server_does_not_tell_is_unknown(server: Server, client: Client) -> None:
    server.say(Reply("4", usage=None))
    client.ask()
    assert client.seen("usage") == [
        {"model": "openai:test-model", "input_tokens": None, "output_tokens": None, "cost": None}
    ]


@pytest.mark.parametrize("how", ["invoke", "ainvoke", "stream", "astream"])
async def test_parallel_calls_arrive_whole_however_the_model_is_called(
    server: Server, client: Client, how: str
) -> None:
    server.say(call("calculator", {"expression": "2+2 等"}, "calculator", {"expression": "3*3"}, text="Let me see."))
    model, prompt = client.model.bind_tools([calculator]), [HumanMessage("Two sums")]
    match how:
        case "invoke":
            answer: Any = await asyncio.to_thread(model.invoke, prompt)
        case "ainvoke":
            answer = await model.ainvoke(prompt)
        case "stream":
            chunks = await asyncio.to_thread(lambda: list(model.stream(prompt)))
            answer = sum(chunks[1:], chunks[0])
        case _:
            chunks = [chunk async for chunk in model.astream(prompt)]
            answer = sum(chunks[1:], chunks[0])
    assert answer.text == "Let me see."
    assert [item["args"] for item in answer.tool_calls] == [{"expression": "2+2 等"}, {"expression": "3*3"}]
    assert len({item["id"] for item in answer.tool_calls}) == 2
    assert not answer.invalid_tool_calls
    assert answer.usage_metadata["output_tokens"] == 7


@pytest.mark.parametrize(
    "arguments", ['{"expression": "2+', "[1, 2]", '{"a": NaN}', "2+2", '{"a": 1} {"b": 2}', "null"]
)
@pytest.mark.parametrize("streamed", [True, False])
def test_malformed_arguments_are_named_and_never_a_call(
    server: Server, client: Client, arguments: str, streamed: bool
) -> None:
    server.say(call("calculator", arguments))
    model = client.model.bind_tools([calculator])
    chunks = list(model.stream("Sum")) if streamed else [model.invoke("Sum")]
    answer = sum(chunks[1:], chunks[0])  # type: ignore[arg-type]
    assert answer.tool_calls == []
    assert [item["name"] for item in answer.invalid_tool_calls] == ["calculator"]


def test_a_call_without_arguments_is_a_call(server: Server, client: Client) -> None:
    server.say(call("list_tables", ""))
    assert client.ask().tool_calls[0]["args"] == {}


def test_unknown_tools_come_through_for_the_agent_to_answer(server: Server, client: Client) -> None:
    server.say(call("no_such_tool", {"a": 1}))
    assert client.ask().tool_calls[0]["name"] == "no_such_tool"


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (fault(401), ModelRefused, "key"),
        (fault(403), ModelRefused, "key"),
        (fault(404, message="No such model"), ModelRefused, "No such model"),
        (fault(400, "context_length_exceeded", "Too long"), ModelRefused, "context_window"),
        (fault(429, "insufficient_quota"), ModelRefused, "quota"),
        (HTML, ModelAnswerError, "text/html: <!doctype html><title>Welcome"),
        (Reply(body=b'{"oh": "no"}'), ModelAnswerError, "/v1"),
        (EMPTY_CHOICES, ModelAnswerError, "without any answer"),
        (NOT_JSON, ModelAnswerError, "can't be read"),
        (Reply("One two three", cut="text"), ModelAnswerError, "cut off"),
        (Reply("One two three", cut="text", broken=False), ModelAnswerError, "cut off"),
        (Reply("One two three", cut="finish", broken=False), ModelAnswerError, "cut off"),
        (call("calculator", {"expression": "2+2"}, cut="arguments"), ModelAnswerError, "nothing was run"),
        (call("calculator", {"expression": "2+2"}, cut="arguments", broken=False), ModelAnswerError, "nothing was run"),
        (call("calculator", {"expression": "2+2"}, cut="finish", broken=False), ModelAnswerError, "nothing was run"),
        (call("calculator", {"expression": "2+2"}, finish="length"), ModelAnswerError, "limit"),
        (Reply(finish="tool_calls"), ModelAnswerError, "announced"),
        (Reply(finish="content_filter"), ModelRefused, "filter"),
    ],
)
def test_what_trying_again_can_not_help_is_tried_once(
    server: Server, client: Client, reply: Reply, error: type[CairnError], says: str
) -> None:
    server.say(reply)
    with pytest.raises(error) as caught:
        client.ask()
    assert says in str(caught.value)
    assert caught.value.hint
    assert server.count == 1
    assert not client.pauses


@pytest.mark.parametrize("reply", [fault(500), fault(503), fault(429, "rate_limit"), fault(408), fault(529)])
def test_passing_faults_are_tried_again(server: Server, client: Client, reply: Reply) -> None:
    server.say(reply, reply, "4")
    assert client.ask().text == "4"
    assert server.count == 3
    assert len(client.pauses) == 2


def test_retries_are_bounded(server: Server, home: Home) -> None:
    client = Client(server, home, retries=1)
    server.say(*[fault(500, message="The disk is full")] * 5)
    with pytest.raises(ModelUnavailable, match="The disk is full"):
        client.ask()
    assert server.count == 2


def test_a_connection_cut_before_anything_came_is_tried_again(server: Server, client: Client) -> None:
    server.say(Reply(cut="text"), "4")
    assert client.ask().text == "4"
    assert [event["text"] for event in client.seen("token")] == ["4"]
    assert len(client.seen("usage")) == 1


def test_an_answer_cut_after_something_came_is_an_error_with_unknown_usage(server: Server, client: Client) -> None:
    server.say(Reply("One two three", cut="text"), "4")
    with pytest.raises(ModelAnswerError):
        client.ask()
    assert server.count == 1
    assert [usage["cost"] for usage in client.seen("usage")] == [None]


def test_retry_after_is_honoured(server: Server, client: Client) -> None:
    server.say(fault(429, retry_after=7), fault(503, retry_after=formatdate(time.time() + 30, usegmt=True)), "4")
    assert client.ask().text == "4"
    assert client.pauses[0] == 7
    assert 20 < client.pauses[1] <= 30


def test_a_pause_longer_than_the_deadline_is_not_made(server: Server, client: Client) -> None:
    server.say(fault(429, retry_after=3600))
    with pytest.raises(ModelUnavailable, match="3600 seconds"):
        client.ask()
    assert server.count == 1


def test_a_drip_of_keep_alives_ends_at_the_deadline(server: Server, home: Home) -> None:
    server.say(DRIP)
    with pytest.raises(ModelUnavailable, match=r"within 0\.2 seconds"):
        Client(server, home, timeout=0.2).ask()
    assert server.hung_up.wait(5), "the connection was left open"


async def test_cancelling_closes_the_connection(server: Server, client: Client) -> None:
    server.say(DRIP)
    task = asyncio.create_task(client.model.ainvoke("Wait"))
    while not server.count:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(server.hung_up.wait, 5)


async def test_a_reader_that_stops_closes_the_connection(server: Server, client: Client) -> None:
    server.say(Reply("word " * 20_000))
    stream: Any = client.model.astream("Go on")
    async for _ in stream:
        break
    await stream.aclose()
    server.say("4")
    assert (await client.model.ainvoke("And?")).text == "4"


def test_a_server_that_is_away_is_named(home: Home) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    model = make_chat_model("openai:m", load_settings(home.root, base_url=url, retries=0))
    with pytest.raises(ModelUnavailable) as caught:
        model.invoke("Hello")
    assert url in caught.value.message
    assert "base_url" in (caught.value.hint or "")


def test_keys_are_sent_but_never_shown(server: Server, home: Home) -> None:
    client = Client(server, home, api_key="sk-very-secret")
    server.say(fault(401, message="Bad key sk-very-secret"))
    with pytest.raises(ModelRefused) as caught:
        client.ask()
    assert server.headers[0]["authorization"] == "Bearer sk-very-secret"
    assert "very-secret" not in f"{caught.value} {client.model!r}"


def test_text_goes_out_and_comes_in_as_valid_unicode(server: Server, client: Client) -> None:
    server.say("a\ud800b")
    answer = client.model.invoke([SystemMessage("x\udfffy\x00"), HumanMessage('<>&"{{}} 好')])
    assert [message["content"] for message in server.requests[0]["messages"]] == ["x\ufffdy", '<>&"{{}} 好']
    assert answer.text == "a\ufffdb"


async def test_many_calls_at_once_share_the_client(server: Server, client: Client) -> None:
    server.answer = lambda request: request["messages"][-1]["content"]
    answers = await asyncio.gather(*(client.model.ainvoke(str(n)) for n in range(50)))
    assert [answer.text for answer in answers] == [str(n) for n in range(50)]


def test_a_model_may_be_called_from_several_loops_and_threads(server: Server, client: Client) -> None:
    server.answer = lambda request: "4"
    assert asyncio.run(client.model.ainvoke("a")).text == "4"
    assert asyncio.run(client.model.ainvoke("b")).text == "4"
    assert client.model.invoke("c").text == "4"


def test_a_limit_of_tokens_is_noticed(server: Server, client: Client) -> None:
    server.say(Reply("One two", finish="length"))
    assert client.ask().text == "One two"
    assert "not complete" in client.seen("notice")[0]["text"]


def test_what_was_recorded_is_replayed_without_a_server(server: Server, home: Home, tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    client = Client(server, home, record=file, api_key="sk-very-secret")
    server.say(call("calculator", {"expression": "2+2"}), "4", "four")
    first = client.ask()
    client.ask("Again?")
    client.ask("Again?")
    replayed: GuardedChatModel = make_chat_model(f"replay:{file}", load_settings(home.root))
    model = replayed.bind_tools([calculator])
    again = model.invoke([HumanMessage("What is 2 + 2?")])
    assert isinstance(again, AIMessage)
    assert again.tool_calls == first.tool_calls
    assert again.usage_metadata == first.usage_metadata
    assert [model.invoke([HumanMessage("Again?")]).text for _ in range(3)] == ["4", "four", "4"]
    assert server.count == 3
    written = file.read_text(encoding="utf-8")
    assert "secret" not in written and "What is 2 + 2?" not in written
    with pytest.raises(ModelAnswerError, match=r"answers\.jsonl"):
        model.invoke([HumanMessage("Something else")])


def test_auto_takes_the_model_of_the_set_server(server: Server, home: Home) -> None:
    server.models = ["qwen3:8b", "other"]
    settings = load_settings(home.root, base_url=server.url)
    assert choose_model(settings).name == "openai:qwen3:8b"
    assert "openai:other" in {info.name for info in list_models(settings) if info.usable}
    server.say("4")
    assert make_chat_model("qwen3:8b", settings).invoke("Hi").text == "4"
    assert server.requests[0]["model"] == "qwen3:8b"
    server.models = []
    with pytest.raises(SettingsError, match="Name one"):
        choose_model(settings)


def test_auto_finds_a_local_ollama(server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", server.url.removeprefix("http://").removesuffix("/v1"))
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    server.models = ["nomic-embed-text", "llama3.2"]
    assert choose_model(settings).name == "ollama:llama3.2"
    server.say("4")
    assert make_chat_model("auto", settings).invoke("Hi").text == "4"
    assert server.headers[0]["authorization"] == "Bearer ollama"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_told_by_nobody(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, variable: str
) -> None:
    monkeypatch.setattr("langchain_openai.chat_models._client_utils._proxy_env_warning_emitted", False)
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    make_chat_model("openai:m", load_settings(home.root, base_url="https://models.example/v1"))
    assert [record.getMessage() for record in caplog.records if record.name.startswith("langchain")] == []


def test_a_proxy_of_the_environment_is_used(server: Server, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/v1"))
    monkeypatch.setenv("NO_PROXY", "")
    server.say("By way of the proxy.")
    model = make_chat_model("openai:m", load_settings(home.root, base_url="http://models.invalid/v1"))
    assert model.invoke("hi").text == "By way of the proxy."
    assert server.headers[0]["host"] == "models.invalid"
