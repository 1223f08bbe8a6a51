"""A question that is nothing but arithmetic, in digits or words, as an expression for the calculator.

Every word must be understood: one unknown word and it is not arithmetic (`What happened in 2025?`).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from models.builtin import numerals
from models.builtin.arithmetic_words import tokens
from models.builtin.arithmetic_zh import rewrite_chinese
from models.builtin.words import has_cjk

MAX_LENGTH = 400
_OPENING = re.compile(
    r"^(?:please|can you|could you|would you|tell me|give me|i(?: would|'d)? (?:want|like|need) to know|"
    r"what(?:'s|s| is| are| would be| do (?:you|i) get (?:if|when) (?:you|i)| about)?|"
    r"how much(?: is| are| does)?|how many (?:is|are)|calculate|compute|work out|evaluate|solve|find|the "
    r"result of|the value of|"
    r"the answer to|result|answer|so|and|then|also|ok(?:ay)?|hi|hello|hey|,|:)(?![a-z'])\s*"
)
_CLOSING = re.compile(
    r"(?:\s|\?|=|,|;|\.(?!\d)|\b(?:equal(?:s| to)?|is what|what|please|exactly|approximately|roughly|in total|"
    r"altogether|thanks|thank you|make|come to))+$"
)
_NOT_SUMS = re.compile(
    r"\b\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b|\d-\d{3}-\d|\d{1,2}:\d{2}"
    r"|^\W*(?:what is |what's )?(?:19|20)\d\d\s?[-/–]\s?(?:(?:19|20)\d\d|\d\d)\W*$",  # two years, or a school year
    re.IGNORECASE,
)
_CODE = re.compile(r"[-+*/^%()\d.,!\s√π=]+")


def to_expression(text: str) -> str | None:
    """The expression a question asks for, None when it is not arithmetic alone."""
    if len(text) > MAX_LENGTH or _NOT_SUMS.search(text):
        return None
    plain = _normal(text)
    if has_cjk(plain):
        plain = rewrite_chinese(plain) or ""
    share = _share(plain)
    if share is not None:
        return share
    found = tokens(_trim(plain))
    return _Reader(found).read() if found else None


def within(text: str) -> str | None:
    """The one expression in digits that a request to calculate contains (`Calculate 12*35 for my budget`)."""
    if not re.search(r"\b(?:calculate|compute|work out|evaluate|solve)\b|计算|算", text.casefold()):
        return None
    runs = [run for run in _CODE.findall(_normal(text)) if re.search(r"\d", run)]
    return to_expression(runs[0]) if len(runs) == 1 and len(text) <= MAX_LENGTH else None


def _normal(text: str) -> str:
    for old, new in (("²", "^2"), ("³", "^3"), ("½", "(1/2)"), ("¼", "(1/4)"), ("¾", "(3/4)"), ("∛", "cbrt")):
        text = text.replace(old, new)
    text = unicodedata.normalize("NFKC", text).casefold()
    for old, new in (("×", "*"), ("÷", "/"), ("−", "-"), ("–", "-"), ("⁄", "/"), ("∙", "*"), ("’", "'")):
        text = text.replace(old, new)
    text = re.sub(r"[$€£¥](?=\s*[\d.])", "", text).strip()
    text = re.sub(r"(?<=[\d])\s*[€£¥]", " ", text)
    text = _SCALED.sub(_scaled, text)
    text = _SHARERS.sub(r"\1", text)
    text = re.sub(r"\b(\d+(?:\.\d+)?)e(\d{1,2})\b", r"(\1*10^\2)", text)
    text = re.sub(r"(?<=%) (?:vat|tax|sales tax|interest|discount|tip)\b(?=\W*$)", "", text)
    return _without_unit(text)


_SCALED = re.compile(rf"({numerals.DIGITS.pattern})\s+({'|'.join(numerals.SCALES)})\b")
_SHARERS = re.compile(
    r"(\b(?:among|amongst|between) \w+) (?:people|persons|friends|children|kids|parts|groups|teams|members)\b"
)


def _scaled(match: re.Match[str]) -> str:
    number = Decimal(numerals.plain(match[1])) * numerals.SCALES[match[2]]
    return format(number.normalize(), "f")


_UNIT = re.compile(
    r"(?<=[\d)])\s*(euros?|eur|dollars?|usd|pounds?|gbp|yuan|rmb|kg|kilos?|grams?|g|tons?|km|cm|mm|m|metres?|meters?|"
    r"miles?|litres?|liters?|hours?|minutes?|seconds?|days?|weeks?|months?|元|块钱?|公斤|千克|克|公里|千米|米|升|小时|分钟|天)"
    r"(?![a-z])"
)


def _without_unit(text: str) -> str:
    """Figures of one unit are added up like bare ones; of two units nobody knows what to do."""
    found = {unit.rstrip("s") for unit in _UNIT.findall(text)}
    return _UNIT.sub(" ", text) if len(found) == 1 else text


def _trim(text: str) -> str:
    text = _CLOSING.sub("", text)
    while (opened := _OPENING.sub("", text)) != text:
        text = opened
    return text


_NUMBER = r"([\d.,]+)"


def _share(text: str) -> str | None:
    """`What percent of 80 is 20?`, `20 is what percent of 80?`"""
    text = text.rstrip(" ?.")
    if match := re.fullmatch(rf"what percent(?:age)? is {_NUMBER} of {_NUMBER}", text):
        return f"{numerals.plain(match[1])} / {numerals.plain(match[2])} * 100"
    if match := re.fullmatch(rf"(?:what|how many)? ?percent(?:age)? of {_NUMBER} (?:is|are) {_NUMBER}", text) or (
        re.fullmatch(rf"what (?:percent(?:age)?|%) of {_NUMBER} (?:is|are) {_NUMBER}", text)
    ):
        whole, part = match[1], match[2]
    elif match := re.fullmatch(rf"{_NUMBER} (?:is|are) what (?:percent(?:age)?|%) of {_NUMBER}", text):
        part, whole = match[1], match[2]
    else:
        return None
    return f"{numerals.plain(part)} / {numerals.plain(whole)} * 100"


class _NotArithmeticError(Exception):
    pass


_LISTS = {"SUM": " + ", "PRODUCT": " * ", "AVERAGE": " + ", "DIFFERENCE": " - ", "QUOTIENT": " / "}
_COMMANDS = {
    "ADD": ("{0} + {1}", ("AND", "to")),
    "SUBTRACT": ("{1} - {0}", ("from",)),
    "MULTIPLY": ("{0} * {1}", ("by", "with", "AND")),
    "DIVIDE": ("{0} / {1}", ("by", "AMONG")),
    "INCREASE": ("{0} * (1 + {1})", ("by",)),
    "DECREASE": ("{0} * (1 - {1})", ("by",)),
}
_FRACTIONS = {
    "FIFTH": "1/5",
    "TENTH": "1/10",
    "HALF": "1/2",
    "THIRD": "1/3",
    "QUARTER": "1/4",
    "QUARTERS": "3/4",
    "THIRDS": "2/3",
}
_PREFIXES = {
    "SQRT": "sqrt({})",
    "CBRT": "cbrt({})",
    "FACTORIAL": "factorial({})",
    "ABS": "abs({})",
}


class _Reader:
    """Recursive descent over the tokens; the depth is bounded by the length of the text."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0
        self.operations = 0
        self.dividing = False

    def read(self) -> str | None:
        try:
            text = self._command() or self._sum()
        except _NotArithmeticError:
            return None
        if self.at < len(self.tokens) or not self.operations:
            return None
        return text[1:-1] if _enclosed(text) else text

    def _kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else "END"

    def _take(self, *kinds: str) -> str | None:
        if self._kind() not in kinds:
            return None
        self.at += 1
        return self.tokens[self.at - 1][1]

    def _need(self, *kinds: str) -> None:
        if self._take(*kinds) is None:
            raise _NotArithmeticError

    def _command(self) -> str | None:
        kind = self._kind()
        if kind not in _COMMANDS:
            return None
        self.at += 1
        form, links = _COMMANDS[kind]
        self.operations += 1
        self.dividing = kind == "DIVIDE"
        left = self._product()
        self.dividing = False
        self._need(*links)
        right = self._product()
        if kind in ("INCREASE", "DECREASE") and not right.endswith("%"):
            form = "{0} + {1}" if kind == "INCREASE" else "{0} - {1}"
        return form.format(_wrap(left), _wrap(right))

    def _sum(self) -> str:
        text = self._product()
        while self._kind() in ("+", "-", "RAISED", "LOWERED", "ABOVE", "BELOW"):
            kind = self._kind()
            self.at += 1
            self.operations += 1
            right = self._product()
            if kind in ("ABOVE", "BELOW"):
                text = f"{right} {'+' if kind == 'ABOVE' else '-'} {_wrap(text)}"
            elif kind in "+-":
                text = f"{text} {kind} {right}"
            elif right.endswith("%"):
                text = f"{_wrap(text)} * (1 {'+' if kind == 'RAISED' else '-'} {right})"
            else:
                text = f"{text} {'+' if kind == 'RAISED' else '-'} {right}"
        return text

    def _product(self) -> str:
        text = self._power()
        while (kind := self._kind()) in ("*", "/", "of", "mod", "AMONG"):
            if kind == "AMONG" and self.dividing:
                break
            if kind == "of" and not (_share_of(text) or self.tokens[self.at - 1][0] in _FRACTIONS):
                raise _NotArithmeticError
            self.at += 1
            self.operations += 1
            text = f"{text} {_SIGNS.get(kind, kind)} {self._power()}"
        return text

    def _power(self) -> str:
        base = self._postfix()
        if self._take("^") is not None:
            self.operations += 1
            return f"{base}^{self._power()}"
        return base

    def _postfix(self) -> str:
        text = self._atom()
        while True:
            if self._take("SQUARED") is not None:
                text = f"{text}^2"
            elif self._take("CUBED") is not None:
                text = f"{text}^3"
            elif power := self._take("POWER"):
                text = f"{text}^{power}"
            elif self._take("!") is not None:
                text = f"{text}!"
            else:
                return self._percent(text)
            self.operations += 1

    def _percent(self, text: str) -> str:
        if self._take("%") is not None:
            return f"{text}%"
        for kind, sign in (("OFF", "-"), ("MORE", "+"), ("FEWER", "-")):
            if self._take(kind) is not None:
                self._take("of")
                self.operations += 1
                return f"{self._power()} * (1 {sign} {text}%)"
        return text

    def _atom(self) -> str:
        if (number := self._take("NUMBER")) is not None:
            return number
        if self._take("-") is not None:
            negative = f"-{self._power()}"
            return f"({negative})" if self.at > 2 else negative
        if self._take("(") is not None:
            inner = self._sum()
            self._need(")")
            return f"({inner})"
        self.operations += 1
        if name := self._take("CALL"):
            return f"{name}({', '.join(self._arguments())})"
        kind = self._kind()
        self.at += 1
        if kind in _LISTS:
            return self._list(kind)
        if kind in ("SQUARE", "CUBE"):
            return f"{_wrap(self._power())}^{2 if kind == 'SQUARE' else 3}"
        if kind in _PREFIXES:
            inner = self._power()
            return _PREFIXES[kind].format(inner[1:-1] if _enclosed(inner) else inner)
        return self._word(kind)

    def _word(self, kind: str) -> str:
        if kind in _FRACTIONS:
            return _FRACTIONS[kind]
        if kind in ("TWICE", "TRIPLE"):
            self._take("of")
            return f"{2 if kind == 'TWICE' else 3} * {self._power()}"
        if kind == "DOZEN":
            return "12"
        raise _NotArithmeticError

    def _arguments(self) -> list[str]:
        self._need("(")
        items = [self._sum()]
        while self._take("AND") is not None:
            items.append(self._sum())
        self._need(")")
        return items

    def _list(self, kind: str) -> str:
        items = [self._item()]
        while self._take("AND") is not None:
            self._take("AND")
            items.append(self._item())
        if len(items) < 2 or (len(items) > 2 and kind in ("DIFFERENCE", "QUOTIENT")):
            raise _NotArithmeticError
        text = f"({_LISTS[kind].join(items)})"
        return f"{text} / {len(items)}" if kind == "AVERAGE" else text

    def _item(self) -> str:
        """The last item ends before an operator: `the sum of 3, 4 and 5 divided by 2` divides the sum."""
        more = any(kind == "AND" for kind, _ in self.tokens[self.at :])
        return self._product() if more else self._power()


_SIGNS = {"of": "*", "AMONG": "/"}


def _share_of(text: str) -> bool:
    """`5%` or `2/5`: what may stand before `of`."""
    return text.endswith("%") or re.fullmatch(r"\d+ / \d+", text) is not None


def _enclosed(text: str) -> bool:
    """Whether one pair of brackets holds the whole text."""
    depth = 0
    for n, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0 and n < len(text) - 1:
            return False
    return text.startswith("(")


def _wrap(text: str) -> str:
    """In brackets when it would be torn apart by what is put around it."""
    return f"({text})" if re.search(r"[-+*/ ]", text) and not _enclosed(text) else text
