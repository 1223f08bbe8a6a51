"""Numbers in a text with what stands behind them: in digits, in words or in Chinese, and the end of an answer.

`1,250`, `1250.0`, `一千二百五十` and `twelve hundred and fifty` are one number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cairn.core.clean_text import CJK, normalise
from cairn.language.numerals import CHINESE, DIGITS, ENGLISH, chinese_number, english_number, plain

_NUMBER = re.compile(
    rf"(?P<sign>[-−](?=[\d.$€£¥]))?(?:[$€£¥]\s?)?(?:(?P<digits>{DIGITS.pattern})\s?(?P<scale>[万亿])?"
    rf"|(?P<words>{ENGLISH.pattern})|(?P<chinese>{CHINESE.pattern}))"
)
_UNIT = re.compile(rf"\s?(%|percent|per cent|[^\W\d_{CJK}]+|[{CJK}]+)?")
_FINAL = re.compile(r"(?:####|\banswer(?: is)?\s*[:=]?|\ba\s*:|答案(?:是|为)?\s*[:：]?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    """`unit` is the word behind it, `%` for any percent sign."""

    value: float
    unit: str = ""


def numbers_in(text: str) -> list[Number]:
    """In order."""
    text = normalise(text)
    found: list[Number] = []
    for match in _NUMBER.finditer(text):
        if match.start() and text[match.start() - 1].isalpha() and text[match.start() - 1].isascii():
            continue  # the 4 of `h4`
        unit = _UNIT.match(text, match.end())
        found.append(Number(_value(match), _unit((unit[1] or "") if unit else "")))
    return found


def after_final_mark(text: str) -> str | None:
    """What stands behind the last `answer:`, `A:`, `####` or `答案`; None without one."""
    marks = list(_FINAL.finditer(text))
    return text[marks[-1].end() :] if marks else None


def _value(match: re.Match[str]) -> float:
    if match["words"]:
        said = english_number(match["words"])
    else:
        said = chinese_number(match["chinese"]) if match["chinese"] else plain(match["digits"], match["scale"] or "")
    return float(said) * (-1 if match["sign"] else 1)


def _unit(word: str) -> str:
    return "%" if word in ("%", "percent", "per cent") else word
