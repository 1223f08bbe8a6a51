"""One question with several parts, as its parts."""

from __future__ import annotations

import re
from collections.abc import Callable

from cairn.core.clean_text import CJK, has_cjk
from cairn.models.builtin.arithmetic import to_expression

MAX_PARTS = 8
MAX_LENGTH = 2000
_ASK = (
    r"(?:what|how|which|who|whose|whom|when|where|why|is|are|do|does|did|can|could|list|show|calculate|compute|count|"
    r"give|tell|find|name|work out)\b"
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
_ZH_QUESTION = re.compile(r"多少|多久|多长|几|什么|谁|哪|怎么|怎样|如何|吗|呢|是否|列出|计算|算|显示|统计|查")
_FOLLOWS = re.compile(rf"^\W*(?:(?:what|how) about|(?:and|or|also)(?!.*\b{_ASK}))\b|^\W*(?:那么?|还有|另外)", re.I)
_ZH_FOLLOWS = re.compile(r"呢\W*$")


def goes_on(text: str) -> bool:
    """Whether this is only the end of a question that was begun before: `And in 2024?`, `上海呢？`."""
    asks = _ZH_QUESTION.search(_ZH_FOLLOWS.sub("", text))
    return not asks and bool(_FOLLOWS.search(text) or _ZH_FOLLOWS.search(text))


def split_question(text: str) -> list[str]:
    """The parts, in order, each a question or a request; at least one."""
    if len(text) > MAX_LENGTH or to_expression(text):
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
