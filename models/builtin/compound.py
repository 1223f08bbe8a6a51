"""`the population of A divided by that of B`: one figure made of several that are to be found, as a sum over them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.builtin.arithmetic import to_expression
from models.builtin.numerals import DIGITS, plain
from models.builtin.words import has_cjk

MAX_LENGTH = 400
_MOST_OPERANDS = 5


@dataclass(frozen=True)
class Compound:
    """`form` is the expression with `{0}`, `{1}` for the operands: each a phrase that names one figure."""

    operands: tuple[str, ...]
    form: str


_OPENING = re.compile(
    r"^\W*(?:(?:please|can you|could you|tell me|give me|and|calculate|compute|work out|find|show(?: me)?|"
    r"what(?:'s|’s| is| are| was| were| would be)|how much (?:is|are|was|were)|the result of)\b\s*)*",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"[\s?.!]+$")
_BETWEEN = re.compile(
    r"^(?:the\s+)?(?P<what>(?P<ratio>ratio)|(?P<difference>difference)|(?P<sum>sum|total)|(?P<product>product)|"
    r"(?P<average>average|mean))\s+(?:of|between)\s+(?P<left>.+?)\s+(?P<link>to|and|over)\s+(?P<right>.+)$",
    re.IGNORECASE,
)
_FORMS = {
    "ratio": "{0} / {1}",
    "difference": "{0} - {1}",
    "sum": "{0} + {1}",
    "product": "{0} * {1}",
    "average": "({0} + {1}) / 2",
}
_SHARE = re.compile(
    r"^(?P<left>.+?)\s+as\s+an?\s+(?:percentage|percent|share|fraction)\s+of\s+(?P<right>.+)$", re.IGNORECASE
)
_SIGNS = {
    "+": r"\s+(?:plus|added\s+to|together\s+with)\s+|\s+\+\s+",
    "-": r"\s+(?:minus|less)\s+|\s+[-−–]\s+",
    "*": r"\s+(?:times|multiplied\s+by)\s+|\s+[*×]\s+",
    "/": r"\s+(?:divided\s+by|over|per)\s+|\s+[/÷]\s+",
}
_OPERATOR = re.compile("|".join(f"(?P<o{n}>{pattern})" for n, pattern in enumerate(_SIGNS.values())), re.IGNORECASE)
_CLEAR = re.compile(
    r"\s+(?:divided\s+by|minus|plus|times|multiplied\s+by|added\s+to)\s+|\s+[-+*/×÷−–]\s+", re.IGNORECASE
)

_OPENING_ZH = re.compile(r"^\W*(?:请问?|帮我|告诉我|麻烦你?|计算|算一?下?|求|那么?)*")
_CLOSING_ZH = re.compile(r"(?:等于|是|为|有|得)?(?:多少|几|什么|多大)?(?:呢|吗|啊)?[\s?？。！!]*$")
_SIGNS_ZH = {"+": r"加上?|\s*\+\s*", "-": r"减去?|\s*[-−–]\s*", "*": r"乘以?|\s*[*×]\s*", "/": r"除以|\s*[/÷]\s*"}
_OPERATOR_ZH = re.compile("|".join(f"(?P<o{n}>{pattern})" for n, pattern in enumerate(_SIGNS_ZH.values())))
_BETWEEN_ZH = re.compile(
    r"^(?P<left>.+?)(?:和|与|跟|同)(?P<right>.+?)(?:之|的)?"
    r"(?:(?P<ratio>比例?|比值|商)|(?P<difference>差额?|差值|差距)|(?P<sum>和|总和)|(?P<product>积|乘积)|(?P<average>平均值?|均值))$"
)


def read_compound(part: str) -> Compound | None:
    """The figures and what is to be done with them; None for a question that is not of this form."""
    if len(part) > MAX_LENGTH or to_expression(part):
        return None
    found = (_chinese if has_cjk(part) else _english)(part)
    if found is None or not 1 < len(found.operands) <= _MOST_OPERANDS:
        return None
    named = [one for one in found.operands if number_in(one) is None]
    return found if named and all(re.search(r"\w", one) for one in found.operands) else None


def number_in(operand: str) -> str | None:
    """An operand that is a number already."""
    text = operand.strip().removesuffix("%")
    if not DIGITS.fullmatch(text):
        return None
    return plain(text) + ("%" if operand.strip().endswith("%") else "")


def _english(part: str) -> Compound | None:
    text = _CLOSING.sub("", _OPENING.sub("", part))
    if match := _BETWEEN.match(text):
        what = next(name for name in _FORMS if match[name])
        if (what == "ratio") or match["link"].casefold() == "and":
            return Compound(_shared(match["left"], match["right"]), _FORMS[what])
    if match := _SHARE.match(text):
        return Compound(_shared(match["left"], match["right"]), "{0} / {1} * 100")
    if not _CLEAR.search(text):
        return None
    return _by_operators(_OPERATOR, list(_SIGNS), text, _complete)


def _by_operators(
    pattern: re.Pattern[str], signs: Sequence[str], text: str, complete: Callable[[str, str], str]
) -> Compound | None:
    pieces: list[str] = []
    used: list[str] = []
    start = 0
    for match in pattern.finditer(text):
        used.append(signs[int((match.lastgroup or "o0")[1:])])
        pieces.append(text[start : match.start()].strip(" ，,"))
        start = match.end()
    first, *rest = [*pieces, text[start:].strip(" ，,")]
    if len({sign in "*/" for sign in used}) != 1:  # which goes first, nobody can tell
        return None
    form = "{0}" + "".join(f" {sign} {{{number}}}" for number, sign in enumerate(used, 1))
    return Compound((first, *(complete(first, other) for other in rest)), form)


def _shared(left: str, right: str) -> tuple[str, str]:
    """`the populations of A and B`: what the one names, the other means too."""
    left, right = left.strip(), right.strip()
    if " of " not in right and (head := _head(left)) and not re.match(r"(?:the|an?)\s+\w+\s+\w", right, re.IGNORECASE):
        return left, f"{head} of {right}"
    return left, _complete(left, right)


_THAT_OF = re.compile(
    r"^(?:that|those|the\s+one|the\s+same)\s+(?P<link>of|in|for|from)\s+(?P<whose>.+)$", re.IGNORECASE
)


def _complete(first: str, other: str) -> str:
    """`that of B` and `B's` with what the first operand names."""
    if (match := _THAT_OF.match(other)) and (head := _head(first, match["link"])):
        return f"{head} {match['link']} {match['whose']}"
    if other.endswith(("'s", "’s")) and (match := re.match(r"^.+?['’]s\s+(.+)$", first)):
        return f"{other} {match[1]}"
    return other


def _head(phrase: str, link: str = "of") -> str:
    """`the population of A` -> `the population`"""
    head, found, _ = phrase.rpartition(f" {link} ")
    return head.strip() if found else ""


def _chinese(part: str) -> Compound | None:
    text = _CLOSING_ZH.sub("", _OPENING_ZH.sub("", part))
    if match := _BETWEEN_ZH.match(text):
        what = next(name for name in _FORMS if match[name])
        left, right = match["left"], match["right"]
        if "的" in right and "的" not in left:
            left = f"{left}的{right.rpartition('的')[2]}"
        return Compound((left, _complete_zh(left, right)), _FORMS[what])
    return _by_operators(_OPERATOR_ZH, list(_SIGNS_ZH), text, _complete_zh) if _OPERATOR_ZH.search(text) else None


def _complete_zh(first: str, other: str) -> str:
    """`B的` and `B` with what the first operand names: `A的人口除以B的`."""
    _, found, what = first.rpartition("的")
    if not found or number_in(other) is not None:
        return other
    return f"{other}{what}" if other.endswith("的") else other
