"""Rows to tune a model on: what the task would send, and the answer that is right; what would teach something wrong is
left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.core.secrets import keep
from cairn.core.settings import Home, load_settings
from cairn.evals.asked_before import all_feedback
from cairn.evals.cases import CallGold, Case, SourceGold
from cairn.evals.evaluation_request import Wanted
from cairn.evals.training_checks import TrainingChecks, TrainingSummary, wrong_calls, wrong_roles
from cairn.evals.training_rows import NotTrainable, TrainingRow, row_of_case, row_of_feedback
from cairn.memory.feedback_store import FeedbackStore
from cairn.models.token_counts import APPROXIMATE
from cairn.prompts.example_pool import add_example
from cairn.samples import SHOP
from cairn.ui.cli.run_eval_export import Source, export

ORDERS = "SELECT count(*) FROM orders"


@pytest.fixture
def app(home: Home) -> Iterator[Cairn]:
    with Cairn(load_settings(home.root, samples=False, model="builtin")) as opened:
        opened.workspace.databases.add("shop", f"sqlite:///{SHOP}")
        yield opened


def row(question: str = "Where?", answer: str = "There.", **options: Any) -> TrainingRow:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    given: dict[str, Any] = {"id": question, "question": question, "kind": "answer", "messages": messages, "tools": []}
    given |= options
    return TrainingRow(**given)


def checked(*rows: TrainingRow, **options: Any) -> TrainingSummary:
    summary = TrainingSummary()
    checks = TrainingChecks(summary, APPROXIMATE, **options)
    for one in rows:
        checks.add(one)
    checks.end()
    return summary


def test_a_query_is_learned_from_the_prompt_that_the_task_sends(app: Cairn, home: Home) -> None:
    add_example(home, "database", {"input": "有多少订单？", "output": ORDERS, "database": "shop"})
    made = row_of_case(app.workspace, "database", Case("1", "有多少订单？", query=ORDERS, database="shop"))
    system, user, assistant = made.messages
    assert system["role"] == "system" and "CREATE TABLE orders" in system["content"]
    assert user == {"role": "user", "content": "有多少订单？"}
    assert assistant == {"role": "assistant", "content": f"```sql\n{ORDERS}\n```"}
    assert "tools" not in made.as_json()


def test_what_was_said_before_stands_before_the_question(app: Cairn) -> None:
    case = Case("1", "And in May?", history=(("user", "How many?"), ("assistant", "7")), query=ORDERS, database="shop")
    roles = [message["role"] for message in row_of_case(app.workspace, "database", case).messages]
    assert roles == ["system", "user", "assistant", "user", "assistant"]


def test_fields_labels_calls_and_declining(app: Cairn, tmp_path: Path) -> None:
    fields = {"fields": [{"name": "total", "type": "number"}]}
    model = {"model": "openai:any"}
    made = row_of_case(app.workspace, "extract", Case("1", "It is 5 €", fields={"total": 5}), fields | model)
    [call] = made.messages[-1]["tool_calls"]
    assert call["function"] == {"name": "give_fields", "arguments": '{"total": 5}'} and made.tools

    labels = {"labels": ["账单", "理赔"]}
    made = row_of_case(app.workspace, "classify", Case("1", "多少钱？", label="账单"), labels)
    assert made.messages[-1]["content"] == "账单" and made.kind == "账单"
    with pytest.raises(NotTrainable, match="no label of the task's"):
        row_of_case(app.workspace, "classify", Case("1", "?", label="other"), labels)

    case = Case("1", "2 + 2?", tool_calls=(CallGold("calculator", {"expression": ["2+2", "2 + 2"], "x": ["1", ""]}),))
    [call] = row_of_case(app.workspace, "math", case).messages[-1]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {"expression": "2+2"}
    with pytest.raises(NotTrainable, match="without its tools"):
        row_of_case(app.workspace, "math", Case("1", "2 + 2?", answers=("4",)))

    text = "# Leave\n\nEverybody has 26 days of leave a year. 每人每年有二十六天假期。\n"
    (tmp_path / "leave.md").write_text(text, "utf-8")
    app.workspace.library.add([tmp_path / "leave.md"])
    made = row_of_case(app.workspace, "documents", Case("1", "假期多少天？", refuse=True))
    assert made.messages[-1]["content"] == "文档没有说明。"
    gold = SourceGold("leave.md", text="Everybody has 26 days of leave a year.")
    case = Case("1", "How many days of leave?", answers=("26",), sources=(gold,))
    made = row_of_case(app.workspace, "documents", case)
    assert made.doubts == ("cites nothing",)
    made = row_of_case(app.workspace, "documents", Case("1", "How many days of leave?", answers=("31 [1]",)))
    assert made.doubts == ("does not stand in the passages of its prompt",)


@pytest.mark.parametrize("strategy", ["tree", "map_reduce", "pearl"])
def test_what_is_sent_first_is_not_taught_where_the_answer_is_given_to_something_else(
    app: Cairn, strategy: str
) -> None:
    case = Case("1", "How long is parental leave?", answers=("16 weeks",))
    with pytest.raises(NotTrainable, match="asks other things before the answer"):
        row_of_case(app.workspace, "documents", case, {"strategy": strategy})


def test_an_accepted_answer_of_an_agent_teaches_its_calls(app: Cairn) -> None:
    answer = app.ask("What is 12 * 12?", task="math")
    assert answer.run and answer.steps
    store = FeedbackStore(app.workspace.database, app.settings.user)
    store.give(answer.run, "good")
    [said] = all_feedback(app.workspace)
    made = row_of_feedback(app.workspace, said)
    assert [message["role"] for message in made.messages] == ["system", "user", "assistant", "tool", "assistant"]
    assert made.messages[2]["tool_calls"][0]["id"] == made.messages[3]["tool_call_id"]
    assert made.messages[-1]["content"] == answer.answer
    assert [tool["function"]["name"] for tool in made.tools] == ["calculator"]
    assert wrong_roles(made.messages) is None
    store.give(answer.run, "bad", None, {"answer": "145"})
    with pytest.raises(NotTrainable, match="without its tools"):
        row_of_feedback(app.workspace, all_feedback(app.workspace)[0])


def test_secrets_are_refused_and_personal_data_is_told() -> None:
    keep("swordfish-77")
    found = checked(
        row("My password is hunter22", "Noted."),
        row("密码是什么？", "密码是 abc12345"),
        row("Which?", "It is swordfish-77"),
        row("Who?", "ann@example.com, +44 20 7946 0958"),
    )
    assert [one.question for one in found.rows] == ["Who?"]
    assert found.left_out == {"it holds a secret": ["My password is hunter22", "密码是什么？", "Which?"]}
    assert set(found.told) == {"holds an e-mail address", "holds a telephone number"}


def test_what_is_there_twice_or_contradicts_itself() -> None:
    found = checked(row("A?", "b"), row("A?", "b", id="again"), row("a", "c", id="other"))
    assert found.left_out == {"it is there already": ["again"]}
    assert found.told == {"the same question has another answer elsewhere": ["other"]}


def test_held_out_questions_are_not_trained_on() -> None:
    held = [Case("1", "How many days of paid leave do new parents have?"), Case("2", "退款要多久？")]
    found = checked(
        row("how many days of paid leave do new parents have"),
        row("How many days of paid leave do the new parents have now?"),
        row("退款要多久"),
        row("How many days of notice are there?"),
        held_out=held,
    )
    assert [one.question for one in found.rows] == ["How many days of notice are there?"]
    assert len(found.left_out["its question is in the held-out set, or almost"]) == 3


def test_a_group_of_the_held_out_set_is_not_trained_on() -> None:
    held_out = [Case("1", "Which month?", label="May", group="sales"), Case("2", "Which day?", label="Monday")]
    summary = checked(row("How many?", group="sales"), row("Where?", kind="Monday"), held_out=held_out)
    assert summary.left_out == {"its group is in the held-out set": ["How many?"]}
    assert summary.untaught == ("May",)


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("search", '{"query": "x"}', None),
        ("other", "{}", "not given"),
        ("search", "[1]", "no JSON object"),
        ("search", "{", "no JSON object"),
        ("search", "{}", "lacks one"),
        ("search", '{"query": "x", "k": 2}', "does not know"),
    ],
)
def test_calls_fit_their_tools(name: str, arguments: str, told: str | None) -> None:
    schema = {"properties": {"query": {"type": "string"}}, "required": ["query"]}
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": None, "tool_calls": [call]}]
    tools = [{"type": "function", "function": {"name": "search", "parameters": schema}}]
    found = wrong_calls(row(messages=messages, tools=tools, kind="calls"))
    assert found is None if told is None else told in str(found)


def test_answers_of_another_style_are_told() -> None:
    rows = [row(f"What is number {n}?", f"It is the number {n}.") for n in range(19)]
    summary = checked(*rows, row("What is beauty?", "- **一种感觉**"))
    assert {why for why, ids in summary.told.items() if ids == ["What is beauty?"]} == {
        "the answer's language is other than in nearly all",
        "the answer's markup is other than in nearly all",
        "the answer's last mark is other than in nearly all",
    }


def test_every_first_part_has_its_share_of_each_kind() -> None:
    summary = checked(*(row(f"{n}?", kind="often" if n < 30 else "seldom") for n in range(40)))
    first = [one.kind for one in summary.balanced[:20]]
    assert 13 <= first.count("often") <= 17
    assert sorted(one.id for one in summary.balanced) == sorted(one.id for one in summary.rows)


def test_tokens_and_balance() -> None:
    found = checked(*(row(f"Question {n}?", kind="refuse") for n in range(20)), row("long " * 500), most=300)
    assert found.left_out == {"it has more than 300 tokens": ["long " * 500]}
    assert 0 < found.longest <= 300 and found.tokens >= 20 * 5
    assert found.unbalanced == "100% are refuse: the model may learn to say nothing else"
    assert "only 1 rows" in (checked(row()).unbalanced or "")


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([{"role": "user", "content": "?"}], "does not end"),
        ([{"role": "user", "content": "?"}, {"role": "assistant", "content": ""}], "says nothing"),
        ([{"role": "assistant", "content": "a"}], "no question"),
        (
            [{"role": "user", "content": "?"}, {"role": "tool", "tool_call_id": "x", "content": ""},
             {"role": "assistant", "content": "a"}],
            "belongs to no call",
        ),
        (
            [{"role": "user", "content": "?"}, {"role": "assistant", "tool_calls": [{"id": "x"}]},
             {"role": "assistant", "content": "a"}],
            "has no result",
        ),
    ],
)  # fmt: skip
def test_roles(messages: list[dict[str, Any]], told: str) -> None:
    assert told in (wrong_roles(messages) or "")


def test_the_command(app: Cairn, home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"question": f"第{n}个问题：有多少订单？", "query": ORDERS, "database": "shop"} for n in range(3)]
    questions, held, out = tmp_path / "q.jsonl", tmp_path / "held.jsonl", tmp_path / "out.jsonl"
    questions.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    held.write_text(json.dumps(rows[0]), "utf-8")
    wanted = Wanted(questions)
    with pytest.raises(UsageError, match="both trained on and held out"):
        export(home.root, Source([wanted], held_out=questions), out, as_json=False)
    export(home.root, Source([wanted], held_out=held), out, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == len(out.read_text("utf-8").splitlines()) and told["kinds"] == {"query": told["rows"]}
    assert "1" in told["left_out"]["its question is in the held-out set, or almost"]
    with pytest.raises(UsageError, match="Nothing is left"):
        export(home.root, Source([]), None, as_json=False)
