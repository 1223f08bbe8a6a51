from __future__ import annotations

from functools import partial
from typing import Any

from cairn.core.events import Event, EventType
from cairn.ui.web.answer_html import AnswerParts, caption
from cairn.ui.web.page_texts import text
from cairn.ui.web.run_view import view

STARTED = {
    "question": "How many?",
    "task": "assistant",
    "strategy": "react",
    "template": "default",
    "template_hash": "0123456789abcdef",
    "model": "builtin",
    "thread": "t",
}


def run(*parts: tuple[EventType, dict[str, Any]]) -> list[Event]:
    return [Event(1, "r", n, 0.0, type, data) for n, (type, data) in enumerate([("started", STARTED), *parts], 1)]


def token(text: str) -> tuple[EventType, dict[str, Any]]:
    return "token", {"text": text}


CALL: tuple[EventType, dict[str, Any]] = ("tool_started", {"id": "1", "tool": "search", "arguments": {"query": "x"}})
END: tuple[EventType, dict[str, Any]] = ("finished", {"answer": "Done [1].", "stopped_by": None, "seconds": 0.25})


def test_what_is_said_before_a_tool_call_is_a_thought() -> None:
    seen = view(run(token("I look "), token("it up."), CALL, token("It is")))
    assert (seen.text, seen.thoughts, seen.over) == ("It is", ["I look it up."], False)


def test_reasoning_is_kept_apart_also_where_it_was_taken_for_an_answer_at_first() -> None:
    seen = view(run(("thought", {"text": "Look it up."}), CALL, token("Two twos."), token(" So")))
    assert (seen.reasoning.strip(), seen.text) == ("Look it up.", "Two twos. So")
    seen = view(run(token("Two twos."), ("thought", {"text": "Two twos.", "replaces": True}), token("4")))
    assert (seen.reasoning, seen.text) == ("Two twos.", "4")


def test_the_answer_replaces_what_was_streamed() -> None:
    seen = view(run(token("Do"), END))
    assert (seen.text, seen.over, seen.question) == ("Done [1].", True, "How many?")


def test_a_failure_keeps_what_was_said() -> None:
    failed = {"kind": "ModelUnavailable", "message": "Away.", "hint": "Start it.", "exit_code": 1, "seconds": 1.0}
    seen = view(run(token("It is"), ("failed", failed)))
    assert seen.over and seen.failed and seen.failed["hint"] == "Start it." and seen.text == "It is"


def test_notices_tables_and_alternatives() -> None:
    table = {"columns": ["a"], "rows": [[1]], "sql": "SELECT 1 AS a", "truncated": True}
    seen = view(
        run(("notice", {"text": "Rebuilt."}), ("table", table), ("alternative", {"number": 1, "text": "A"}), END)
    )
    assert seen.notices == ["Rebuilt."] and seen.tables == [table]
    assert seen.chosen_as("A") == 1 and seen.chosen_as("other") is None


def test_only_what_the_answer_rests_on_is_a_table_of_it() -> None:
    looked_up = {"columns": ["name"], "rows": [["Ada"], ["Bob"]], "sql": "SELECT name FROM people"}
    counted = {"columns": ["n"], "rows": [[7]], "sql": "SELECT COUNT(*) AS n FROM people WHERE name <> 'Ada'"}
    nobody: dict[str, Any] = {"columns": ["name"], "rows": [], "sql": "SELECT name FROM people WHERE name = 'Eve'"}
    told = [("table", looked_up), ("table", counted), ("table", nobody)]
    end = ("finished", {"answer": "There are 7.", "stopped_by": None, "seconds": 0.25})
    assert [table["sql"] for _, table in view(run(*told, end)).results] == [counted["sql"]]  # type: ignore[arg-type]
    assert len(view(run(*told)).results) == 3  # type: ignore[arg-type]


def test_the_caption_leaves_out_what_is_unknown() -> None:
    usage = {"model": "m", "input_tokens": 1204, "output_tokens": 87, "cost": None}
    told = caption(view(run(END)).answer, text)
    assert "<summary>builtin · 250 ms</summary>assistant · default 01234567<" in told
    assert "1,204 + 87 tokens" in caption(view(run(("usage", usage), END)).answer, text)


def statement(text: str, state: str, source: int | None, quote: str | None) -> dict[str, Any]:
    return {
        "text": text,
        "state": state,
        "source": source,
        "quote": quote,
        "reason": "no" if state != "quoted" else None,
        "judge": None,
    }


def test_statements_tell_what_was_quoted_and_what_is_doubtful() -> None:
    statements = [
        statement("It opens at nine.", "quoted", 0, "opens at nine"),
        statement("It has 40 chairs.", "differs", 0, "chairs"),
        statement("It was dropped.", "differs", 0, None),
        statement("It is nice.", "not_checked", None, None),
    ]
    answer = "It opens at nine [1]. It has 40 chairs [1]. *(differs from the passage)* It is nice."
    seen = view(run(("checked", {"statements": statements}), ("finished", END[1] | {"answer": answer})))
    assert seen.quotes(0) == ["opens at nine"]
    assert [one["text"] for one in seen.doubtful] == ["It has 40 chairs."]
    assert "statements word for word in their passage: 1 of 4, differing from it: 2" in caption(seen.answer, text)
    assert "与原文逐字一致的陈述：1 / 4，与原文不符：2" in caption(seen.answer, partial(text, language="zh"))


def test_pieces_that_come_one_by_one_are_those_of_the_whole() -> None:
    table = {"columns": ["a"], "rows": [[1]], "sql": "SELECT 1 AS a"}
    events = run(token("I look "), CALL, token("# A\n\nIt is\n\n"), ("table", table), token("so."), END)
    one, whole = AnswerParts(text), AnswerParts(text)
    for event in events:
        last = one.take([event])
    assert last == whole.take(events)
    assert list(last) == ["step-0", "text-0", "table-0", "caption"]


def test_an_answer_at_work_says_so_until_it_has_a_text() -> None:
    parts = AnswerParts(text)
    assert list(parts.take(run())) == ["waiting"]
    assert list(parts.take(run(token("Now"))[1:])) == ["text-0"]


def test_what_a_model_wants_to_call_is_asked_for_as_it_wrote_it() -> None:
    asked = {"id": "1", "tool": "send", "arguments": {"to": "<b>", "n": 2}, "state": "needed"}
    drawn = AnswerParts(text).take(run(("approval", asked)))["approval-1"]
    assert "&lt;b&gt;" in drawn and "<b>" not in drawn
    assert 'data-kind="json"' in drawn and 'data-decision="approve"' in drawn


def test_how_many_tries_are_over_is_shown_while_nothing_else_is_there() -> None:
    tried: tuple[EventType, dict[str, Any]] = ("stage", {"name": "try", "detail": "2 of 5", "milliseconds": 1.0})
    assert "Try 2 of at most 5" in AnswerParts(text).take(run(tried))["waiting"]
    assert "waiting" not in AnswerParts(text).take(run(tried, END))


def test_a_step_is_named_by_what_it_is_given_not_by_an_argument_that_says_its_own_name() -> None:
    call: dict[str, Any] = {"id": "1", "tool": "FIND", "arguments": {"CTX": "CTX", "WHAT": "the roof"}}
    assert '<span class="cairn-about">the roof</span>' in AnswerParts(text).take(run(("tool_started", call)))["step-0"]


def test_steps_are_named_in_the_readers_language_and_ones_own_tools_as_they_are() -> None:
    given = {"tables": ["orders", "returns"], "question": "多少？", "limit": 3}
    for language, named in {"en": "describe tables", "zh": "查看表的结构"}.items():
        calls: list[tuple[EventType, dict[str, Any]]] = [
            ("tool_started", {"id": "1", "tool": "describe_tables", "arguments": given}),
            ("tool_started", {"id": "2", "tool": "my_tool", "arguments": {}}),
        ]
        pieces = AnswerParts(partial(text, language=language)).take(run(*calls))
        assert f'<b title="describe_tables">{named}</b>' in pieces["step-0"]
        assert '<span class="cairn-about">orders, returns</span>' in pieces["step-0"]
        assert ("问题: 多少？" if language == "zh" else "question: 多少？") in pieces["step-0"].replace("&#10;", "|")
        assert "<b>my_tool</b>" in pieces["step-1"]


def test_what_an_answer_took_and_what_ended_it_is_said_in_chinese() -> None:
    say = partial(text, language="zh")
    used: tuple[EventType, dict[str, Any]] = ("usage", {"input_tokens": 3, "output_tokens": 2, "cost": None})
    html = AnswerParts(say).take(run(used, ("finished", END[1] | {"stopped_by": "tool_calls"})))["caption"]
    assert "3 + 2 个词元" in html and "提前停止：工具调用次数" in html


def test_sources_that_are_not_cited_stand_apart_as_the_cited_ones_do() -> None:
    sources: list[dict[str, Any]] = [
        {"source": f"{n}.md", "title": f"T{n}", "heading": None, "page": None, "start": 0, "end": 1, "quote": "q"}
        for n in range(3)
    ]
    html = AnswerParts(text).take(run(("sources", {"sources": sources}), ("finished", END[1])))["sources"]
    assert html.count('<div class="cairn-sources">') == 2
