"""One part of a question, from the first call to the answer. Each step looks at what the tools said so far."""

from __future__ import annotations

import re
from typing import Any

from cairn.passages import read_passages
from models.builtin.arithmetic import to_expression, within
from models.builtin.conversation import Call, Conversation, Result
from models.builtin.markdown import code
from models.builtin.phrases import missing, say, short
from models.builtin.quote import find_quotes, write_quotes
from models.builtin.sql import Table, Written, asks_records, concerns, read_schema, show_result, write_query
from models.builtin.tools import Toolbox
from models.builtin.topic import topic_of
from models.builtin.words import has_cjk

MAX_QUERY = 500
MANY_TABLES = 15
_HELLO = re.compile(
    r"^\W*(?:hi|hello|hey|what's up|good (?:morning|afternoon|evening|day)|"
    r"who are you|what are you|what can you do|help|"
    r"how are you|"
    r"你好|您好|大家好|嗨|早上好|下午好|晚上好|你是谁|你能做什么|你会什么|帮助)[啊呀吗]?(?:\s+(?:there|you|me|today|doing))*\W*$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"^\W*(?:thanks?(?: you)?(?: very much| a lot)?|ok(?:ay)?|great|bye|goodbye|"
    r"谢谢|多谢|感谢|好的|再见)[你您了啊呀]*\W*$",
    re.IGNORECASE,
)
_WRITING = re.compile(
    r"^\W*(?:please\s+|can you\s+|could you\s+)*(?:write|translate|summari[sz]e|compose|draft|rewrite|rephrase|"
    r"paraphrase|"
    r"brainstorm|invent|imagine|proofread|tell me a (?:joke|story)|generate|create a|make up|code)\b|"
    r"^(?:请|帮我|麻烦你?|请你)*(?:写|翻译|总结|概括|润色|改写|起草|编写|编一个|讲个|生成|创作)",
    re.IGNORECASE,
)

Step = Call | str


def manners(part: str) -> str | None:
    """The name of the phrase that answers a greeting, a thank-you or a request to write; None for a question."""
    wanted = ((_HELLO, "hello"), (_THANKS, "thanks"), (_WRITING, "cannot"))
    return next((key for pattern, key in wanted if pattern.search(part)), None)


class PartAnswerer:
    """Answers parts within one conversation, with the tools that are bound (or were, when a limit took them away)."""

    def __init__(self, talk: Conversation, box: Toolbox) -> None:
        self.talk = talk
        self.box = box
        self.names = box.names or frozenset(result.name for result in talk.results)
        described = [r.text for r in talk.results if r.name == "describe_tables" and not r.failed]
        self.tables = box.tables or tuple(table for text in described for table in read_schema(text))

    def answer(self, n: int, part: str, wanted: str) -> Step:
        """The next call for part `n`, or its answer. `wanted` is what to search for."""
        chinese = has_cjk(part)
        if key := manners(part):
            return say(key, chinese)
        if expression := to_expression(part) or within(part):
            return self._calculate(n, expression, chinese)
        chosen = concerns(part, self.tables) if "query_database" in self.names else []
        if chosen and ("search" not in self.names or (not topic_of(part) and asks_records(part, chosen))):
            return self._database_first(n, part, wanted, chosen)
        if "search" in self.names:
            return self._documents_first(n, part, wanted, chosen)
        if "query_database" in self.names:
            return f"{say('no_table', chinese)} {say('real_model', chinese)}"
        return say("cannot", chinese)

    def _database_first(self, n: int, part: str, wanted: str, chosen: list[Table]) -> Step:
        chinese = has_cjk(part)
        step = self._database(n, part, chosen)
        if not isinstance(step, Written):
            return step
        found = self._documents(n, wanted, chinese) if "search" in self.names else None
        if found is None:
            return f"{step.why} {say('real_model', chinese)}"
        if isinstance(found, Call):
            return found
        return f"{say('not_from_database', chinese, why=step.why)}\n\n{found}"

    def _documents_first(self, n: int, part: str, wanted: str, chosen: list[Table]) -> Step:
        chinese = has_cjk(part)
        step: Step | Written | None = self._documents(n, wanted, chinese)
        if step is None and chosen:
            step = self._database(n, part, chosen)
        if step is None or isinstance(step, Written):
            return say("nothing", chinese, question=short(part))
        return step

    def _ask(self, n: int, stage: str, name: str, **arguments: Any) -> Call | Result:
        call = Call(f"{n}_{stage}", name, arguments)
        return self.talk.result_of(call) or call

    def _calculate(self, n: int, expression: str, chinese: bool) -> Step:
        if "calculator" not in self.names:
            return missing("`calculator`", chinese)
        result = self._ask(n, "sum", "calculator", expression=expression)
        if isinstance(result, Call):
            return result
        if result.failed:
            return say("failed", chinese, tool="calculator", error=result.text)
        text = result.text.strip()
        at = max(text.rfind(sign) for sign in "=≈") + 1
        return f"{text[:at]} **{text[at:].strip()}**".strip()

    def _documents(self, n: int, wanted: str, chinese: bool) -> Step | None:
        """Quotes; None when nothing that was found answers it."""
        result = self._ask(n, "search", "search", query=short(topic_of(wanted) or wanted, MAX_QUERY))
        if isinstance(result, Call):
            return result
        if result.failed:
            return say("failed", chinese, tool="search", error=result.text)
        return write_quotes(find_quotes(wanted, read_passages(result.text))) or None

    def _database(self, n: int, part: str, chosen: list[Table]) -> Step | Written:
        """Look at the tables, query, show; why there is no query when it wasn't understood."""
        chinese = has_cjk(part)
        tables = self._described(n, part, chosen[0])
        if isinstance(tables, Call | str):
            return tables if isinstance(tables, Call) else say("failed", chinese, tool="describe_tables", error=tables)
        written = write_query(part, tables)
        if written.sql is None or written.table is None:
            return written
        result = self._run(n, "query", written.sql, written.table)
        if isinstance(result, Call):
            return result
        if result.failed:
            return say("failed", chinese, tool="query_database", error=f"{result.text} ({code(written.sql)})")
        return show_result(result.text, written.sql, chinese)

    def _described(self, n: int, part: str, table: Table) -> list[Table] | Call | str:
        """The tables of the database with types, samples and hints; the text of the failure when there is one."""
        known = [other for other in self.tables if other.database == table.database]
        if "describe_tables" not in self.names:
            return known
        near = [other.name for other in concerns(part, known)] if len(known) > MANY_TABLES else []
        result = self._ask(n, "tables", "describe_tables", tables=near, question=part, **self._where(table))
        if isinstance(result, Call):
            return result
        return result.text if result.failed else read_schema(result.text) or known

    def _run(self, n: int, stage: str, sql: str, table: Table) -> Call | Result:
        return self._ask(n, stage, "query_database", query=sql, **self._where(table))

    def _where(self, table: Table) -> dict[str, str]:
        return {"database": table.database} if self.box.several_databases and table.database else {}
