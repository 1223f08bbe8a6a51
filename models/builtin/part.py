"""One part of a question, from the first call to the answer. Each step looks at what the tools said so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cairn.passages import read_passages
from models.builtin.arithmetic import continued
from models.builtin.conversation import Call, Conversation, Result
from models.builtin.parts import Part
from models.builtin.phrases import manners, say, short
from models.builtin.quote import find_quotes, write_quotes
from models.builtin.sql_adapter import Table, asks_records, concerns, read_schema, show_result, write_query
from models.builtin.tools import Toolbox
from models.builtin.words import has_cjk

MAX_QUERY = 250

Step = Call | str


@dataclass(frozen=True)
class _Declined:
    """Why the database doesn't answer, in a sentence."""

    why: str = ""


def answer(talk: Conversation, box: Toolbox, parts: Sequence[Part]) -> tuple[list[Call], str]:
    """The calls that are still to be made, each once, and what there is to say without them."""
    steps = [_Answerer(talk, box, n, part).step() for n, part in enumerate(parts)]
    calls = {(step.name, repr(step.arguments)): step for step in reversed(steps) if isinstance(step, Call)}
    texts = [step if isinstance(step, str) else say("stopped", has_cjk(talk.question)) for step in steps]
    if len(parts) > 1:
        texts = [f"**{part.text}**\n\n{text}" for part, text in zip(parts, texts, strict=True)]
    return list(reversed(calls.values())), "\n\n".join(texts)


class _Answerer:
    """One part of a question, with the tools that are bound (or were, when a limit took them away)."""

    def __init__(self, talk: Conversation, box: Toolbox, n: int, part: Part) -> None:
        self.talk, self.box, self.n, self.part = talk, box, n, part
        self.chinese = has_cjk(part.text)
        self.names = box.names or frozenset(result.name for result in talk.results)
        described = [r.text for r in talk.results if r.name == "describe_tables" and not r.failed]
        self.tables = box.tables or tuple(table for text in described for table in read_schema(text))

    def step(self) -> Step:
        """The next call for this part, or its answer, from what the tools said so far."""
        if key := manners(self.part.text):
            return say(key, self.chinese)
        if self.part.expression:
            return self._calculate(self.part.expression)
        if continued(self.part.text, "1"):
            return say("whole", self.chinese)
        queries = "query_database" in self.names and not self.part.leans
        chosen = concerns(self.part.asked, self.tables) if queries else []
        if "search" not in self.names:
            return self._alone(chosen)
        if chosen and asks_records(self.part.asked, self.tables):
            found = self._database(chosen)
            return self._documents(found.why) if isinstance(found, _Declined) else found
        found = self._documents()
        if found != self._nothing():
            return found
        if self.part.leans and "query_database" in self.names:
            return say("whole", self.chinese)
        told = self._database(chosen) if chosen else _Declined()
        return found if isinstance(told, _Declined) else told

    def _alone(self, chosen: list[Table]) -> Step:
        """Without documents."""
        if "query_database" not in self.names:
            return say("cannot", self.chinese)
        if self.part.leans:
            return say("whole", self.chinese)
        found = self._database(chosen) if chosen else _Declined(say("no_table", self.chinese))
        return f"{found.why} {say('real_model', self.chinese)}" if isinstance(found, _Declined) else found

    def _ask(self, stage: str, name: str, **arguments: Any) -> Call | Result:
        call = Call(f"{self.n}_{stage}", name, arguments)
        return self.talk.result_of(call) or call

    def _failed(self, result: Result) -> str:
        return say("failed", self.chinese, tool=result.name, error=result.text)

    def _calculate(self, expression: str) -> Step:
        if "calculator" not in self.names:
            return say("no_calculator", self.chinese)
        result = self._ask("sum", "calculator", expression=expression)
        if isinstance(result, Call):
            return result
        return self._failed(result) if result.failed else _bold(result.text)

    def _documents(self, why: str = "") -> Step:
        result = self._ask("search", "search", query=short(self.part.asked, MAX_QUERY))
        if isinstance(result, Call):
            return result
        if result.failed:
            return self._failed(result)
        quoted = write_quotes(find_quotes(self.part.asked, read_passages(result.text)))
        if quoted and why:
            return f"{say('from_documents', self.chinese, why=why)}\n\n{quoted}"
        return quoted or why or self._nothing()

    def _nothing(self) -> str:
        return say("nothing", self.chinese, question=short(self.part.text))

    def _database(self, chosen: Sequence[Table]) -> Step | _Declined:
        """Look at the tables, query, show."""
        database = chosen[0].database
        where = {"database": database} if self.box.several_databases and database else {}
        tables = list(chosen)
        if "describe_tables" in self.names:
            names = [table.name for table in chosen if table.database == database]
            hints = {"question": short(self.part.asked, MAX_QUERY)} if self.box.hints else {}
            described = self._ask("tables", "describe_tables", tables=names, **hints, **where)
            if isinstance(described, Call):
                return described
            if described.failed:
                return self._failed(described)
            tables = read_schema(described.text) or tables
        written = write_query(self.part.asked, tables)
        if written.sql is None:
            return _Declined(written.why)
        result = self._ask("query", "query_database", query=written.sql, **where)
        if isinstance(result, Call):
            return result
        return self._failed(result) if result.failed else show_result(result.text, written.sql, self.chinese)


def _bold(text: str) -> str:
    """A calculator's line with its result in bold."""
    text = text.strip()
    at = max(text.rfind(sign) for sign in "=≈") + 1
    return f"{text[:at]} **{text[at:].strip()}**".strip()
