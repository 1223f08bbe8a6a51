"""The numbers in a text, as values and units that can be compared: `1,000` = `1000`, `three` = 3, `三十` = 30."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from models.builtin.numerals import CHINESE, DIGITS, ENGLISH, chinese_number, english_number, plain
from models.builtin.words import listed

_UNITS = {
    name: unit
    for unit, names in {
        "%": "% percent 百分",
        "day": "day days 天 日",
        "week": "week weeks 周 星期 个星期",
        "month": "month months 个月 月",
        "year": "year years yr 年 岁 周年 周岁",
        "hour": "hour hours hr hrs h 小时 个小时",
        "minute": "minute minutes min mins 分钟",
        "second": "seconds sec secs 秒",
        "euro": "euro euros eur € 欧元 欧",
        "dollar": "dollar dollars usd $ 美元",
        "pound": "gbp £ 英镑",
        "yuan": "yuan rmb cny ¥ 元 块 人民币",
        "kg": "kg kilo kilos kilogram kilograms 公斤 千克",
        "g": "g gram grams 克",
        "t": "t ton tons tonne tonnes 吨",
        "km": "km kilometre kilometres kilometer kilometers 公里 千米",
        "m": "m metre metres meter meters 米",
        "cm": "cm 厘米",
        "mm": "mm 毫米",
        "l": "l litre litres liter liters 升",
        "ml": "ml 毫升",
        "kb": "kb",
        "mb": "mb",
        "gb": "gb",
        "tb": "tb",
        "watt": "w watt watts 瓦",
        "degree": "degree degrees ° °c 度",
    }.items()
    for name in names.split()
}
_LONGEST_FIRST = sorted(_UNITS, key=len, reverse=True)
_UNIT = re.compile(
    r"[\s-]*(?:"
    + "|".join(re.escape(u) + (r"\b" if u[-1].isascii() and u[-1].isalpha() else "") for u in _LONGEST_FIRST)
    + ")"
)
_SCALED = re.compile(rf"({DIGITS.pattern})(?:\s*(万|亿|千|百)|\s+(hundred|thousand|million|billion)\b|(k)\b)?")
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "k": 1000}
_CLOCK = re.compile(
    r"(?P<early>上午|早上|凌晨)?(?P<late>下午|晚上|傍晚)?(?<![\d:.])(?P<hour>\d{1,2}|[一二三四五六七八九十两]{1,3})"
    r"(?::(?P<minute>[0-5]\d)(?!\d)|点(?P<zh>半|[0-5]?\d分?)?)?\s*(?P<half>[ap]\.?m\b\.?)?"
)
_MEASURED = re.compile(
    r"[\s个]?(?:天|日|月|年|周|次|小时|分钟|秒|元|块|米|人|件|名|位|层|楼|级|份|倍|成|万|路|号|岁|折)|个"
)
_ORDINALS = {
    word: str(n) for n, word in enumerate(listed("first second third fourth fifth sixth seventh eighth ninth tenth"), 1)
}
_TIMES = {"once": "1", "twice": "2", "dozen": "12", "half": "0.5"}
_HUNDREDTHS = re.compile(rf"百分之({DIGITS.pattern}|{CHINESE.pattern})")
_OTHERS = re.compile(rf"\b(?:once|twice|dozen|half|{'|'.join(_ORDINALS)})\b|半")
_IDENTIFIER = re.compile(r"`[^`]*`|(?<![\w.])(?=[\w-]*[A-Za-z_])(?=[\w-]*\d)[A-Za-z_][\w-]*(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class Number:
    """`unit` is None where none that is known follows. `weak`: may be a mere word, as `one` and `一` often are."""

    value: str
    unit: str | None
    start: int
    end: int
    weak: bool = False

    def agrees(self, other: Number) -> bool:
        same = self.value == other.value or self.value.removesuffix(":00") == other.value.removesuffix(":00")
        return same and (self.unit is None or other.unit is None or self.unit == other.unit)


Read = Callable[[re.Match[str], str], Number | None]
"""What a match in a text is; None for a mere word."""


def numbers(text: str) -> list[Number]:
    """In order. Digits within identifiers (`v2`, `max_4`) are no numbers."""
    text = _plain(text)
    found: list[Number] = []
    text = _take(_CLOCK, text, found, _clock)
    text = _take(_HUNDREDTHS, text, found, _hundredth)
    text = _take(_SCALED, text, found, _digits)
    text = _take(ENGLISH, text, found, _english)
    text = _take(CHINESE, text, found, _chinese)
    _take(_OTHERS, text, found, _other)
    return sorted(found, key=lambda number: number.start)


def _plain(text: str) -> str:
    """In the usual characters and in lower case, identifiers as blanks: what is NFKC already keeps its length."""
    blanked = _IDENTIFIER.sub(lambda match: " " * len(match[0]), unicodedata.normalize("NFKC", text))
    return "".join(low if len(low := char.lower()) == 1 else char for char in blanked)


def _take(pattern: re.Pattern[str], text: str, found: list[Number], read: Read) -> str:
    """What `read` makes of each match, which is blanked, so that the next pattern does not see it."""
    blanked = list(text)
    for match in pattern.finditer(text):
        number = read(match, text)
        if number is not None:
            found.append(number)
            blanked[match.start() : match.end()] = " " * len(match[0])
    return "".join(blanked)


def _clock(match: re.Match[str], _text: str) -> Number | None:
    """`9 am`, `9:00`, `下午三点半`; a number alone is none, nor is `一点` (a bit)."""
    said, half = match["hour"], (match["half"] or "")[:1]
    told = match["early"] or match["late"]
    if not (match["minute"] or half or "点" in match[0]) or (said in "一两" and match["zh"] is None and not told):
        return None
    hour = int(said) if said.isdigit() else int(chinese_number(said))
    if (match["late"] or half == "p") and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    minute = match["minute"] or ("30" if match["zh"] == "半" else re.sub(r"\D", "", match["zh"] or "") or "00")
    return Number(f"{hour}:{minute:0>2}", None, match.start(), match.end())


def _hundredth(match: re.Match[str], _text: str) -> Number:
    value = match[1].replace(",", "") if match[1][0] in ".0123456789" else chinese_number(match[1])
    return Number(_short(value), "%", match.start(), match.end())


def _digits(match: re.Match[str], text: str) -> Number:
    _, chinese, *western = match.groups()
    scale = next(filter(None, western), None)
    value = plain(match[1], chinese) if chinese else _times(match[1], _SCALES[scale]) if scale else match[1]
    before = _UNITS.get(text[match.start() - 1 : match.start()])
    return Number(_short(value.replace(",", "")), _unit(text, match.end()) or before, match.start(), match.end())


def _english(match: re.Match[str], text: str) -> Number:
    value = english_number(match[0])
    return Number(_short(value), _unit(text, match.end()), match.start(), match.end(), weak=value == "1")


def _chinese(match: re.Match[str], text: str) -> Number | None:
    """A single digit counts only before something that is counted, or as an ordinal: `统一`, `十分` hold no number."""
    measured = _MEASURED.match(text, match.end()) is not None
    before = text[match.start() - 1 : match.start()]
    if len(match[0]) == 1 and not measured and before not in ("第", "周", "为", "是", "约"):
        return None
    if not re.search("[零一二三四五六七八九十两]", match[0]):
        return None
    value = chinese_number(match[0])
    return Number(_short(value), _unit(text, match.end()), match.start(), match.end(), weak=value == "1")


def _other(match: re.Match[str], text: str) -> Number:
    value = (_TIMES | _ORDINALS).get(match[0], "0.5")
    strong = match[0] in _ORDINALS and value not in ("1", "2")  # `second` is a unit, too
    return Number(value, _unit(text, match.end()), match.start(), match.end(), weak=not strong)


def _unit(text: str, end: int) -> str | None:
    match = _UNIT.match(text, end)
    return _UNITS[match[0].strip(" -\n")] if match else ("%" if re.match(r"\s*per cent\b", text[end:]) else None)


def _times(value: str, scale: int) -> str:
    return format(float(value.replace(",", "")) * scale, ".15g")


def _short(value: str) -> str:
    """`3.50` is `3.5`, `007` is `7`."""
    whole, _, fraction = value.partition(".")
    fraction = fraction.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")
