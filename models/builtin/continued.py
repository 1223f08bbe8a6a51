"""`and plus 6?`, `times 2?`, `再加6呢？`: a sum that goes on from the result before it."""

from __future__ import annotations

import re

from models.builtin.arithmetic import MAX_LENGTH, to_expression
from models.builtin.words import has_cjk

_OPENING = re.compile(r"^\W*(?:(?:and|then|now|so|ok(?:ay)?|what about|how about|that|it)\b[\s,]*)+", re.IGNORECASE)
_OPENING_ZH = re.compile(r"^(?:那么?|然后|接着|结果|它|再|，|,|\s)+")
_OPERATOR = re.compile(
    r"(?:plus|minus|times|multiplied by|divided by|squared|cubed)\b|[-+*/×÷^]\s*[\d(]|(?:加上?|减去?|乘以?|除以)",
    re.IGNORECASE,
)
_COMMANDS = [
    (re.compile(rf"^{verb}\s+(?:(?:it|that)\s+{joined}\s+|{lead})", re.IGNORECASE), operator)
    for verb, joined, lead, operator in [
        ("add", "to", "", "plus "),
        ("subtract", "from", "", "minus "),
        ("multiply", "by", "by ", "times "),
        ("divide", "by", "by ", "divided by "),
    ]
]
_AWAY = re.compile(r"\s+(?:to|from)\s+(?:it|that)\W*$", re.IGNORECASE)
_NUMBER = r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?"
_RESULT = re.compile(rf"=\s*\**({_NUMBER})\**\s*[.。]?\s*$")
_ALONE = re.compile(rf"(?<![\w.,])(?:{_NUMBER})(?![\w%]|[.,]\d)")


def goes_on(part: str) -> str:
    """The operator and what follows it, where the part is nothing else; empty for every other text."""
    if len(part) > MAX_LENGTH or to_expression(part):
        return ""
    rest = (_OPENING_ZH if has_cjk(part) else _OPENING).sub("", part.strip())
    for command, operator in _COMMANDS:
        rest = _AWAY.sub("", command.sub(operator, rest))
    return rest if _OPERATOR.match(rest) and to_expression(f"7 {rest}") else ""


def continued(rest: str, result: str) -> str | None:
    """`rest` on `result`, a number or an expression."""
    plain = re.fullmatch(r"\d+(?:\.\d+)?", result)
    return to_expression(f"{result if plain else f'({result})'} {rest}")


def result_in(answer: str) -> str:
    """The one number that an answer gives; empty where there are several, or none that is exact."""
    text = re.sub(r"`[^`]*`|\[\d+\]", " ", answer).strip()
    if text.count("=") == 1 and (match := _RESULT.search(text)):
        return match[1].replace(",", "")
    numbers = _ALONE.findall(text)
    exact = len(numbers) == 1 and not re.search("[=≈>]", text)
    return numbers[0].replace(",", "") if exact else ""
