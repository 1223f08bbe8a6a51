"""Numbers as people write them: `2,480`, `three hundred and five`, `三千二百`, `1.5万`."""

from __future__ import annotations

import re
from decimal import Decimal

from cairn.language.words import listed

_UNITS = listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = listed("twenty thirty forty fifty sixty seventy eighty ninety")
_SMALL = {word: n for n, word in enumerate(_UNITS)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_NUMBER_WORD = "|".join(sorted([*_SMALL, *SCALES, "hundred"], key=len, reverse=True))
_AFTER_SCALE = "(?:" + "|".join(f"(?<={scale})" for scale in ["hundred", *SCALES]) + ")"
ENGLISH = re.compile(
    rf"(?:an?\s+(?=hundred|thousand|million|billion))?\b(?:{_NUMBER_WORD})\b"
    rf"(?:(?:[\s-]+|{_AFTER_SCALE}\s+and\s+)(?:{_NUMBER_WORD})\b)*"
)
DIGITS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:\.\d+)?|\.\d+")

_ZH_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_ZH_SMALL = {"十": 10, "百": 100, "千": 1000}
_ZH_LARGE = {"万": 10**4, "亿": 10**8}
CHINESE = re.compile("[零〇一二三四五六七八九两十百千万亿]+(?:点[零〇一二三四五六七八九]+)?")


def english_number(words: str) -> str:
    """`three hundred and five` -> `305`."""
    total = current = 0
    for word in re.findall("[a-z]+", words):
        if word in _SMALL:
            current += _SMALL[word]
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in SCALES:
            total, current = total + (current or 1) * SCALES[word], 0
    return str(total + current)


def chinese_number(text: str) -> str:
    """`三千二百` -> `3200`, `十七点五` -> `17.5`, `二〇二五` -> `2025`."""
    whole, _, fraction = text.partition("点")
    tail = "." + "".join(str(_ZH_DIGITS[c]) for c in fraction) if fraction else ""
    if all(c in _ZH_DIGITS for c in whole):
        return "".join(str(_ZH_DIGITS[c]) for c in whole) + tail
    total = section = digit = 0
    for c in whole:
        if c in _ZH_DIGITS:
            digit = _ZH_DIGITS[c]
        elif c in _ZH_SMALL:
            section, digit = section + (digit or 1) * _ZH_SMALL[c], 0
        else:
            total, section, digit = (total + section + digit or 1) * _ZH_LARGE[c], 0, 0
    return str(total + section + digit) + tail


def plain(digits: str, scale: str = "") -> str:
    """`2,480` -> `2480`; with `万` or `亿` behind it multiplied out."""
    number = digits.replace(",", "")
    return format((Decimal(number) * (_ZH_LARGE | _ZH_SMALL)[scale]).normalize(), "f") if scale else number
