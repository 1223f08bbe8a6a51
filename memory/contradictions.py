"""Whether two facts say the same, contradict, or can both hold. When it is not sure, both hold.

A rule, the same whatever the embedding model: two statements about the same subject contradict when one says no to
what the other says yes to, or when they give different values of what has one value at a time.
"""

from __future__ import annotations

import re
from typing import Literal

from cairn.text import normalise
from memory.attributes import is_attribute, is_chinese_place, is_wide
from memory.kinds import of_a_person, of_style, of_words
from memory.slots import Words, in_numbers, kinds_of_slot, shared, within, without_numbers
from memory.statements import USER, Statement, read_statement

Verdict = Literal["same", "contradicts", "apart"]

_ONE_VALUE = frozenset(["name", "live", "birth", "origin", "employer", "job", "age", "manager", "commute"])
_PLACES = frozenset(["live", "origin", "employer", "birth"])
_MANY = re.compile(
    r"(?:speak|know|plai|learn|studi|read|hav|ha|own|visit|understand|drink|eat|watch|collect|follow|teach|cook|wear|bui"
    r"|sell|met|meet|writ|us|sai|tri|ow|keep)$|[有会学养买卖吃喝看读玩打教说懂去]"
)
_EXCLUSIVE = frozenset(["pai", "measur", "answer", "repli", "respond", "vot", "sit", "sleep", "support"])
_DATE = re.compile(r"\d|(?:januari|februari|march|april|june|juli|august|septemb|octob|novemb|decemb)$")
_AT = frozenset(["on", "in", "at", "due", "在"])
_OTHERWISE = frozenset(["on", "in", "for", "at", "with", "by", "over", "用", "在"])
_MOST_MODIFIERS = 3


def compare(old: str, new: str) -> Verdict:
    """The same whichever of the two is given first."""
    a, b = read_statement(old), read_statement(new)
    if a == b and (a.value or normalise(old) == normalise(new)):
        return "same"
    if a.subject != b.subject or a.when != b.when or not a.value or not b.value:
        return "apart"
    if a.negated != b.negated:
        return "contradicts" if a.relation == b.relation and _denies(*((a, b) if a.negated else (b, a))) else "apart"
    if a.negated or a.value == b.value:
        return "apart"
    return "contradicts" if _exclude(a, b) else "apart"


def _denies(no: Statement, yes: Statement) -> bool:
    """`no meat` denies `red meat`, `coffee` does not deny `coffee ice cream`: the last word is what it is about."""
    denied, said = without_numbers(no.value), without_numbers(yes.value)
    if no.relation == "" and denied[0].isascii():  # the first word is the verb
        return denied[0] == said[0] and _ends_with(said[1:], denied[1:])
    return _ends_with(said, denied)


def _ends_with(value: Words, end: Words) -> bool:
    return value[len(value) - len(end) :] == end


def _exclude(a: Statement, b: Statement) -> bool:
    """Whether two different values can't both be true."""
    relations = {a.relation, b.relation}
    if relations == {"prefer", "want"} or relations == {"want"}:
        return _one_kind(a.value, b.value)
    if len(relations) > 1:
        return False
    match a.relation:
        case "prefer":
            return _one_kind(a.value, b.value) or _turned(a.value, b.value) or _same_head(a.value, b.value)
        case "like":
            kind = _differ_in(a.value, b.value)
            return kind == "with" or of_style(kind)
        case "is":
            return _is(a.subject, a.value, b.value)
        case "":
            return _one_slot(a.value, b.value)
        case name:
            return name in _ONE_VALUE and _one_value(name, a.value, b.value)


def _one_value(relation: str, a: Words, b: Words) -> bool:
    if within(a, b) or within(b, a):  # the one is only more exact
        return False
    if relation == "birth":
        return any(map(_DATE.match, a)) == any(map(_DATE.match, b))
    if relation in _PLACES and is_wide(a) != is_wide(b):
        return False
    return relation != "employer" or is_chinese_place(a) == is_chinese_place(b)


def _is(subject: str, a: Words, b: Words) -> bool:
    """Of the user only what is of one kind; of a thing also numbers, what is where, and an attribute's value."""
    if within(a, b) or within(b, a):
        return False
    if subject == USER:
        kind = of_a_person(a)
        return (kind != "" and kind == of_a_person(b)) or (shared(a, b)[0] == 0 and _one_kind(a, b))
    if is_attribute(subject) or in_numbers(a, b) or (of_words(a) and of_words(a) == of_words(b)):
        return True
    return a[0] == b[0] and a[0] in _AT and len(a) == len(b)


def _one_kind(a: Words, b: Words) -> bool:
    """They differ by words of one kind, or by numbers, and by nothing else."""
    return in_numbers(a, b) or _differ_in(a, b) != ""


def _differ_in(a: Words, b: Words) -> str:
    """The kind of the words by which they differ; empty where there is none."""
    start, end = shared(a, b)
    found = kinds_of_slot(a, start, end) & kinds_of_slot(b, start, end)
    return min(found) if found else ""


def _turned(a: Words, b: Words) -> bool:
    """`tea over coffee`, `coffee over tea`."""
    first, second = _pair(a), _pair(b)
    return first is not None and second is not None and first == second[::-1]


def _pair(value: Words) -> tuple[Words, Words] | None:
    between = (n for n, word in enumerate(value) if word in ("over", "than", "instead") and 0 < n < len(value) - 1)
    at = next(between, None)
    return None if at is None else (value[:at], value[at + 1 :])


def _same_head(a: Words, b: Words) -> bool:
    """`remote meetings`, `short meetings`: one thing in two ways, unless one of the ways is known to be of a kind."""
    start, end = shared(a, b)
    one, other = a[start : len(a) - end], b[start : len(b) - end]
    if start or not end or not 0 < len(one) <= _MOST_MODIFIERS or not 0 < len(other) <= _MOST_MODIFIERS:
        return False
    known = kinds_of_slot(a, start, end) | kinds_of_slot(b, start, end)
    return not known and not any(of_words((word,)) for word in (*one, *other)) and not _OTHERWISE & {*one, *other}


def _one_slot(a: Words, b: Words) -> bool:
    """Rows of words that differ in one place only, by numbers or by words of one kind."""
    if in_numbers(a, b) or (of_words(a) and of_words(a) == of_words(b)):
        return True
    start, end = shared(a, b)
    if start >= 2 and not end and a[start - 1] == "as":
        return True
    kind = _differ_in(a, b)
    verb = next((word for word in a if word != "在"), "")
    if not kind or not (start or (end and not verb.isascii())):
        return False
    if kind == "with":
        return True
    if _MANY.match(verb) and not (verb == "us" and end):
        return False
    return end > 0 or verb in _EXCLUSIVE or kind == "weekday"
