"""`the fees of A, B and C`: the members of a list in English, each as a phrase that names one figure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.builtin.chain import UnclearError
from models.builtin.numerals import number_in

_AND = re.compile(r"\s*[,;]?\s+(?:and|as\s+well\s+as|&)\s+|\s*[,;]\s+", re.IGNORECASE)
_TO = re.compile(r"\s+(?:to|over|and)\s+", re.IGNORECASE)
_SPAN = re.compile(r"\bbetween\s+(?:(?!\band\b).)+$", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d$")
_DATED = re.compile(r"\d$|\b(?:in|on|since|during|before|after|until|from|by)\b", re.IGNORECASE)
_OWN = re.compile(
    r"^(?:how\s+(?:many|much)|that|those|all|my|our|your|their|his|her|its)\b|\bof\b|['’]s\b|^(?:the|an?)\s+\S+\s+\S",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:the|an?)\s", re.IGNORECASE)
_SHARED = re.compile(
    r"^(?P<head>.+\s(?P<link>of|in|for|from|at|on|by|with|to|since|during|per))\s+(?P<tail>.+)$", re.IGNORECASE
)
_THAT_OF = re.compile(
    r"^(?:that|those|the\s+one|the\s+same)\s+(?P<link>of|in|for|from)\s+(?P<whose>.+)$", re.IGNORECASE
)


def split_list(text: str, ratio: bool = False) -> list[str]:
    """The members as they stand; one where it is no list: `May, 2025` and `between 2023 and 2024` are none."""
    pattern = _TO if ratio else _AND
    pieces: list[str] = []
    for piece in pattern.split(text):
        if pieces and _SPAN.search(pieces[-1]):
            pieces[-1] = f"{pieces[-1]} and {piece}"
        else:
            pieces.append(piece.strip(" ,;"))
    ended = any(_word(match[0]) for match in pattern.finditer(text))
    if len(pieces) > 2 and not ended:
        raise UnclearError
    return [piece for piece in pieces if piece] if ended else [text]


def _word(separator: str) -> bool:
    return bool(separator.strip(" ,;"))


def members(pieces: Sequence[str]) -> list[str] | None:
    """Each with what the first one names for all; None where two may be one phrase just as well."""
    pieces = _years(pieces)
    first, *others = pieces
    shared = _SHARED.match(first)
    article = bool(shared and _ARTICLE.match(shared["tail"]))
    bare = [other for other in others if not _own(other, article)]
    if not bare or not any(map(_SHARED.match, pieces)):
        return [first, *(complete(first, other) for other in others)]
    names = all(one[:1].isupper() for one in [shared["tail"], *bare]) if shared else False
    if shared and len(bare) == len(others) and (names or shared["link"].casefold() == "of"):
        return [first, *(f"{shared['head']} {other}" for other in others)]
    if len(pieces) == 2:
        return None
    raise UnclearError


def _own(piece: str, article: bool) -> bool:
    """Whether it names a figure by itself; `the moon` does not beside `the mass of the earth`."""
    return bool(number_in(piece) or _OWN.search(piece) or (_ARTICLE.match(piece) and not article))


def _years(pieces: Sequence[str]) -> list[str]:
    """`orders in 2024 and 2025`: a number behind a date is none to be added."""
    found = [pieces[0]]
    for piece in pieces[1:]:
        found.append(complete(found[-1], piece))
        if found[-1] == piece and number_in(piece) and number_in(found[-2]) is None and _doubtful(found[-2], piece):
            raise UnclearError
    return found


def _doubtful(before: str, number: str) -> bool:
    return bool(before[-1].isdigit() or (_YEAR.fullmatch(number) and _DATED.search(before)))


def complete(first: str, other: str) -> str:
    """`that of B`, `B's` and a year alone with what the first operand names."""
    if (match := _THAT_OF.match(other)) and (head := _head(first, match["link"])):
        return f"{head} {match['link']} {match['whose']}"
    if other.endswith(("'s", "’s")) and (match := re.match(r"^.+?['’]s\s+(.+)$", first)):
        return f"{other} {match[1]}"
    if _YEAR.fullmatch(other) and _YEAR.search(first) and number_in(first) is None:
        return first[:-4] + other
    return other


def _head(phrase: str, link: str = "of") -> str:
    """`the population of A` -> `the population`"""
    head, found, _ = phrase.rpartition(f" {link} ")
    return head.strip() if found else ""
