"""One question with several parts, as its parts, each with what it takes from the part before."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cairn.text import CJK
from models.builtin.arithmetic import continued, to_expression, within
from models.builtin.words import content_terms, has_cjk

MAX_PARTS = 8
MAX_LENGTH = 2000
_MOST_TURNS = 5
_MOST_TERMS = 8
_ASK = (
    r"(?:what|how|which|who|whose|whom|when|where|why|is|are|do|does|did|can|could|list|show|calculate|compute|count|"
    r"give|tell|find|name|work out)\b"
)
_ITEM = re.compile(r"(?:^|\n|(?<=[?？:：.。;；]))\s*(?:\(?\d{1,2}[.)）]\s|\d{1,2}、|[-*•]\s|[①-⑩])\s*(?=\S)")
_LINE_END = re.compile(rf"(?<=[^\s?？;；。:：])[ \t]*\n[ \t]*(?=\S)(?!(?=[A-Z])(?i:{_ASK})|\d{{1,2}}[.)、）]|[-*•①-⑩])")
_SENTENCE = re.compile(r"(?<=[?？;；。！])|(?<=[a-z)][.!])\s+(?=[A-Z])|\n+")
# `and are insured` goes on with the same question; `and are there dogs` begins another.
_SUBJECT = r"(?:there|the|an?|my|our|your|we|i|you|it|they|he|she|this|that|these|those|any|all)\b"
_BEGINS = rf"(?!(?:is|are|was|were|do|does|did|can|could)\b(?!\s+{_SUBJECT})){_ASK}"
_AND = re.compile(rf"\s*[,;]?\s+(?:and(?: also| then)?|as well as|also)\s+(?={_BEGINS})|\s*,\s+(?={_BEGINS})", re.I)
_AND_SUM = re.compile(r"\s+and\s+", re.IGNORECASE)
_ZH_AND = re.compile(r"[,，、]?\s*(?:以及|还有|另外|并且|同时|然后|(?<![之的总])和)\s*|[,，]\s*")
_QUESTION = re.compile(rf"[?？]\s*$|^\W*(?:please\s+)?{_ASK}", re.IGNORECASE)
_ZH_QUESTION = re.compile(r"多少|多久|多长|几|什么|谁|哪|怎么|怎样|如何|吗|呢|是否|列出|计算|算|显示|统计|查")
_FOLLOWS = re.compile(r"^\W*(?:and|what about|how about|also|or)\b|^\W*(?:那么?|还有|另外)|呢\W*$", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


@dataclass(frozen=True)
class Part:
    """`asked`: the text with the words before that it leans on; `leans`: they were only put before it."""

    text: str
    asked: str
    expression: str | None
    leans: bool = False


def read_parts(question: str, before: Sequence[str] = ()) -> list[Part]:
    """The parts of a question.

    Args:
        question: As it was asked.
        before: What was asked before it in the thread, oldest first.

    Returns:
        At least one part: a text that is one question comes back whole.
    """
    parts: list[Part] = []
    own = split_question(question)
    for text in [*(text for earlier in before[-_MOST_TURNS:] for text in split_question(earlier)), *own]:
        parts.append(_read(text, parts[-1] if parts else None))
    return parts[-len(own) :]


def _read(text: str, before: Part | None) -> Part:
    goes_on = continued(text, before.expression or "") if before else None
    expression = goes_on or to_expression(text) or within(text)
    if before is None or expression or not _FOLLOWS.search(text) or len(content_terms(text)) > _MOST_TERMS:
        return Part(text, text, expression)
    years, old = _YEAR.findall(text), _YEAR.findall(before.asked)
    if len(years) == len(old) == 1 and set(content_terms(text)) == set(years):
        return Part(text, before.asked.replace(old[0], years[0]), None)
    return Part(text, f"{before.asked} {text}", None, leans=True)


def split_question(text: str) -> list[str]:
    """The parts, in order, each a question or a request."""
    if len(text) > MAX_LENGTH or to_expression(text):
        return [text.strip()]
    text = _LINE_END.sub(" ", re.sub(rf"(?<=[{CJK}])\n(?=[{CJK}])", "", text))
    parts = [piece.strip(" \t\n;；,，") for sentence in _sentences(text) for piece in _clauses(sentence)]
    return [part for part in parts if re.search(r"\w", part)][:MAX_PARTS] or [text.strip()]


def _sentences(text: str) -> list[str]:
    """Sentences that ask; those that only tell are context of the next one that asks."""
    found: list[str] = []
    context = ""
    for piece in [piece for block in _ITEM.split(text) for piece in _SENTENCE.split(block) if piece]:
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
