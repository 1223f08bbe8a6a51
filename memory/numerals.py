"""Numbers written as words, as digits: `three children` and 三个孩子 both say 3."""

from __future__ import annotations

import re

from models.builtin.words import listed

_ENGLISH = {
    word: str(number)
    for number, word in enumerate(
        listed(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen twenty"
        )
    )
    if number != 1  # `one` is a pronoun as often
}
_TENS = {word: 10 * n for n, word in enumerate(listed("thirty forty fifty sixty seventy eighty ninety"), 3)}
_TENS["twenty"] = 20
_WORDS = re.compile(
    rf"\b(?:({'|'.join(_TENS)})(?:-(one|two|three|four|five|six|seven|eight|nine))?|({'|'.join(_ENGLISH)}))\b"
)
_ZH = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
_ZH_NUMBER = re.compile(r"[零一二两三四五六七八九十百]+(?=[个只名位岁条辆次台本年月日点杯件套口家天周小公千米元块人])")
_ONES = {"one": 1} | {word: int(number) for word, number in _ENGLISH.items()}


def digits_for_words(text: str) -> str:
    """`text`, which is in lower case, with its numbers below a thousand as digits."""
    return _ZH_NUMBER.sub(_chinese, _WORDS.sub(_english, text))


def _english(match: re.Match[str]) -> str:
    if tens := match[1]:
        return str(_TENS[tens] + (_ONES[match[2]] if match[2] else 0))
    return _ENGLISH[match[3]]


def _chinese(match: re.Match[str]) -> str:
    total = digit = 0
    for sign in match[0]:
        if sign in _ZH:
            digit = _ZH[sign]
        else:
            total += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
    return str(total + digit)
