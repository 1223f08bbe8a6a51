"""What `cairn` itself names, for other people's programs."""

from __future__ import annotations

import ast
import asyncio
import doctest
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.messages import ToolMessage
from pydantic import ValidationError

import cairn
from cairn.agents.program_interface import close_homes, open_home
from cairn.core.settings import Home
from tests.scripted import ScriptedModel, calls

ROOT = Path(__file__).parents[2]
PUBLISHED = {"Answer", "Event", "Task"}
"""Their docstrings are part of published schemas; docs/library.md shows them."""
PAIRS = [{"input": "2 + 2", "output": "4"}, {"input": "the capital of Peru", "output": "Lima"}]


@pytest.fixture(autouse=True)
def _closed(home: Home) -> Iterator[None]:
    yield
    close_homes()


def test_importing_cairn_imports_nothing_else() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "import cairn; dir(cairn)\n"
        "print(*sorted(set(sys.modules) - before - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert [name for name in done.stdout.split() if name.split(".")[0] not in sys.stdlib_module_names] == ["cairn"]


def test_type_checkers_are_told_the_same_names() -> None:
    tree = ast.parse((ROOT / "cairn" / "__init__.py").read_text("utf-8"))
    [choice] = [node for node in tree.body if isinstance(node, ast.If) and isinstance(node.test, ast.Name)]
    imports = [node for node in choice.body if isinstance(node, ast.ImportFrom)]
    told = {alias.asname: f"{node.module}.{alias.name}" for node in imports for alias in node.names}
    names = vars(cairn)["_MODULES"]
    assert told == {name: f"{module}.{name}" for name, module in names.items()}
    assert sorted(told) == sorted(cairn.__all__)
    assert set(cairn.__all__) <= set(dir(cairn))


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'moon'"):
        _ = cairn.moon  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("name", [name for name in cairn.__all__ if name not in {*PUBLISHED, "calculator"}])
def test_the_example_of_each_name_runs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("cairn.core.registry._BY_NAME", dict(vars(cairn.core.registry)["_BY_NAME"]))
    document = getattr(cairn, name).__doc__
    example = doctest.DocTestParser().get_doctest(document, {}, name, None, 0)
    assert example.examples
    told: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example, out=told.append)
    assert not told, "".join(told)


@pytest.mark.parametrize("name", [name for name in cairn.__all__ if name[0].islower() and name != "calculator"])
def test_each_function_tells_its_arguments(name: str) -> None:
    function = getattr(cairn, name)
    arguments = [each for each in function.__annotations__ if each != "return"]
    assert [each for each in arguments if f" {each}:" not in function.__doc__.partition("Args:")[2]] == []


def test_a_home_is_opened_once_and_an_open_one_is_used(home: Home) -> None:
    first = open_home()
    assert open_home(home.root) is first and open_home(str(home.root)) is first
    assert open_home(cairn.load_settings(timeout=7)) is not first
    with cairn.Cairn(cairn.load_settings()) as mine:
        assert open_home(mine) is mine is not first
    assert cairn.ask("6 * 7", home=home.root).answer == "6 * 7 = **42**"


def test_an_answer_goes_on_with_its_thread() -> None:
    first = cairn.ask("6 * 7")
    assert cairn.ask("7 * 7", thread=first.thread).thread == first.thread


@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_agent_of_somebody_else_reads_what_a_tool_could_not_do(asynchronous: bool) -> None:
    tools = [cairn.calculator, *cairn.sql_tools("shop"), cairn.search_tool()]
    asked = calls(
        ("calculator", {"expression": "1/0"}),
        ("query_database", {"query": "DELETE FROM orders"}),
        ("search", {"query": " "}),
    )
    agent = create_agent(ScriptedModel(asked, "Sorry."), tools=tools)
    question: Any = {"messages": [("human", "?")]}
    state = asyncio.run(agent.ainvoke(question)) if asynchronous else agent.invoke(question)
    told = [message for message in state["messages"] if isinstance(message, ToolMessage)]
    assert [message.status for message in told] == ["error"] * 3
    assert "Division by zero" in told[0].text and "SELECT" in told[1].text and "empty" in told[2].text


def test_sql_tools_over_addresses_need_no_home(home: Home, tmp_path: Path) -> None:
    shop = ROOT / "samples" / "shop.sqlite"
    (tmp_path / "Town Hall.db").write_bytes(shop.read_bytes())
    before = sorted(home.root.rglob("*"))
    tables, _, query = cairn.sql_tools(f"sqlite:///{shop}", str(tmp_path / "Town Hall.db"), hidden=["customers"])
    assert "Database town-hall" in query.description and "Database shop" in query.description
    assert "customers" not in tables.invoke({})
    counted = query.invoke({"query": "SELECT count(*) AS n FROM suppliers", "database": "town-hall"})
    assert counted.startswith("| n |")
    assert sorted(home.root.rglob("*")) == before


@pytest.mark.parametrize(("given", "told"), [("moon", "No database is named"), ("./none.db", "none.db")])
def test_a_database_that_is_not_there_is_said(given: str, told: str) -> None:
    with pytest.raises(cairn.CairnError, match=told):
        cairn.sql_tools(given)
    with pytest.raises(cairn.CairnError, match="nothing' to hide"):
        cairn.sql_tools(str(ROOT / "samples" / "shop.sqlite"), hidden=["nothing"])


def test_web_tools_need_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(cairn.CairnError, match="No search server is set"):
        cairn.web_tools()
    monkeypatch.setenv("CAIRN_SEARX_URL", "http://localhost:8888")
    assert len(cairn.web_tools()) == 2


@pytest.mark.parametrize("selector", ["fixed", "semantic", "mmr", "jaccard", "length"])
def test_example_selectors(selector: Any) -> None:
    chosen = cairn.ExampleSelector(PAIRS, selector, k=1)
    assert chosen.select_examples({"input": "2 + 2"}) == [PAIRS[0]]
    chosen.add_example({"input": "the moon's colour", "output": "grey"})
    if selector in ("semantic", "mmr", "jaccard"):
        assert chosen.select_examples({"input": "Which colour has the moon?"})[0]["output"] == "grey"


def test_an_example_selector_says_what_is_wrong() -> None:
    with pytest.raises(ValidationError):
        cairn.ExampleSelector(PAIRS, "moon")  # pyright: ignore[reportArgumentType]
    with pytest.raises(KeyError):
        cairn.ExampleSelector([{"question": "?"}])


def test_an_example_selector_compares_by_the_embeddings_it_is_given() -> None:
    chosen = cairn.ExampleSelector(PAIRS, k=1, embeddings=DeterministicFakeEmbedding(size=8))
    assert chosen.select_examples({"input": "the capital of Peru"}) == [PAIRS[1]]


def test_an_evaluation_leaves_no_threads_and_warns_of_known_questions(home: Home, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"question": "How many customers are there?", "query": "SELECT count(*) FROM customers"}')
    app = open_home()
    folder = home.prompts / "mine"
    folder.mkdir()
    (folder / "task.yaml").write_text("strategy: sql\ntools: [sql]\n")
    (folder / "default.md").write_text("{{schema}}")
    (folder / "examples.jsonl").write_text('{"input": "How many customers are there?", "output": "SELECT 1"}')
    with pytest.warns(UserWarning, match="1 of these questions are among the examples"):
        report = cairn.evaluate(questions, task="mine", home=app, out=tmp_path / "records.jsonl")
    assert report.figure.cases == 1
    assert app.threads.list() == []
    assert (tmp_path / "records.jsonl").exists()
