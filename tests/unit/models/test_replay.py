from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from cairn.core.errors import ModelAnswerError, SettingsError
from cairn.models.replay import ReplayChatModel, prompt_key, recorder


def test_an_answer_comes_back_as_it_was_given(tmp_path: Path) -> None:
    file = tmp_path / "new" / "answers.jsonl"
    recorder(file, "m")([HumanMessage("嗨\nhi")], {}, AIMessage("好 \ud800"))
    assert ReplayChatModel(file=file).invoke([HumanMessage("嗨\nhi")]).content == "好 ?"


def test_a_line_torn_by_a_crash_costs_only_itself(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    record = recorder(file, "m")
    record([HumanMessage("one")], {}, AIMessage("1"))
    record([HumanMessage("two")], {}, AIMessage("2"))
    file.write_bytes(file.read_bytes()[:-9])
    record([HumanMessage("three")], {}, AIMessage("3"))
    model = ReplayChatModel(file=file)
    assert [model.invoke(text).content for text in ("one", "three")] == ["1", "3"]
    with pytest.raises(ModelAnswerError, match="2 others"):
        model.invoke("two")


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"

    def write(writer: int) -> None:
        record = recorder(file, "m")
        for n in range(50):
            record([HumanMessage(f"{writer} {n}")], {}, AIMessage("x" * 2000))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    model = ReplayChatModel(file=file)
    assert all(model.invoke(f"{writer} {n}").content for writer in range(4) for n in range(50))


def test_a_file_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CAIRN_RECORD"):
        ReplayChatModel(file=tmp_path / "none.jsonl")


@given(st.text(), st.text())
def test_the_key_tells_prompts_apart_but_not_ids_of_calls(first: str, second: str) -> None:
    def conversation(id: str) -> list[SystemMessage | AIMessage | ToolMessage]:
        call = AIMessage("", tool_calls=[{"name": "t", "args": {"a": first}, "id": id}])
        return [SystemMessage(first), call, ToolMessage(second, tool_call_id=id)]

    assert prompt_key(conversation("1"), None, None, None) == prompt_key(conversation("xyz"), None, None, None)
    same = prompt_key([HumanMessage(first)], None, None, 0) == prompt_key([HumanMessage(second)], None, None, 0)
    assert same == (first.encode("utf-8", "replace") == second.encode("utf-8", "replace"))
    assert prompt_key([HumanMessage(first)], None, None, 0) != prompt_key([HumanMessage(first)], None, None, 1)
