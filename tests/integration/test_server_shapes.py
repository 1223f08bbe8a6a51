"""What servers of the OpenAI family send beside the protocol is understood, or told in their own words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from cairn.core.errors import ModelAnswerError, ModelRefused, ModelUnavailable
from cairn.core.events import listening
from cairn.core.settings import Home, load_settings
from cairn.models.model_registry import make_chat_model
from tests.server import Reply, Server, fault


class Heard:
    """A model at the tests' server, and what it told."""

    def __init__(self, server: Server, home: Home, **options: Any) -> None:
        self.events: list[tuple[str, Any]] = []
        self.model = make_chat_model("openai:m", load_settings(home.root, base_url=server.url, retries=0, **options))

    def ask(self) -> AIMessage:
        with listening(lambda type, data: self.events.append((type, data))):
            return self.model.invoke([HumanMessage("How many?")])

    def told(self, type: str) -> list[Any]:
        return [data for kind, data in self.events if kind == type]

    @property
    def thought(self) -> str:
        return "".join(data["text"] for data in self.told("thought"))

    @property
    def tokens(self) -> str:
        return "".join(data["text"] for data in self.told("token"))


@pytest.fixture
def heard(server: Server, home: Home) -> Heard:
    return Heard(server, home)


def lines(*events: Any, done: bool = True, kind: str = "text/event-stream") -> Reply:
    """A stream of these events, each JSON or a line as it is."""
    made = [event if isinstance(event, str) else f"data: {json.dumps(event, ensure_ascii=False)}" for event in events]
    return Reply(body="\n\n".join([*made, *(["data: [DONE]"] if done else []), ""]).encode(), kind=kind)


def delta(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def called(**piece: Any) -> dict[str, Any]:
    return delta(tool_calls=[piece])


END = delta("stop")
CALLED = delta("tool_calls")


@pytest.mark.parametrize(
    "events",
    [
        [delta(content="It is 4."), END],
        [delta(content="It is 4."), {"choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]}],
        [delta(content="It is 4."), {"choices": [{"finish_reason": "stop"}]}],
        [delta(content="It is 4."), {"choices": [], "usage": None}, END],
        [delta(content="It is 4."), {"choices": None}, END],
        [": waiting", "data:", "data: ", delta(content="It is 4."), "event: ping", "id: 3", END],
        [delta(role=None, content="It is"), delta(role="model", content=" 4."), END],
        [delta(content=[{"type": "text", "text": "It is 4."}]), END],
        ['{"choices": [{"delta": {"content": "It is 4."}, "finish_reason": "stop"}]}'],
        ['data: {"choices": [{"delta":\ndata: {"content": "It is 4."}, "finish_reason": "stop"}]}'],
        [f"data: {json.dumps(delta(content='It is'))}\ndata: {json.dumps(delta(content=' 4.'))}", END],
        [delta(content="It is 4.")],
    ],
)
def test_a_stream_beside_the_protocol_is_understood(server: Server, heard: Heard, events: list[Any]) -> None:
    server.say(lines(*events))
    assert heard.ask().text == heard.tokens == "It is 4."


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"message": {"role": "assistant", "content": "四"}, "finish_reason": "stop"}]},
        {"message": {"role": "assistant", "content": "四"}, "done": True, "done_reason": "stop"},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_an_answer_that_is_not_streamed_is_read(
    server: Server, heard: Heard, body: dict[str, Any], indent: int | None
) -> None:
    server.say(Reply(body=json.dumps(body, indent=indent).encode()))
    assert heard.ask().text == "四"


@pytest.mark.parametrize(
    "events",
    [
        [called(index=0, id="a", function={"name": "look", "arguments": {"for": "好"}})],
        [called(index=0, id=7, function={"name": "look", "arguments": '{"for": "好"}'})],
        [called(index=0, id="a", function={"name": "look", "arguments": json.dumps(json.dumps({"for": "好"}))})],
        [called(id="a", function={"name": "look", "arguments": '{"for":'}), called(function={"arguments": ' "好"}'})],
        [
            called(index=0, id="a", function={"name": "look", "arguments": '{"for":'}),
            called(index=0, id="a", function={"name": "look", "arguments": ' "好"}'}),
        ],
        [
            called(index="0", function={"name": "look", "arguments": None}),
            called(index=0, name="", arguments='{"for": "好"}'),
        ],
        [delta(function_call={"name": "look", "arguments": '{"for": "好"}'})],
        [delta(tool_calls=None), called(index=0, id=None, function={"name": "look", "arguments": '{"for": "好"}'})],
    ],
)
def test_a_call_in_any_form_is_a_call(server: Server, heard: Heard, events: list[Any]) -> None:
    server.say(lines(*events, CALLED))
    answer = heard.ask()
    assert [(one["name"], one["args"]) for one in answer.tool_calls] == [("look", {"for": "好"})]
    assert not answer.invalid_tool_calls
    assert isinstance(answer.tool_calls[0]["id"], str)


@pytest.mark.parametrize("numbers", [(0, 1), (0, 0), (None, None)])
@pytest.mark.parametrize("ids", [("a", "b"), ("a", "a"), (1, 1), (None, None)])
def test_two_calls_stay_two_however_they_are_numbered(
    server: Server, heard: Heard, numbers: tuple[Any, Any], ids: tuple[Any, Any]
) -> None:
    pieces = [
        {"index": index, "id": id, "function": {"name": "look", "arguments": json.dumps({"for": word})}}
        for index, id, word in zip(numbers, ids, ("x", "y"), strict=True)
    ]
    server.say(lines(delta(tool_calls=pieces), CALLED))
    answer = heard.ask()
    assert [one["args"]["for"] for one in answer.tool_calls] == ["x", "y"]
    assert len({one["id"] for one in answer.tool_calls}) == 2


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": None, "completion_tokens": None},
        {"prompt_tokens": 0, "completion_tokens": 0},
        "none",
    ],
)
def test_usage_that_is_not_known_is_never_zero(server: Server, heard: Heard, usage: Any) -> None:
    server.say(lines(delta(content="4"), END, {"choices": [], "usage": usage}))
    assert heard.ask().usage_metadata is None
    assert heard.told("usage") == [{"model": "openai:m", "input_tokens": None, "output_tokens": None, "cost": None}]


def test_usage_that_comes_with_every_piece_counts_once(server: Server, heard: Heard) -> None:
    pieces = [{**delta(content="a"), "usage": {"prompt_tokens": 9, "completion_tokens": n}} for n in (1, 2, 3)]
    server.say(lines(*pieces, {**END, "usage": None}))
    heard.ask()
    assert [(one["input_tokens"], one["output_tokens"]) for one in heard.told("usage")] == [(9, 3)]


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
def test_reasoning_of_its_own_is_a_thought(server: Server, heard: Heard, key: str) -> None:
    server.say(lines(delta(**{key: "Two "}), delta(**{key: "twos."}), delta(content="It is 4."), END))
    answer = heard.ask()
    assert (heard.thought, heard.tokens, answer.text) == ("Two twos.", "It is 4.", "It is 4.")
    assert "Two" not in json.dumps(answer.model_dump())


@pytest.mark.parametrize("step", [1, 3, 100])
def test_reasoning_in_tags_is_a_thought_however_it_is_cut(server: Server, heard: Heard, step: int) -> None:
    text = "<think>\nTwo twos.\n</think>\n\nIt is 四."
    server.say(lines(*(delta(content=text[i : i + step]) for i in range(0, len(text), step)), END))
    answer = heard.ask()
    assert (heard.thought.strip(), heard.tokens, answer.text) == ("Two twos.", "It is 四.", "It is 四.")


def test_reasoning_without_its_first_tag_replaces_what_was_told(server: Server, heard: Heard) -> None:
    server.say(lines(delta(content="Two "), delta(content="twos.\n</th"), delta(content="ink>\n\nIt is 4."), END))
    assert heard.ask().text == "It is 4."
    assert heard.told("thought") == [{"text": "Two twos.\n", "replaces": True}]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"error": {"message": "No such thing"}}', "No such thing"),
        ('{"error": "No such thing"}', "No such thing"),
        ('{"detail": "No such thing"}', "No such thing"),
        ('{"detail": [{"loc": ["body", "model"], "msg": "No such thing"}]}', "body.model: No such thing"),
        ('{"message": "No such thing", "code": 17}', "No such thing"),
        ('{"errors": [{"title": "No such thing"}]}', "No such thing"),
        ('[{"error": {"code": 400, "message": "No such thing"}}]', "No such thing"),
        ("No such thing", "No such thing"),
        ("<html><head><title>413 No such thing</title></head><body>x</body></html>", "413 No such thing"),
    ],
)
@pytest.mark.parametrize("status", [400, 403, 404, 413, 422, 500])
def test_every_error_has_the_servers_own_words(server: Server, heard: Heard, body: str, says: str, status: int) -> None:
    server.say(
        Reply(status=status, body=body.encode(), kind="text/html" if body.startswith("<") else "application/json")
    )
    with pytest.raises((ModelRefused, ModelUnavailable)) as caught:
        heard.ask()
    assert caught.value.message.endswith(f"(HTTP {status}): {says}.")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b'{"error": "The model is not loaded"}'),
        lines({"error": "The model is not loaded"}),
        lines({"error": {"message": "The model is not loaded", "code": "oops"}}),
        lines('event: error\ndata: {"message": "The model is not loaded"}'),
        lines("event: error\ndata: The model is not loaded"),
        lines('{"error": {"message": "The model is not loaded"}}', done=False),
        Reply(body=b'{"detail": "The model is not loaded"}'),
    ],
)
def test_an_error_in_place_of_an_answer_is_told(server: Server, heard: Heard, reply: Reply) -> None:
    server.say(reply)
    with pytest.raises(ModelUnavailable, match="The model is not loaded"):
        heard.ask()


def test_an_error_in_a_stream_that_names_its_status_means_that(server: Server, heard: Heard) -> None:
    server.say(lines({"error": {"message": "max_tokens must be positive", "code": 400}}))
    with pytest.raises(ModelRefused, match=r"HTTP 400.*max_tokens must be positive"):
        heard.ask()


@pytest.mark.parametrize(
    ("events", "error", "says"),
    [
        ([delta("length")], ModelAnswerError, "limit of tokens before it wrote anything"),
        ([delta(content="<think>Let me"), delta("length")], ModelAnswerError, "while it was still thinking"),
        ([delta(reasoning="Let me"), delta("length")], ModelAnswerError, "while it was still thinking"),
        ([delta("content_filter")], ModelRefused, "filter"),
        ([delta(refusal="I can't "), delta(refusal="help with that."), END], ModelRefused, "I can't help with that."),
    ],
)
def test_an_empty_answer_says_why(
    server: Server, heard: Heard, events: list[Any], error: type[Exception], says: str
) -> None:
    server.say(lines(*events))
    with pytest.raises(error, match=says):
        heard.ask()


def test_a_server_that_is_gone_in_the_middle_is_called_gone(home: Home) -> None:
    with Server() as server:
        heard = Heard(server, home)
        server.say(replace(lines(delta(content="4"), END), headers={"Connection": "close"}))
        heard.ask()
    with pytest.raises(ModelUnavailable, match="is gone, though it answered before") as caught:
        heard.ask()
    assert "base_url" not in str(caught.value)


def test_a_refused_key_is_told_without_any_key(server: Server, heard: Heard) -> None:
    server.say(fault(401, message="Incorrect key: sk-abc123. Region not supported"))
    with pytest.raises(ModelRefused, match="Region not supported") as caught:
        heard.ask()
    assert "abc123" not in str(caught.value)
