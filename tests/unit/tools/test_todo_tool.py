from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cairn.core.errors import ToolError
from cairn.core.events import listening
from cairn.tools.todo_tool import MOST, write_todos
from cairn.tools.tool_invocation import Said, has_side_effects, is_untrusted


def write(*todos: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    events: list[tuple[str, Any]] = []
    with listening(lambda type, data: events.append((type, data))):
        text = write_todos.invoke({"todos": list(todos)})
    assert [type for type, _ in events] == ["plan"]
    return text, events[0][1]["steps"]


def test_the_list_is_shown_and_the_model_reads_where_it_stands() -> None:
    text, steps = write(
        {"text": "Find the rule", "state": "done"}, {"text": "算出天数", "state": "running"}, {"text": "c"}
    )
    assert text == "1 of 3 done. Now: 算出天数"
    assert [(step["id"], step["text"], step["state"]) for step in steps] == [
        ("1", "Find the rule", "done"),
        ("2", "算出天数", "running"),
        ("3", "c", "waiting"),
    ]


def test_the_states_that_models_know_from_elsewhere_are_understood() -> None:
    todos = [
        {"text": "a", "state": "completed"},
        {"text": "b", "state": "in_progress"},
        {"text": "c", "state": "pending"},
    ]
    assert [step["state"] for step in write(*todos)[1]] == ["done", "running", "waiting"]


def test_a_list_is_bounded_in_number_and_length() -> None:
    _, steps = write({"text": "word " * 1000})
    assert len(steps[0]["text"]) <= 200
    with pytest.raises(ToolError, match="too long"):
        write(*({"text": str(n)} for n in range(MOST + 1)))


def test_an_empty_list_clears_and_an_empty_step_is_refused() -> None:
    assert write() == ("0 of 0 done.", [])
    with pytest.raises(ToolError, match="says nothing"):
        write({"text": " \n"})


@pytest.mark.parametrize(
    "wrong", [{"text": "a", "state": "later"}, {"state": "done"}, {"text": "a", "state": ["done"]}]
)
def test_what_is_no_step_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        write_todos.invoke({"todos": [wrong]})


def test_text_that_no_database_takes_is_made_safe() -> None:
    assert write({"text": "a\ud800\x00\nb"})[1][0]["text"] == "a\ufffd b"


def test_it_changes_nothing_outside() -> None:
    assert not has_side_effects(write_todos, {"todos": []}, Said("")) and not is_untrusted(write_todos)
