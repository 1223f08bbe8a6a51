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
# `A - B` and `A * B` are sums, unless a question begins behind the sign.
_NUMBERED = re.compile(
    r"(?:^|(?<=[\s:：;；?？。]))(?:\(?\d{1,2}[.)、）]|•|[①-⑩])\s+(?=\S)|(?:^|\n)\s*\d{1,2}、|"
    rf"(?:(?:^|\n)\s*|(?<=[:：;；?？。])|(?<=[:：;；?？。.!]\s))[-*]\s+(?=\S)|(?<=\s)[-*]\s+(?=(?i:{_ASK}))"
)
_ITEM = r"[ \t]*(?:\(?\d{1,2}[.)、）]|[-*•]\s|[①-⑩])"
_LINE_END = re.compile(rf"(?<=\S)[ \t]*\n[ \t]*(?=\S)(?!{_ITEM})")
_SENTENCE = re.compile(r"(?<=[?？;；])|(?<=[。！])|(?<=[a-z)][.!])\s+(?=[A-Z])|\n+", re.MULTILINE)
# `and are insured` goes on with the same question; `and are there dogs` begins another.
_SUBJECT = r"(?:there|the|an?|my|our|your|we|i|you|it|they|he|she|this|that|these|those|any|all)\b"
_BEGINS = rf"(?!(?:is|are|was|were|do|does|did|can|could)\b(?!\s+{_SUBJECT})){_ASK}"
_AND = re.compile(
    rf"\s*[,;]?\s+(?:and(?: also| then)?|as well as|plus(?!\s+how\s+(?:many|much)\b)|also)\s+(?={_BEGINS})|"
    rf"\s*,\s+(?={_BEGINS})",
    re.IGNORECASE,
)
# A sum that is still open goes on: `the sum of how many …, how many …`, `… plus how many …`.
_OPEN = re.compile(
    r"\b(?:sum|total|average|mean|product|difference|ratio)\s+(?:of|between)\s+how\s+(?:many|much)\b(?:(?!\band\b).)*$",
    re.IGNORECASE | re.DOTALL,
)
_OPEN_ZH = re.compile(r"^\W*(?:请问?|帮我|麻烦你?)*(?:计算|算一?下?|求)[^多几]*$")
_REST_ZH = re.compile(
    r"^(?:再|然后)*(?:加上|减去|乘以|除以)|"
    r"(?:之[和差积比商]|的?(?:总和|乘积|比值|差额|差值|差距|平均值|平均数|均值))(?:是|为|等于)?(?:多少|几)?[\s?？。]*$"
)
_AND_SUM = re.compile(r"\s+and\s+", re.IGNORECASE)
_ZH_AND = re.compile(r"[,，、]?\s*(?:以及|还有|另外|并且|同时|然后|(?<![之的总])和)\s*|[,，]\s*")
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
        return _accepted(_ZH_AND, sentence, _apart_chinese)
    return [half for piece in _accepted(_AND, sentence, _apart) for half in _accepted(_AND_SUM, piece, _sums)]


def _apart(left: str, right: str) -> bool:
    asks = all(_QUESTION.search(part) and len(part.split()) > 1 for part in (left, right))
    return asks and not _OPEN.search(left)


def _sums(left: str, right: str) -> bool:
    return bool(to_expression(left) and to_expression(right))


def _apart_chinese(left: str, right: str) -> bool:
    one_sum = _OPEN_ZH.search(left) and _REST_ZH.search(right)
    return _asks_chinese(left) and _asks_chinese(right) and not one_sum


def _asks_chinese(part: str) -> bool:
    return bool(_ZH_QUESTION.search(part)) and len(part.strip()) > 2


def _accepted(pattern: re.Pattern[str], sentence: str, good: Callable[[str, str], bool]) -> list[str]:
    """Cut at each match of `pattern` that leaves good parts."""
    parts: list[str] = []
    start = 0
    for match in pattern.finditer(sentence):
        left, right = sentence[start : match.start()], sentence[match.end() :]
        if good(left, right):
            parts.append(left)
            start = match.end()
    return [*parts, sentence[start:]]
