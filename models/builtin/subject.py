"""`How many hives are white and how many are blue?`: a count that leaves out what is counted."""

from __future__ import annotations

import re

from models.builtin.when import find_span
from models.builtin.words import has_cjk

_MAX_LENGTH = 400
_VERB = r"(?:are|is|were|was|have|has|had|live|lives|lived|come|comes|came|cost|costs)"
_PREPOSITION = r"(?:in|from|for|with|by|to|at|on|under|over|between|before|after|since|until|without|during|of)"
_LACKING = re.compile(
    rf"^\W*(?:and\s+|or\s+)?how many\s+(?P<rest>(?P<verb>{_VERB}|{_PREPOSITION})\b.*?)\W*$", re.IGNORECASE | re.DOTALL
)
_NAMED = re.compile(
    rf"^\W*(?:and\s+)?how many\s+(?P<noun>(?!{_PREPOSITION}\b)[\w'’-]+)\s+(?P<rest>(?P<verb>{_VERB})\b.*?)\W*$",
    re.IGNORECASE | re.DOTALL,
)
_COUNT_ZH = r"有?(?:多少|几)[个名位条笔件种只本部头张家辆]?"
_PARTS_ZH = re.compile(rf"^\W*(?:那么?)?(?P<of>[^，,。]*?)(?P<count>{_COUNT_ZH})(?P<noun>[^，,。]*?)[呢吗?？。\s]*$")
_VERB_ZH = re.compile(r"是|在|来自|住在?|有")


def lacks_subject(part: str) -> bool:
    if len(part) > _MAX_LENGTH:
        return False
    if not has_cjk(part):
        return bool(_LACKING.match(part))
    match = _PARTS_ZH.match(part)
    return bool(match and (_VERB_ZH.match(match["noun"]) or (not match["noun"] and find_span(match["of"]))))


def with_subject(part: str, before: str) -> str | None:
    """The part with what the question before it counts; None unless that question has no condition of another kind."""
    if len(before) > _MAX_LENGTH or bool(find_span(before)) != bool(find_span(part)):
        return None
    return (_chinese if has_cjk(part) else _english)(part, before)


def _english(part: str, before: str) -> str | None:
    lacking, named = _LACKING.match(part), _NAMED.match(before)
    if not lacking or not named or not re.fullmatch(_VERB, lacking["verb"], re.IGNORECASE):
        return None
    if _prepositions(named["rest"]) - _prepositions(lacking["rest"]) or re.match(r"\w+\s+of\b", lacking["rest"]):
        return None
    return f"how many {named['noun']} {lacking['rest']}"


def _prepositions(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(rf"\b{_PREPOSITION}\b", text, re.IGNORECASE)}


def _chinese(part: str, before: str) -> str | None:
    lacking, named = _PARTS_ZH.match(part), _PARTS_ZH.match(before)
    if not lacking or not named or not has_cjk(before) or lacking["of"] or named["of"]:
        return None
    verb = _VERB_ZH.match(lacking["noun"])
    noun, found, _ = named["noun"].partition(verb[0]) if verb else ("", "", "")
    return f"{lacking['count']}{noun}{lacking['noun']}" if noun and found else None
