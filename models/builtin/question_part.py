"""The parts of a question, each from the first call to the answer. Each step looks at what the tools said so far."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import Any

from cairn.core.clean_text import CJK, has_cjk
from cairn.models.builtin.arithmetic import to_expression, within
from cairn.models.builtin.builtin_phrases import manners, say, short
from cairn.models.builtin.builtin_sql import asks_records, concerns, counting, show_result, write_query
from cairn.models.builtin.prompt_conversation import Call, Conversation, Toolbox, read_shown_passages
from cairn.models.builtin.quoting import find_quotes, write_quotes
from cairn.models.builtin.shown_schema import Table, read_schema

MAX_QUERY = 250
MAX_TABLES = 15
MAX_PARTS = 8
MAX_LENGTH = 2000
_ASK = (
    r"(?:what|how|which|who|whose|whom|when|where|why|is|are|do|does|did|can|could|list|show|calculate|compute|count|"
    r"give|tell|find|name|work out|remember that)\b"
)
_LINE_END = re.compile(rf"(?<=[^\s?？;；。:：])[ \t]*\n[ \t]*(?=\S)(?!(?=[A-Z])(?i:{_ASK}))")
_SENTENCE = re.compile(r"(?<=[?？;；。！])|(?<=[a-z)][.!])\s+(?=[A-Z])|\n+")
# `and are insured` goes on with the same question; `and are there dogs` begins another.
_SUBJECT = r"(?:there|the|an?|my|our|your|we|i|you|it|they|he|she|this|that|these|those|any|all)\b"
_BEGINS = rf"(?!(?:is|are|was|were|do|does|did|can|could)\b(?!\s+{_SUBJECT})){_ASK}"
_AND = re.compile(rf"\s*[,;]?\s+(?:and(?: also| then)?|as well as|also)\s+(?={_BEGINS})|\s*,\s+(?={_BEGINS})", re.I)
_AND_SUM = re.compile(r"\s+and\s+", re.IGNORECASE)
_ZH_AND = re.compile(r"[,，、]?\s*(?:以及|还有|另外|并且|同时|然后|(?<![之的总])和)\s*|[,，]\s*")
_QUESTION = re.compile(rf"[?？]\s*$|^\W*(?:please\s+)?{_ASK}", re.IGNORECASE)
_ZH_QUESTION = re.compile(r"多少|多久|多长|几|什么|谁|哪|怎么|怎样|如何|吗|呢|是否|列出|算|显示|统计|查|^请?记住")
_FOLLOWS = re.compile(rf"^\W*(?:(?:what|how) about|(?:and|or|also)(?!.*\b{_ASK}))\b|^\W*(?:那么?|还有|另外)", re.I)
_ZH_FOLLOWS = re.compile(r"呢\W*$")
# Wishes about the memory, in so many words.
_PLEASE = r"^\W*(?:(?:please|ok|and|also|can you|could you|i want you to)\W+)*"
_WISHES = {
    "remember": rf"{_PLEASE}(?:remember|keep in mind|(?:don['’]?t|do not|never) forget|make a note)\b(?! when| how)"
    r"(?: this)?(?: that)?\s*[:,]?\s*([^?？]{3,})$"
    r"|^\W*(?:请|麻烦)?(?:帮我)?(?:记住|记一下|记下|别忘了|不要忘记)[：:，,]?\s*([^?？]{2,})$",
    "forget": rf"{_PLEASE}forget\b(?: the fact)?(?: that)?\s*[:,]?\s*([^?？]{{3,}})$"
    r"|^\W*(?:请|麻烦)?(?:忘记|忘掉|忘了|不要再记)[：:，,]?\s*([^?？]{2,})$",
    "recall": r"^\W*what (?:do|did) you (?:know|remember|have stored) (?:about|of) me\W*$"
    r"|^\W*(?:关于我)?你(?:都)?(?:记得|知道|了解)(?:关于)?我?(?:的)?(?:什么|哪些(?:事情?)?)\W*$",
}


class _EndedError(Exception):
    """A tool has to be called first, or has failed: the step, its argument, can't go on."""


def answer(talk: Conversation, box: Toolbox, question: str, charted: bool = False) -> tuple[list[Call], str]:
    """The calls that are still to be made, each once, and what there is to say without them.

    `charted`: a chart is to be drawn of it, so that only a database can answer.
    """
    parts = split_question(question)
    steps = [_Answerer(talk, box, n, part, charted).step() for n, part in enumerate(parts)]
    calls = {(step.name, repr(step.arguments)): step for step in reversed(steps) if isinstance(step, Call)}
    texts = [step if isinstance(step, str) else say("stopped", has_cjk(talk.question)) for step in steps]
    if len(parts) > 1:
        texts = [f"**{part}**\n\n{text}" for part, text in zip(parts, texts, strict=True)]
    return list(reversed(calls.values())), "\n\n".join(texts)


class _Answerer:
    """One part of a question, with the tools that are bound (or were, when a limit took them away)."""

    def __init__(self, talk: Conversation, box: Toolbox, n: int, part: str, charted: bool) -> None:
        self.talk, self.box, self.n, self.part, self.charted = talk, box, n, part, charted
        self.chinese = has_cjk(part)
        self.names = box.names or frozenset(result.name for result in talk.results)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        described = [r.text for r in self.talk.results if r.name == "describe_tables" and not r.failed]
        return self.box.tables or tuple(table for text in described for table in read_schema(text))

    def step(self) -> Call | str:
        try:
            return self._answer()
        except _EndedError as ended:
            return ended.args[0]

    def _answer(self) -> str:
        """What the tools have said so far. Raises _EndedError."""
        if wish := memory_call(self.part, self.names):
            said = self._ask("memory", wish.name, **wish.arguments)
            return said.partition("\n")[0] if wish.name == "remember" else said
        if key := manners(self.part):
            return say(key, self.chinese)
        if expression := to_expression(self.part) or within(self.part):
            return self._calculate(expression) if "calculator" in self.names else say("cannot", self.chinese)
        if goes_on(self.part):
            return say("whole", self.chinese)
        queries = "query_database" in self.names
        chosen = concerns(self.part, self.tables) if queries else []
        if not queries and "search" not in self.names:
            return say("cannot", self.chinese)
        search = "search" in self.names and not self.charted
        first = not search or (chosen and asks_records(self.part, self.tables))
        if not first and (quoted := self._documents()):
            return quoted
        found, why = self._records(chosen)
        if found or not search:
            return found or f"{why} {say('real_model', self.chinese)}"
        return self._documents(why) if first else say("nothing", self.chinese, question=short(self.part))

    def _ask(self, stage: str, name: str, **arguments: Any) -> str:
        """What a tool says. Raises _EndedError."""
        call = Call(f"{self.n}_{stage}", name, arguments)
        result = self.talk.result_of(call)
        if result is None or result.failed:
            raise _EndedError(say("failed", self.chinese, tool=name, error=result.text) if result else call)
        return result.text

    def _calculate(self, expression: str) -> str:
        text = self._ask("sum", "calculator", expression=expression).strip()
        at = max(text.rfind(sign) for sign in "=≈") + 1
        return f"{text[:at]} **{text[at:].strip()}**".strip()

    def _documents(self, why: str = "") -> str:
        """Quotes, behind why the database could not tell; nothing but that where there are none."""
        found = self._ask("search", "search", query=short(self.part, MAX_QUERY))
        quoted = write_quotes(find_quotes(self.part, read_shown_passages(found)))
        return f"{say('from_documents', self.chinese, why=why)}\n\n{quoted}" if quoted and why else quoted or why

    def _records(self, chosen: Sequence[Table]) -> tuple[str, str]:
        """What the database holds of it; else why it can't be asked."""
        if not chosen:
            return "", say("no_table", self.chinese)
        several = len({table.database for table in self.tables}) > 1
        where = {"database": chosen[0].database} if several and chosen[0].database else {}
        every = dict.fromkeys([*chosen, *self.tables])  # a value or a key may be in one that is not named
        tables = [table for table in every if table.database == chosen[0].database][:MAX_TABLES]
        if "describe_tables" in self.names:
            asked = {"tables": [t.name for t in tables], "question": short(self.part, MAX_QUERY)}
            tables = read_schema(self._ask("tables", "describe_tables", **asked, **where)) or tables
        written = write_query(counting(self.part, tables) if self.charted else self.part, tables)
        if written.sql is None:
            return "", written.why
        result = self._ask("query", "query_database", query=written.sql, **where)
        return show_result(result, written.sql, self.chinese), ""


def memory_call(question: str, names: Collection[str]) -> Call | None:
    """The call that `question` wishes for, if that is all it is, and the tool is among `names`."""
    for name, pattern in _WISHES.items():
        if name in names and (match := re.match(pattern, question.strip(), re.IGNORECASE)):
            fact = next(filter(None, match.groups()), "").strip(" .。!！")
            return Call("memory", name, {"query": ""} if name == "recall" else {"fact": fact})
    return None


def goes_on(text: str) -> bool:
    """Whether this is only the end of a question that was begun before: `And in 2024?`, `上海呢？`."""
    asks = _ZH_QUESTION.search(_ZH_FOLLOWS.sub("", text))
    return not asks and bool(_FOLLOWS.search(text) or _ZH_FOLLOWS.search(text))


def split_question(text: str) -> list[str]:
    """The parts, in order, each a question or a request; at least one."""
    if len(text) > MAX_LENGTH or to_expression(text) or memory_call(text, _WISHES):
        return [text.strip()]
    text = _LINE_END.sub(" ", re.sub(rf"(?<=[{CJK}])\n(?=[{CJK}])", "", text))
    parts = [piece.strip(" \t\n;；,，") for sentence in _sentences(text) for piece in _clauses(sentence)]
    return [part for part in parts if re.search(r"\w", part)][:MAX_PARTS] or [text.strip()]


def _sentences(text: str) -> list[str]:
    """Sentences that ask; those that only tell are context of the next one that asks."""
    found: list[str] = []
    context = ""
    for piece in filter(None, _SENTENCE.split(text)):
        context = f"{context} {piece}".strip()
        if _QUESTION.search(piece) or _ZH_QUESTION.search(piece) or to_expression(piece):
            found.append(context)
            context = ""
    if context and re.search(r"\w", context):
        found = [*found[:-1], f"{found[-1]} {context}"] if found else [context]
    return found


def _clauses(sentence: str) -> list[str]:
    if to_expression(sentence):
        return [sentence]
    if has_cjk(sentence):
        return _cut(_ZH_AND, sentence, lambda part: bool(_ZH_QUESTION.search(part)) and len(part.strip()) > 2)
    asking = _cut(_AND, sentence, lambda part: bool(_QUESTION.search(part)) and len(part.split()) > 1)
    return [half for part in asking for half in _cut(_AND_SUM, part, lambda half: to_expression(half) is not None)]


def _cut(pattern: re.Pattern[str], sentence: str, good: Callable[[str], bool]) -> list[str]:
    """Cut at each match of `pattern` that leaves good parts on both sides."""
    parts: list[str] = []
    start = 0
    for match in pattern.finditer(sentence):
        if good(sentence[start : match.start()]) and good(sentence[match.end() :]):
            parts.append(sentence[start : match.start()])
            start = match.end()
    return [*parts, sentence[start:]]
