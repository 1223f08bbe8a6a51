"""Whatever a stream holds, only calls with whole JSON objects come out, on every way LangChain merges chunks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from cairn.core.errors import ModelAnswerError
from cairn.models.model_stream import Reading, cleaned


def read(*messages: AIMessageChunk, finish: str | None = "stop") -> AIMessageChunk:
    """What a reader who adds up all chunks has at the end."""
    reading = Reading("m", needs_finish=True)
    taken = [part for message in messages for part in reading.take(ChatGenerationChunk(message=message))]
    if finish:
        last = ChatGenerationChunk(message=AIMessageChunk(content=""), generation_info={"finish_reason": finish})
        taken += [*reading.take(last), *reading.last_pieces()]
    chunks = [*(part for part in taken if isinstance(part, ChatGenerationChunk)), reading.end()]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    assert isinstance(whole.message, AIMessageChunk)
    return whole.message


def piece(arguments: str | None, index: int = 0, name: str | None = None, id: str | None = None) -> AIMessageChunk:
    return AIMessageChunk(content="", tool_call_chunks=[tool_call_chunk(name=name, args=arguments, id=id, index=index)])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values), st.data())
def test_whole_arguments_arrive_as_they_are_however_they_are_cut_into_pieces(
    arguments: dict[str, Any], data: st.DataObject
) -> None:
    text = json.dumps(arguments)
    cut = data.draw(st.integers(0, len(text)))
    message = read(piece("", name="t", id="1"), piece(text[:cut]), piece(text[cut:]))
    assert [call["args"] for call in message.tool_calls] == [cleaned(json.loads(text))]
    assert not message.invalid_tool_calls


@given(st.dictionaries(st.text(min_size=1), json_values, min_size=1), st.data())
def test_arguments_that_were_cut_are_never_a_call(arguments: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(arguments)
    message = read(piece(text[: data.draw(st.integers(1, len(text) - 1))], name="t", id="1"))
    assert message.tool_calls == []
    assert [call["name"] for call in message.invalid_tool_calls] == ["t"]


@given(st.dictionaries(st.text(), json_values))
def test_arguments_that_were_encoded_twice_are_understood(arguments: dict[str, Any]) -> None:
    message = read(piece(json.dumps(json.dumps(arguments)), name="t", id="1"))
    assert [call["args"] for call in message.tool_calls] == [cleaned(arguments)]


@pytest.mark.parametrize("text", ["", " ", "null", '""', "{}"])
def test_no_arguments_are_an_object_without_keys(text: str) -> None:
    assert [call["args"] for call in read(piece(text, name="t", id="1")).tool_calls] == [{}]


@given(st.text(min_size=1).filter(lambda text: text.strip() not in ("", "null", '""')))
def test_any_other_text_is_never_a_call(text: str) -> None:
    try:
        whole = isinstance(json.loads(text), dict)
    except ValueError:
        whole = False
    message = read(piece(text, name="t", id="1"))
    assert bool(message.tool_calls) == whole
    assert bool(message.invalid_tool_calls) != whole


def test_calls_without_an_id_or_a_name() -> None:
    message = read(piece("{}", 0, name="a"), piece("{}", 1, name="b"), piece("{}", 2))
    assert [call["name"] for call in message.tool_calls] == ["a", "b"]
    assert len({call["id"] for call in message.tool_calls}) == 2
    assert len(message.invalid_tool_calls) == 1


def test_an_id_that_comes_again_names_one_call_only() -> None:
    message = read(piece('{"a": 1}', 0, name="t", id="1"), piece('{"a": 2}', 1, name="t", id="1"))
    assert [call["args"]["a"] for call in message.tool_calls] == [1, 2]
    assert len({call["id"] for call in message.tool_calls}) == 2


def test_running_totals_of_usage_are_not_added_up() -> None:
    def total(tokens: int) -> AIMessageChunk:
        usage: Any = {"input_tokens": 5, "output_tokens": tokens, "total_tokens": 5 + tokens}
        return AIMessageChunk(content="a", usage_metadata=usage)

    usage = read(total(1), total(2), total(3)).usage_metadata
    assert usage is not None
    assert (usage["input_tokens"], usage["output_tokens"]) == (5, 3)


def test_a_stream_without_an_end_is_refused() -> None:
    with pytest.raises(ModelAnswerError, match="cut off"):
        read(AIMessageChunk(content="The answer is 4"), finish=None)


def test_text_comes_in_order_around_calls() -> None:
    message = read(AIMessageChunk(content="a"), piece("{}", name="t", id="1"), AIMessageChunk(content="b\ud800"))
    assert message.content == "ab\ufffd"
