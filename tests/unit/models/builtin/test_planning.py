"""The roles of a plan: the steps of independent parts, a query out of a schema, and the answer from the results."""

from __future__ import annotations

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cairn.models.builtin.builtin_chat import BuiltinChatModel

TOOLS = """1. tool(argument="text")
join()
Tools:

- calculator(expression: string)
  Calculate.
- search(query: string)
  Search.
- describe_tables(tables?: list of string, question?: string, database?: string)
  Show tables.
- query_database(query: string, database?: string)
  Run a query.

  Database geo (sqlite):
  - lakes(id, name, country, depth)
- read(question: string, text: string)
  Read a value."""
DOCUMENTS = TOOLS.replace("  - lakes(id, name, country, depth)\n", "")
SCHEMA = "CREATE TABLE lakes (\n  id INTEGER,\n  name TEXT,\n  depth INTEGER -- e.g. 3\n);"
LAKES = "How many lakes are there?"


def said(question: str, system: str = TOOLS, *more: HumanMessage | AIMessage) -> str:
    return BuiltinChatModel().invoke([SystemMessage(system), HumanMessage(question), *more]).text


def joined(question: str, results: str, system: str = TOOLS) -> str:
    prompt = f"The results of the steps:\n\n{results}\n\nQuestion: {question}\n\nAnswer it now."
    return said(question, system, AIMessage("1. …"), HumanMessage(prompt))


def test_independent_parts_are_planned_side_by_side() -> None:
    assert said("How long is parental leave and what is 17% of 240?", DOCUMENTS).splitlines() == [
        '1. search(query="How long is parental leave")',
        '2. calculator(expression="17% of 240")',
        "join()",
    ]


def test_records_are_described_read_and_queried() -> None:
    assert said(LAKES).splitlines()[:3] == [
        f'1. describe_tables(tables=["lakes"], question="{LAKES}")',
        f'2. read(question="{LAKES}", text="$1")',
        '3. query_database(query="$2")',
    ]


def test_a_greeting_needs_no_step() -> None:
    assert said("Hello!") == "join()"


def test_a_query_is_read_out_of_a_schema_and_nothing_else() -> None:
    def read(question: str, text: str) -> str:
        system = SystemMessage("Answer with the value alone. If not, answer with the one word unknown.")
        return BuiltinChatModel().invoke([system, HumanMessage(f"Text:\n  {text}\nQuestion: {question}")]).text

    assert read(LAKES, SCHEMA.replace("\n", "\n  ")) == "SELECT COUNT(*) FROM lakes"
    assert read("What is the colour of music?", "A song has no colour.") == "unknown"


def test_the_results_of_all_parts_are_joined() -> None:
    text = joined(
        f"How deep is the Mora? {LAKES} What is 6 * 7?",
        '$1 = search(query="How deep is the Mora?")\n  [1] Lakes <a.md>\n    The Mora is 8 m deep.\n'
        f'$2 = describe_tables(tables=["lakes"], question="{LAKES}")\n  {SCHEMA.replace(chr(10), chr(10) + "  ")}\n'
        f'$3 = read(question="{LAKES}", text="$2")\n  SELECT COUNT(*) FROM lakes\n'
        '$4 = query_database(query="$3")\n  | COUNT(*) |\n  | --- |\n  | 12 |\n\n  (1 row)\n'
        '$5 = calculator(expression="6 * 7")\n  6 * 7 = 42\n',
    )
    assert "> The Mora is 8 m deep. [1]" in text
    assert "**12** (`SELECT COUNT(*) FROM lakes`)" in text
    assert "6 * 7 = **42**" in text


def test_a_failed_step_is_told_and_money_is_no_reference() -> None:
    question = r"Is the fee $5?"
    found = joined(
        question, '$1 = search(query="Is the fee \\\\$5?")\n  [1] Fees <a.md>\n    The fee is $5.\n', DOCUMENTS
    )
    assert "> The fee is $5. [1]" in found
    assert "failed" in joined("What is 6/0?", '$1 = calculator(expression="6 / 0")\n  Error: Division by zero.\n')


def test_further_steps_are_never_wanted() -> None:
    again = HumanMessage("What became of the steps so far:\n\n$1: failed\n\nThat was not enough for an answer.")
    assert said("What is 2 * 3?", TOOLS, AIMessage("1. …"), again) == "join()"
