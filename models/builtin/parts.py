"""One question with several parts, as its parts."""

from __future__ import annotations

import re
from collections.abc import Callable

from models.builtin.arithmetic import to_expression
from models.builtin.words import has_cjk

MAX_PARTS = 8
MAX_LENGTH = 2000

_ASK = (
    r"(?:what|how|which|who|whose|whom|when|where|why|is|are|do|does|did|can|could|list|show|calculate|compute|count|"
    r"give|tell|find|name|work out)\b"
)
_NUMBERED = re.compile(r"(?:^|(?<=[\s:：;；?？。]))(?:\(?\d{1,2}[.)、）]|[-*•]|[①-⑩])\s+(?=\S)|(?:^|\n)\s*\d{1,2}、")
_ITEM = r"[ \t]*(?:\(?\d{1,2}[.)、）]|[-*•]\s|[①-⑩])"
_LINE_END = re.compile(rf"(?<=\S)[ \t]*\n[ \t]*(?=\S)(?!{_ITEM})")
_SENTENCE = re.compile(r"(?<=[?？;；])|(?<=[。！])|(?<=[a-z)][.!])\s+(?=[A-Z])|\n+", re.MULTILINE)
# `and are insured` goes on with the same question; `and are there dogs` begins another.
_SUBJECT = r"(?:there|the|an?|my|our|your|we|i|you|it|they|he|she|this|that|these|those|any|all)\b"
_BEGINS = rf"(?!(?:is|are|was|were|do|does|did|can|could)\b(?!\s+{_SUBJECT})){_ASK}"
_AND = re.compile(
    rf"\s*[,;]?\s+(?:and(?: also| then)?|as well as|plus|also)\s+(?={_BEGINS})|\s*,\s+(?={_BEGINS})", re.IGNORECASE
)
_AND_SUM = re.compile(r"\s+and\s+", re.IGNORECASE)
_ZH_AND = re.compile(r"[,，、]?\s*(?:以及|还有|另外|并且|同时|然后|和)\s*|[,，]\s*")
_QUESTION = re.compile(rf"[?？]\s*$|^\W*(?:please\s+)?{_ASK}", re.IGNORECASE)
_STARTS = re.compile(rf"(?=[A-Z])(?i:{_ASK})")
_ZH_QUESTION = re.compile(r"多少|多久|多长|几|什么|谁|哪|怎么|怎样|如何|吗|呢|是否|列出|计算|算|显示|统计|查")


def split_question(text: str) -> list[str]:
    """The parts, in order, each a question or a request; a text that is one question comes back whole."""
    if len(text) > MAX_LENGTH:
        return [text]
    if to_expression(text):
        return [text.strip()]
    text = unwrap(text)
    parts = [piece for sentence in _sentences(text) for piece in _clauses(sentence)]
    parts = [part.strip(" \t\n;；,，") for part in parts]
    return [part for part in parts if re.search(r"\w", part)][:MAX_PARTS] or [text.strip()]


def unwrap(text: str) -> str:
    """Single line breaks inside a question are white space; before an item or a further question they stay."""

    def join(match: re.Match[str]) -> str:
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        end = text.find("\n", match.end())
        after = text[match.end() : end if end >= 0 else len(text)]
        if _STARTS.match(after) or (_asks_chinese(before) and _asks_chinese(after)):
            return "\n"
        return "" if has_cjk(before[-1:]) and has_cjk(after[:1]) else " "

    return _LINE_END.sub(join, text)


def is_question(text: str) -> bool:
    """Whether the words ask or request something (not whether it can be answered)."""
    return bool(_QUESTION.search(text) or _ZH_QUESTION.search(text) or to_expression(text))


def _sentences(text: str) -> list[str]:
    """Sentences that ask; those that only tell are context of the next one that asks."""
    pieces = [piece for block in _NUMBERED.split(text) if block for piece in _SENTENCE.split(block) if piece]
    found: list[str] = []
    context = ""
    for piece in pieces:
        if is_question(piece):
            found.append(f"{context} {piece}".strip())
            context = ""
        else:
            context = f"{context} {piece}".strip()
    if context and re.search(r"\w", context):
        found = [*found[:-1], f"{found[-1]} {context}"] if found else [context]
    return found


def _clauses(sentence: str) -> list[str]:
    if to_expression(sentence):
        return [sentence]
    if has_cjk(sentence):
        return _accepted(_ZH_AND, sentence, _asks_chinese)
    pieces = _accepted(_AND, sentence, lambda part: bool(_QUESTION.search(part)) and len(part.split()) > 1)
    return [
        half for piece in pieces for half in _accepted(_AND_SUM, piece, lambda part: to_expression(part) is not None)
    ]


def _asks_chinese(part: str) -> bool:
    return bool(_ZH_QUESTION.search(part)) and len(part.strip()) > 2


def _accepted(pattern: re.Pattern[str], sentence: str, good: Callable[[str], object]) -> list[str]:
    """Cut at each match of `pattern` that leaves a good part on both sides."""
    parts: list[str] = []
    start = 0
    for match in pattern.finditer(sentence):
        left, right = sentence[start : match.start()], sentence[match.end() :]
        if good(left) and good(right):
            parts.append(left)
            start = match.end()
    return [*parts, sentence[start:]]
