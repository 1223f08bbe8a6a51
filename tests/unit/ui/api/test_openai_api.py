"""The API that OpenAI's clients speak: by OpenAI's own SDK, and by the shapes that other clients send."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from cairn.agents.service import Cairn
from tests.letters import register, sent
from tests.server import DRIP, Server, call, fault
from tests.unit.ui.api.conftest import Served

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
def client(served: Served) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{served.url}/v1", api_key=served.key("ask"), max_retries=0) as client:
        yield client


def user(text: str) -> Any:
    return {"role": "user", "content": text}


def test_each_task_is_a_model(client: OpenAI) -> None:
    assert {"assistant", "documents", "math"} <= {model.id for model in client.models.list()}
    assert client.models.retrieve("math").owned_by == "cairn"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-5")


def test_an_answer_comes_whole_with_its_usage_and_no_thread(client: OpenAI, served: Served, model: Server) -> None:
    model.say(call("calculator", {"expression": "6*7"}, text="I calculate."), "It is 42.")
    done = client.chat.completions.create(model="math", messages=[user("What is 6 * 7?")])
    choice = done.choices[0]
    assert (choice.message.content, choice.finish_reason) == ("It is 42.", "stop")
    assert done.usage and (done.usage.prompt_tokens, done.usage.completion_tokens) == (22, 14)
    assert done.model == "math"
    assert served.home.threads.list() == []


def test_a_stream_ends_with_its_usage(client: OpenAI, model: Server) -> None:
    model.say("One two 三。")
    chunks = list(
        client.chat.completions.create(
            model="assistant", messages=[user("Count.")], stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "One two 三。"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage and chunks[-1].usage.total_tokens == 18
    assert len({c.id for c in chunks}) == 1


def test_the_conversation_comes_with_the_request(client: OpenAI, model: Server) -> None:
    model.say("Arr, 7.")
    messages: Any = [
        {"role": "system", "content": "Talk like a pirate."},
        user("How many in 2024?"),
        {"role": "assistant", "content": "5"},
        {"role": "user", "content": [{"type": "text", "text": "And in"}, {"type": "text", "text": "2025?"}]},
    ]
    client.chat.completions.create(model="assistant", messages=messages)
    sent_on = model.requests[-1]["messages"]
    assert "Talk like a pirate." in sent_on[0]["content"] and sent_on[0]["role"] == "system"
    assert [(one["role"], one["content"]) for one in sent_on[-3:]] == [
        ("user", "How many in 2024?"),
        ("assistant", "5"),
        ("user", "And in\n2025?"),
    ]


def test_what_it_rests_on_is_cited(client: OpenAI, model: Server) -> None:
    model.say("We give 80 days [1], 我们 [9].")
    done = client.chat.completions.create(
        model="documents",
        messages=[user("How many days of parental leave do we give?")],
        extra_body={"cairn": {"details": True}},
    )
    annotations = done.choices[0].message.annotations or []
    cited = annotations[0].url_citation
    assert len(annotations) == 1 and cited.title == "Leave and holidays"
    assert (done.choices[0].message.content or "")[cited.start_index : cited.end_index] == "[1]"
    details: Any = (done.model_extra or {})["cairn"]
    assert details["sources"] and details["thread"] is None


def test_the_clients_tools_are_called_by_the_client(client: OpenAI, model: Server) -> None:
    model.say(
        call("calculator", {"expression": "1+1"}),
        call("get_weather", {"city": "成都"}, "get_weather", {"city": "Oslo"}),
        "21 degrees.",
    )
    asked: list[Any] = [user("How warm is it in 成都 and Oslo?")]
    done = client.chat.completions.create(model="assistant", messages=asked, tools=[WEATHER])
    message = done.choices[0].message
    assert done.choices[0].finish_reason == "tool_calls"
    calls: Any = message.tool_calls
    assert [(one.function.name, one.function.arguments) for one in calls] == [
        ("get_weather", '{"city": "成都"}'),
        ("get_weather", '{"city": "Oslo"}'),
    ]
    assert {tool["function"]["name"] for tool in model.requests[0]["tools"]} >= {"calculator", "get_weather"}
    asked.append(message.model_dump(exclude_none=True))
    asked += [{"role": "tool", "tool_call_id": one.id, "content": "21 °C"} for one in calls]
    done = client.chat.completions.create(model="assistant", messages=asked, tools=[WEATHER])
    assert done.choices[0].message.content == "21 degrees."
    sent_on = model.requests[-1]["messages"]
    assert [one["role"] for one in sent_on[-4:]] == ["user", "assistant", "tool", "tool"]
    assert sent_on[-1]["content"] == "21 °C"


def test_the_clients_tools_are_streamed(client: OpenAI, model: Server) -> None:
    model.say(call("get_weather", {"city": "Oslo"}))
    stream = client.chat.completions.create(
        model="assistant", messages=[user("Warm?")], tools=[WEATHER], stream=True, tool_choice="auto"
    )
    last = [chunk.choices[0] for chunk in stream][-1]
    assert last.finish_reason == "tool_calls"
    assert last.delta.tool_calls and last.delta.tool_calls[0].function
    assert last.delta.tool_calls[0].function.arguments == '{"city": "Oslo"}'


def test_what_needs_a_yes_is_refused(
    client: OpenAI, model: Server, opened: Cairn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(tmp_path / "sent.txt", put=monkeypatch.setitem)
    folder = opened.settings.home / "prompts" / "letters"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text("strategy: react\ntools: [letters]\napprove: [send]\n", "utf-8")
    (folder / "default.md").write_text("---\nrole: You write.\n---\n", "utf-8")
    for stream in (False, True):
        model.say(call("send", {"to": "Ann", "text": "Hello"}))
        with pytest.raises(openai.APIError, match="needs a person's yes"):
            list(client.chat.completions.create(model="letters", messages=[user("Write.")], stream=stream))
    assert sent(tmp_path / "sent.txt") == []


def test_what_fails_is_told_as_openai_tells_it(client: OpenAI, model: Server, served: Served) -> None:
    model.say(fault(401, message="no such key"))
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="assistant", messages=[user("Hello?")])
    assert caught.value.status_code == 502 and caught.value.code == "KeyRefused"
    model.say(fault(401, message="no such key"))
    with pytest.raises(openai.APIError, match="refuses the key"):
        list(client.chat.completions.create(model="assistant", messages=[user("Hello?")], stream=True))
    stranger = OpenAI(base_url=f"{served.url}/v1", api_key="wrong", max_retries=0)
    with stranger, pytest.raises(openai.AuthenticationError):
        stranger.models.list()


@pytest.mark.parametrize(
    "wish",
    [
        {"n": 2},
        {"stop": ["."]},
        {"response_format": {"type": "json_object"}},
        {"logprobs": True},
        {"tool_choice": "required", "tools": [WEATHER]},
        {"functions": [{"name": "f"}]},
        {"modalities": ["audio"]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]},
        {"messages": [{"role": "assistant", "content": "Hello"}]},
        {"messages": []},
        {"messages": [{"role": "user", "content": " "}]},
        {"model": "documents", "tools": [WEATHER]},
        {"tools": [{**WEATHER, "function": {**WEATHER["function"], "name": "calculator"}}]},
        {"model": "../math"},
        {"temperature": 3},
    ],
    ids=str,
)
def test_what_can_not_be_done_is_said(client: OpenAI, wish: dict[str, Any]) -> None:
    body = {"model": "math", "messages": [user("Hello?")], **wish}
    with pytest.raises((openai.BadRequestError, openai.UnprocessableEntityError)) as caught:
        client.post("/chat/completions", body=body, cast_to=object)
    assert caught.value.type == "invalid_request_error"


def test_an_answer_is_kept_in_a_thread_on_request(client: OpenAI, served: Served, model: Server) -> None:
    model.say("Hello.", "Again.")
    first = client.chat.completions.create(
        model="assistant", messages=[user("Hi?")], extra_headers={"X-Cairn-Thread": "new"}
    )
    thread = (first.model_extra or {})["cairn"]["thread"]
    client.chat.completions.create(model="assistant", messages=[user("And?")], extra_body={"cairn": {"thread": thread}})
    texts = [message.text for message in served.home.threads.messages(thread)]
    assert texts == ["Hi?", "Hello.", "And?", "Again."]


def test_a_bound_on_tokens_cuts(client: OpenAI, model: Server) -> None:
    model.say(" ".join(["word"] * 200))
    done = client.chat.completions.create(model="assistant", messages=[user("Talk.")], max_tokens=20)
    assert done.choices[0].finish_reason == "length"
    assert 5 < len((done.choices[0].message.content or "").split()) <= 20


def test_texts_get_vectors(client: OpenAI) -> None:
    plain = client.embeddings.create(model="any", input=["mooring", "停泊"], encoding_format="float")
    packed = client.embeddings.create(model="any", input="mooring")
    assert len(plain.data) == 2 and len(plain.data[0].embedding) == 512
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding)


def test_what_open_webui_sends(served: Served, model: Server) -> None:
    """A chat with its knobs, then the title that it asks for beside it: fields that no one here knows among them."""
    model.say("Hello there.", '{ "title": "👋 Greeting" }')
    chat = {
        "stream": True,
        "model": "assistant",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream_options": {"include_usage": True},
        "temperature": 0.7,
        "top_p": 0.9,
        "frequency_penalty": 0,
        "max_tokens": 500,
        "seed": 1,
        "user": {"name": "Ann", "id": "1", "email": "ann@example.org", "role": "admin"},
        "tools": [],
        "stop": None,
    }
    streamed = served.http.post("/v1/chat/completions", json=chat)
    assert streamed.status_code == 200 and streamed.text.endswith("data: [DONE]\n\n")
    title = {
        "model": "assistant",
        "messages": [{"role": "user", "content": "### Task:\nGenerate a concise, 3-5 word title with an emoji."}],
        "stream": False,
        "max_completion_tokens": 1000,
    }
    told = served.http.post("/v1/chat/completions", json=title).json()
    assert told["choices"][0]["message"]["content"] == '{ "title": "👋 Greeting" }'


def test_what_other_clients_send(served: Served, model: Server) -> None:
    """LibreChat's and an editor's: parts instead of texts, a null for content, names, an empty assistant's turn."""
    model.say("Yes.")
    body = {
        "model": "assistant",
        "user": "65f0c1",
        "stream": False,
        "parallel_tool_calls": True,
        "reasoning_effort": "low",
        "metadata": {"k": "v"},
        "messages": [
            {"role": "developer", "content": [{"type": "text", "text": "Be short."}], "name": "instructions"},
            {"role": "user", "name": "Ann", "content": "First."},
            {"role": "assistant", "content": None},
            {"role": "user", "content": [{"type": "text", "text": "Is it?"}]},
        ],
    }
    response = served.http.post("/v1/chat/completions", json=body)
    assert response.json()["choices"][0]["message"]["content"] == "Yes."


@pytest.mark.parametrize("stream", [True, False])
def test_who_hangs_up_ends_the_work(served: Served, model: Server, stream: bool) -> None:
    model.say(DRIP)
    body = json.dumps({"model": "assistant", "stream": stream, "messages": [user("Hello?")]})
    head = [
        "POST /v1/chat/completions HTTP/1.1",
        f"Host: 127.0.0.1:{served.port}",
        f"Authorization: {served.http.headers['Authorization']}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall("\r\n".join([*head, "", body]).encode())
        served.until(lambda: model.count)
    assert model.hung_up.wait(30)
