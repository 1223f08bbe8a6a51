"""`And in 2024?`, `What about Paris?`, `二年级呢？`: a question that is whole only with the one before it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.builtin.subject import lacks_subject, with_subject
from models.builtin.when import find_span
from models.builtin.words import content_terms, has_cjk

_FOLLOWS = re.compile(r"^\W*(?:and|what about|how about|also|or)\b|^\W*(?:那么?|还有|另外)|呢\W*$", re.IGNORECASE)
_PREPOSITION = r"(?:in|from|for|with|by|to|of|at|on|under|over|without)"
_TAIL = re.compile(rf"^\W*(?:(?:and|or|also|what about|how about)\s+)+({_PREPOSITION})\s+(.+?)\W*$", re.IGNORECASE)
_TAIL_ZH = re.compile(r"^\W*(?:那么?|还有|另外)?(.+?)呢\W*$")
_MOST_TERMS = 8
_MOST_TURNS = 5


def is_follow_up(part: str) -> bool:
    return bool(_FOLLOWS.search(part)) and len(content_terms(part)) <= _MOST_TERMS


def whole(asked: Sequence[str]) -> str:
    """The last question that was asked, made whole by those before it; empty when there is none."""
    before = ""
    for question in asked[-_MOST_TURNS:]:
        changed, _ = in_context(question, before)
        before = changed if changed != question or not is_follow_up(question) or not before else before
    return before


def in_context(part: str, before: str) -> tuple[str, str]:
    """The part, made whole where that can be done with certainty, and what to look for in documents."""
    if before and lacks_subject(part):
        tail = re.sub(r"^\W*(?:and\s+)?how many\b", "and", part, flags=re.IGNORECASE)
        whole_part = _other_date(part, before) or _other_tail(tail, before) or with_subject(part, before) or part
        return whole_part, whole_part
    if not before or not is_follow_up(part):
        return part, part
    changed = _other_date(part, before) or (_other_tail_chinese if has_cjk(part) else _other_tail)(part, before)
    return (changed, changed) if changed else (part, f"{before} {part}")


def _other_date(part: str, before: str) -> str | None:
    new, old = find_span(part), find_span(before)
    if not new or not old or content_terms(part[: new.at[0]] + part[new.at[1] :]):
        return None
    return before[: old.at[0]] + part[new.at[0] : new.at[1]] + before[old.at[1] :]


def _other_tail(part: str, before: str) -> str | None:
    """`How many guests are from Oslo?`, `And from Bern?`: what stood behind the same preposition is replaced."""
    tail = _TAIL.match(part)
    if not tail or re.search(rf"\b{_PREPOSITION}\b", tail[2], re.IGNORECASE):
        return None
    old = re.compile(rf"\b{tail[1]}\s+(?:(?!{_PREPOSITION}\b)[\w'’-]+\s*)+?(?=\s+{_PREPOSITION}\b|\W*$)", re.IGNORECASE)
    found = list(old.finditer(before))
    if len(found) != 1:
        return None
    return before[: found[0].start()] + f"{tail[1]} {tail[2]}" + before[found[0].end() :]


def _other_tail_chinese(part: str, before: str) -> str | None:
    """`三年级有多少学生？`, `二年级呢？`: what ends alike is replaced."""
    tail = _TAIL_ZH.match(part)
    text = tail[1] if tail else ""
    ending = next((text[n:] for n in range(1, len(text) - 1) if before.count(text[n:]) == 1), "")
    end = before.find(ending) + len(ending)
    if not ending or end < len(text):
        return None
    return before[: end - len(text)] + text + before[end:]
