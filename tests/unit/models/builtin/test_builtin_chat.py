"""The model in a loop with tools of the test's own: other tables and documents than any that are shipped."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel

from cairn.core.passages import NOTHING_FOUND, citing, numbered, passage, write_passages
from cairn.models.builtin.builtin_chat import BuiltinChatModel, decide

CREATE = """CREATE TABLE guests (
  id INTEGER PRIMARY KEY,
  name TEXT, -- e.g. 'Ann', 'Bo'
  town TEXT, -- e.g. 'Oslo', 'Bern'
  arrived DATE -- e.g. '2024-02-03'
);"""
DOCUMENTS = [
    ("Harbour rules", "Mooring", "A berth costs 40 euros a night. Guests may stay for up to 14 days."),
    ("Harbour rules", "Noise", "Engines must be off after 22:00. Music is not allowed at night."),
    ("港口规定", "停泊", "每艘船最多可以停泊 14 天。夜间必须关闭发动机。"),
]


def search(query: str) -> str:
    """Search the documents."""
    chinese = re.search("[一-鿿]", query) is not None
    found = [(n, *row) for n, row in enumerate(DOCUMENTS) if (row[0] == "港口规定") == chinese]
    documents = [passage(str(n), text, f"{n}.md", title=title, heading=head) for n, title, head, text in found]
    return write_passages(numbered(documents))


def calculator(expression: str) -> str:
    """Calculate."""
    if "/ 0" in expression:
        raise ValueError("Division by zero has no result.")
    return f"{expression} = 42"


def describe_tables(tables: list[str], question: str = "", database: str | None = None) -> str:
    """Describe tables."""
    return f"-- Database harbour (sqlite)\n{CREATE}"


def query_database(query: str, database: str | None = None) -> str:
    """Run a query."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(CREATE)
    rows = [
        (1, "Ann", "Oslo", "2024-02-03"),
        (2, "Bo", "Bern", "2025-01-01"),
        (3, "Cy", "Rio de Janeiro", "2025-05-05"),
    ]
    connection.executemany("INSERT INTO guests VALUES (?, ?, ?, ?)", rows)
    cursor = connection.execute(query)
    columns = [column[0] for column in cursor.description]
    found = cursor.fetchall()
    connection.close()
    lines = [columns, ["---"] * len(columns), *([str(cell) for cell in row] for row in found)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\n({len(found)} rows)"


query_database.__doc__ = "Run one SELECT.\n\nDatabase harbour (sqlite):\n- guests(id, name, town, arrived)"
ALL = [StructuredTool.from_function(f) for f in (search, calculator, describe_tables, query_database)]


def ask(question: str, tools: Sequence[BaseTool] = ALL, before: Sequence[BaseMessage] = ()) -> tuple[str, list[Any]]:
    """The answer, and the calls made on the way; fails when it would not come to an end."""
    model = BuiltinChatModel().bind_tools(tools)
    by_name: dict[str, Callable[..., Any]] = {tool.name: tool.func for tool in tools}  # type: ignore[attr-defined]
    messages: list[BaseMessage] = [SystemMessage("Be brief."), *before, HumanMessage(question)]
    calls: list[Any] = []
    with citing():
        for _ in range(8):
            message = model.invoke(messages)
            messages.append(message)
            if not message.tool_calls:
                return message.text, calls
            for call in message.tool_calls:
                calls.append((call["name"], call["args"]))
                try:
                    text, status = by_name[call["name"]](**call["args"]), "success"
                except ValueError as error:
                    text, status = f"Error: {error}", "error"
                messages.append(ToolMessage(text, tool_call_id=call["id"], status=status))
    raise AssertionError(f"no end: {calls}")


def test_a_sum_goes_to_the_calculator_and_comes_back_on_one_line() -> None:
    assert ask("What is 6 times 7?") == ("6 * 7 = **42**", [("calculator", {"expression": "6 * 7"})])


def test_two_parts_are_called_in_parallel_and_both_answered() -> None:
    model = BuiltinChatModel().bind_tools(ALL)
    first = model.invoke([HumanMessage("What is 6*7 and how many guests are there?")])
    assert [call["name"] for call in first.tool_calls] == ["calculator", "describe_tables"]
    assert len({call["id"] for call in first.tool_calls}) == 2
    text, _ = ask("What is 6*7 and how many guests are there?")
    assert "**42**" in text and "**3** (`SELECT COUNT(*) FROM guests`)" in text


def test_several_rows_are_a_table_with_their_number() -> None:
    text, _ = ask("List the names of guests who arrived in 2025")
    assert "| Bo |" in text and "| Cy |" in text and "Rows: 2" in text and "Ann" not in text


def test_an_empty_result_is_said() -> None:
    assert "found nothing" in ask("List the guests who arrived before 1990")[0]


def test_documents_are_quoted_word_for_word_with_marker_and_source() -> None:
    text, calls = ask("How much does a berth cost a night?")
    assert text.startswith("> A berth costs 40 euros a night. [1]")
    assert "Harbour rules > Mooring (0.md)" in text
    assert calls == [("search", {"query": "How much does a berth cost a night?"})]


def test_chinese_questions_get_chinese_quotes_and_phrases() -> None:
    assert ask("船最多可以停泊多少天？")[0].startswith("> 每艘船最多可以停泊 14 天。 [1]")
    assert "没有" in ask("码头有没有游泳池和健身房？")[0]
    assert ask("2乘以3等于多少？")[0] == "2 * 3 = **42**"


@pytest.mark.parametrize(
    "question", ["Who founded the bakery?", "What is the captain's shoe size?", "Why do whales sing?"]
)
def test_what_the_documents_do_not_say_is_not_answered_by_some_sentence(question: str) -> None:
    text, _ = ask(question)
    assert "could not find a sentence" in text and ">" not in text


def test_a_failed_tool_is_told() -> None:
    text, calls = ask("What is 6/0?")
    assert "Division by zero" in text and len(calls) == 1


@pytest.mark.parametrize("question", ["And in 2024?", "What about boats?", "上海呢？"])
def test_half_a_question_is_never_half_a_query(question: str) -> None:
    before = [HumanMessage("How many guests arrived in 2025?"), AIMessage("**2**")]
    text, calls = ask(question, before=before)
    assert ("whole question" in text or "完整" in text) and not calls


def test_a_sum_inside_a_question_is_calculated() -> None:
    _, calls = ask("If 37 crates hold 144 bottles each, how many is that: 37 * 144?")
    assert calls == [("calculator", {"expression": "37 * 144"})]


def test_tables_are_described_with_the_question() -> None:
    _, calls = ask("How many guests are there?", ALL[2:])
    assert calls[0] == ("describe_tables", {"tables": ["guests"], "question": "How many guests are there?"})


@pytest.mark.parametrize(
    "question", ["Write me a poem", "Translate this into French: hello", "翻译成英文：你好", "请写一封信"]
)
def test_what_it_cannot_do_it_says_with_what_to_set_up(question: str) -> None:
    text, calls = ask(question)
    assert "`openai:" in text and not calls


def test_without_search_an_odd_question_is_declined() -> None:
    assert "openai:NAME" in ask("Why is the sky blue?", ALL[2:])[0]


def test_repeated_refusals_come_to_an_end() -> None:
    model = BuiltinChatModel().bind_tools(ALL)
    messages: list[BaseMessage] = [HumanMessage("How many guests are there?")]
    message = AIMessage("")
    for _ in range(10):
        message = model.invoke(messages)
        messages.append(message)
        if not message.tool_calls:
            break
        messages += [ToolMessage("Error: no.", tool_call_id=call["id"], status="error") for call in message.tool_calls]
    assert not message.tool_calls and "failed: no." in message.text


def test_passages_in_the_prompt_are_quoted() -> None:
    with citing():
        found = search("engines")
    system = SystemMessage(f"Use only these passages:\n\n{found}")
    answer = BuiltinChatModel().invoke([system, HumanMessage("When must engines be off?")])
    assert answer.text.startswith("> Engines must be off after 22:00. [2]")
    nothing = BuiltinChatModel().invoke([SystemMessage(f"Passages:\n\n{NOTHING_FOUND}"), HumanMessage("When?")])
    assert "Nothing was found" in nothing.text


def test_passages_and_question_in_one_message() -> None:
    with citing():
        text = f"Passages:\n\n{search('x')}\n\nQuestion: How long may guests stay?"
    assert BuiltinChatModel().invoke([HumanMessage(text)]).text.startswith("> Guests may stay for up to 14 days. [1]")


def test_a_schema_in_the_prompt_gives_one_sql_block_or_words() -> None:
    hint = "-- 'Oslo' is in guests.town"
    system = SystemMessage(f"Write SQL.\n\n```sql\n-- Database harbour (sqlite)\n{CREATE}\n{hint}\n```")
    model = BuiltinChatModel()
    good = model.invoke([system, HumanMessage("How many guests from Oslo?")]).text
    assert good == "```sql\nSELECT COUNT(*) FROM guests WHERE town = 'Oslo'\n```"
    bad = model.invoke([system, HumanMessage("How many guests snore?")]).text
    assert "```" not in bad and "snore" in bad


def test_the_nearest_example_answers() -> None:
    def example(given: str, answer: str) -> list[BaseMessage]:
        marked = {"example": True}
        return [HumanMessage(given, additional_kwargs=marked), AIMessage(answer, additional_kwargs=marked)]

    examples = [*example("My engine is broken", "repairs"), *example("I was charged twice", "billing")]
    model = BuiltinChatModel()
    assert model.invoke([*examples, HumanMessage("Why did you charge me two times?")]).text == "billing"
    assert model.invoke([*examples, HumanMessage("the engine broke down")]).text == "repairs"
    unlike = [*examples, HumanMessage("zzz")]
    said = model.invoke(unlike)
    assert "can't tell" in said.text
    assert (
        model.invoke([*unlike, said, HumanMessage("Answer with exactly one of: repairs, billing.")]).text == said.text
    )


def test_a_form_is_declined() -> None:
    class Visit(BaseModel):
        """A visit."""

        name: str | None = None

    model = BuiltinChatModel().bind_tools([Visit], tool_choice="Visit")
    message = model.invoke([HumanMessage("Name: Ann Lee")])
    assert not message.tool_calls and "I can't do that" in message.text


def test_it_counts_and_says_why_it_ended() -> None:
    message = BuiltinChatModel().bind_tools(ALL).invoke([HumanMessage("What is 6 * 7?")])
    assert message.usage_metadata is not None and message.usage_metadata["input_tokens"] > 100
    assert message.response_metadata["finish_reason"] == "tool_calls"
    assert message.response_metadata["model_name"] == "builtin"
    assert BuiltinChatModel().invoke("hello").response_metadata["finish_reason"] == "stop"


async def test_it_streams_word_by_word_to_the_same_message() -> None:
    model = BuiltinChatModel()
    chunks = [chunk async for chunk in model.astream("hello")]
    assert len(chunks) > 10
    whole = sum(chunks[1:], chunks[0])
    assert isinstance(whole, AIMessageChunk)
    assert whole.text == model.invoke("hello").text
    assert whole.usage_metadata == model.invoke("hello").usage_metadata
    assert whole.response_metadata["finish_reason"] == "stop"
    assert len(list(model.stream("你好"))) > 10


def test_streamed_calls_are_whole() -> None:
    chunks = list(BuiltinChatModel().bind_tools(ALL).stream("What is 6*7? How much does a berth cost?"))
    whole = sum(chunks[1:], chunks[0])
    assert isinstance(whole, AIMessageChunk)
    assert [call["name"] for call in whole.tool_calls] == ["calculator", "search"]


def test_the_same_messages_give_the_same_answer() -> None:
    model = BuiltinChatModel().bind_tools(ALL)
    first, second = (model.invoke([HumanMessage("How many guests are there?")]) for _ in range(2))
    assert first.tool_calls == second.tool_calls


_WORDS = [
    *("how", "many", "guests", "from", "Oslo", "list", "top", "3", "most", "by", "per", "in", "2025", "between", "and"),
    *(
        "4",
        "10",
        "%",
        "of",
        "total",
        "average",
        "name",
        "town",
        "arrived",
        "?",
        "，",
        "有多少",
        "最高",
        "的",
        "或",
        "not",
    ),
    *("'x'", '"', ";", "--", "over", "at", "least", "named", "called", "latest", "oldest", "different", "sorted"),
]


@settings(max_examples=120, deadline=None)
@given(
    st.text(max_size=400)
    | st.lists(
        st.sampled_from(_WORDS),
        max_size=14,
    ).map(" ".join)
)
def test_any_text_gets_an_answer_in_a_bounded_number_of_steps(text: str) -> None:
    answer, calls = ask(text)
    assert answer and len(calls) < 40


@given(st.text(max_size=200), st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_prompt_without_tools_gets_an_answer(system: str, question: str) -> None:
    assert BuiltinChatModel().invoke([SystemMessage(system), HumanMessage(question)]).text


_MESSAGES = st.lists(
    st.builds(HumanMessage, st.text(max_size=80))
    | st.builds(AIMessage, st.text(max_size=80))
    | st.builds(SystemMessage, st.text(max_size=80) | st.just("join()\n- search(query: string)"))
    | st.builds(ToolMessage, st.text(max_size=40), tool_call_id=st.just("1"))
    | st.just(AIMessage("", tool_calls=[{"name": "search", "args": {"query": "x"}, "id": "1"}]))
    | st.just(HumanMessage("$1 = calculator(expression=)\n  7\n")),
    max_size=6,
)


@given(_MESSAGES, st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_messages_are_decided_and_always_alike(messages: list[BaseMessage], bound: bool) -> None:
    tools = [convert_to_openai_tool(tool) for tool in ALL] if bound else []
    decision = decide(messages, tools)
    assert (decision.text or decision.tool_calls) and decision == decide(messages, tools)


@pytest.mark.parametrize(
    "text", ["\ud800", "", " ", "\x00", "a" * 100_000, "1+" * 40_000, "(" * 50_000, "多少" * 30_000, "a " * 50_000]
)
def test_extreme_questions_are_survived(text: str) -> None:
    assert ask(text)[0]
