"""Arithmetic in Chinese words rewritten in symbols: `2480的17.5%加3的4次方是多少` -> `17.5% of 2480 + 3^4`."""

from __future__ import annotations

import re
from collections.abc import Callable

from models.builtin import numerals
from models.builtin.words import has_cjk

_OPENING = re.compile(
    r"^(?:请问|请|帮我|帮忙|麻烦|你|我想知道|能不能|可以|那么|那|算一下|算算|算出|计算一下|计算|求出|求|告诉我|"
    r"一下|[,，:：\s])+"
)
_CLOSING = re.compile(
    r"(?:[\s?=,，。.!;；]|的?(?:结果|值|答案)|等于|是|为|得|等|多少|几|什么|啥|呢|吗|啊|呀|每人|每个人|一共|总共|共)+$"
)
_N = r"\d+(?:\.\d+)?"
_A = rf"(?:{_N}%?|(?:sqrt|cbrt)?\([^()]*\))(?:\^\d+)?"
_LISTS = {
    "sum of ": "和|总和|合计",
    "product of ": "积|乘积",
    "difference of ": "差|差值",
    "quotient of ": "商",
    "average of ": "平均数|平均值|平均|均值",
}
_LIST = re.compile(
    rf"(?P<items>{_A}(?:\s*(?:[、,，和与跟及]|以及)+\s*{_A})+)\s*(?:的|之|这{_N}个数的)\s*"
    r"(?P<kind>总和|合计|和|乘积|积|差值|差|商|平均数|平均值|平均|均值)"
)
_WORDS = [
    (r"加上|(?<!增)加", " + "),
    (r"减去|减掉|减(?!少)", " - "),
    (r"乘以|乘上|(?<!阶)乘", " * "),
    (r"除以", " / "),
    (r"(?<![\d)])负(?=\d)", "-"),
    (r"开平方|开根号|开方", "的平方根"),
]


def _term(form: str) -> Callable[[re.Match[str]], str]:
    """A rewriting that is put in brackets where an operator before it would tear it apart."""

    def write(match: re.Match[str]) -> str:
        text = form.format(*match.groups())
        before = match.string[: match.start()].rstrip()
        return f"({text})" if before.endswith(("*", "/", "^")) else text

    return write


def _discount(match: re.Match[str]) -> str:
    return f"{match[1]} * 0.{match[2].replace('.', '')}"


_REWRITES: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(rf"根号\s*({_A})"), r"sqrt(\1)"),
    (re.compile(rf"({_A}(?:\s*\+\s*{_A})+)\s*(?:的和|之和)"), r"(\1)"),
    (re.compile(rf"({_A})\s*的\s*(?:算术)?平方根"), r"sqrt(\1)"),
    (re.compile(rf"({_A})\s*的\s*立方根"), r"cbrt(\1)"),
    (re.compile(rf"({_A})\s*的\s*平方"), r"\1^2"),
    (re.compile(rf"({_A})\s*的\s*立方"), r"\1^3"),
    (re.compile(rf"({_A})\s*的\s*({_N})\s*次(?:方|幂)"), r"\1^\2"),
    (re.compile(rf"({_A})\s*的\s*阶乘"), r"(factorial of \1)"),
    (re.compile(rf"({_A})\s*/\s*({_A})\s*的\s*余数"), r"\1 mod \2"),
    (re.compile(rf"({_A})\s*的\s*({_N})\s*%"), _term("{1}% of {0}")),
    (re.compile(rf"({_A})\s*的\s*一半"), _term("{0} / 2")),
    (re.compile(rf"({_A})\s*的\s*({_N})\s*倍"), _term("{0} * {1}")),
    (re.compile(rf"({_A})\s*的\s*(\({_N}/{_N}\))"), _term("{0} * {1}")),
    (re.compile(rf"({_A})\s*个?[^\W\d]{{0,2}}?(?:平均|平)分给\s*({_A})\s*个?(?:人|朋友|孩子|同学)?"), r"\1 / \2"),
    (re.compile(rf"({_A})\s*打\s*({_N})\s*折"), _discount),
    (re.compile(rf"({_A})\s*(?:增加|上涨|提高|涨|增长)了?\s*({_N})%"), _term("{0} * (1 + {1}%)")),
    (re.compile(rf"({_A})\s*(?:减少|下降|降低|降)了?\s*({_N})%"), _term("{0} * (1 - {1}%)")),
]


def rewrite_chinese(text: str) -> str | None:
    """Symbols and English operators for the same sum; None when a Chinese word is left over."""
    text = _CLOSING.sub("", _OPENING.sub("", text))
    share = re.fullmatch(rf"({_N})\s*(?:是|占)\s*({_N})\s*的?\s*(?:百分之)", text)
    if share:
        return f"{share[1]} is what % of {share[2]}"
    text = _numbers(text)
    for pattern, symbol in _WORDS:
        text = re.sub(pattern, symbol, text)
    for _ in range(6):
        before = text
        for pattern, form in _REWRITES:
            text = pattern.sub(form, text)
        text = _LIST.sub(_list, text)
        if text == before:
            break
    return None if has_cjk(text) else text


def _numbers(text: str) -> str:
    text = text.replace("的一半", "的\0")
    text = re.sub(rf"({numerals.DIGITS.pattern})\s*([百千万亿])", lambda m: numerals.plain(m[1], m[2]), text)
    text = re.sub(rf"百分之({numerals.CHINESE.pattern}|{_N})", lambda m: f"{_value(m[1])}%", text)
    text = re.sub(
        rf"({numerals.CHINESE.pattern}|{_N})分之({numerals.CHINESE.pattern}|{_N})",
        lambda m: f"({_value(m[2])}/{_value(m[1])})",
        text,
    )
    text = re.sub(rf"打({numerals.CHINESE.pattern})折", lambda m: f"打{_value(m[1])}折", text)
    text = numerals.CHINESE.sub(lambda m: numerals.chinese_number(m[0]), text)
    return text.replace("的\0", "的一半")


def _value(text: str) -> str:
    return text if text[0].isdigit() else numerals.chinese_number(text)


def _list(match: re.Match[str]) -> str:
    items = re.findall(_A, match["items"])
    name = next(name for name, kinds in _LISTS.items() if match["kind"] in kinds.split("|"))
    return f"({name}{', '.join(items)})"
