"""A text as the tokens by which it is compared: stems, CJK characters, numbers, and the small words that decide."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal

from cairn.text import CJK
from models.builtin.numerals import CHINESE, DIGITS, ENGLISH, chinese_number, english_number, plain
from models.builtin.words import STOP, listed, stem

DENIES = frozenset("¬不没无未非勿否")
LIMITS = frozenset([*"≤≥<>", *listed("only before after until since may must all some most any few many if unless")])
CONDITIONS = frozenset(["除", "若", *listed("only if unless except without")])
GUARDS = (DENIES | CONDITIONS | LIMITS | frozenset("仅只禁")) - {"all"}
"""What must not be left out of the clause that is quoted; conditions not of the whole sentence."""
AND = frozenset(listed("and or but while whereas"))
_LEADS = AND | frozenset(listed("的 in on at of for from to by with during since until after before within per via as"))
_DECIDES = LIMITS | CONDITIONS | frozenset(listed("am no not every each least more less other same often long far old"))
_DECIDES |= frozenset(listed("much should over under below above within between per via by than from"))
_SAME = dict.fromkeys(listed("no not never cannot none neither nor"), "¬") | dict.fromkeys(["every", "each"], "all")
_SAME |= dict.fromkeys(listed("can might could"), "may")
_LEFT_OUT = frozenset([*listed("also however therefore thus then additionally overall"), *"的了着过之地得也就则便而在于是为其它他她这该此有"])
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "¥": "元"}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_SIGNS = [
    (re.compile(pattern), sign)
    for pattern, sign in [
        (r"n't\b", " not "),
        (r"\b(?:no|not) (?:more|longer|later) than\b|\bat most\b|\bup to\b|\bas many as\b|\bmaximum of\b", " ≤ "),
        (r"\b(?:no|not) (?:less|fewer|earlier) than\b|\bat least\b|\bminimum of\b", " ≥ "),
        (r"\bmore than\b|\bover (?=\d)|\bexceed(?:s|ing)?\b|超过|多于|高于|大于", " > "),
        (r"\b(?:less|fewer) than\b|\b(?:under|below) (?=\d)|少于|低于|小于|不足", " < "),
        (r"不 > |至多|最多", " ≤ "),
        (r"不 < |至少|最少|起码", " ≥ "),
        (r"\b(?:have|has|needs?) to\b|\b(?:is|are) required to\b|必须|务必", " must "),
        (r"可以|可能|能够", " may "),
        (r"\b(?:is|are|was|were|been|being|be)(?= (?:\w+ly )?\w{2,}(?:ed|en|wn|ught|ilt|old)\b)", " ⊣ "),
        (r"没有", "没"),
        (r"不(?:仅仅?|但)(?!是)|[从自于在](?=\d)|(?<=[年月日])[份起]", ""),
        (r"([$€£¥]) ?([\d,.]*\d)", lambda match: f"{match[2]} {_CURRENCIES[match[1]]}"),
        (rf"百分之({DIGITS.pattern}|{CHINESE.pattern})", lambda match: f"{_digits(match[1])}% "),
        (r"\bper ?cent\b", "%"),
        (
            rf"(?<![#\w:._-])({DIGITS.pattern})(?: ?(万|亿|千|百)| (hundred|thousand|million|billion)\b)?(?!\w*[a-z_])",
            lambda match: f" #{_value(_digits(match[1]), match[2], match[3])} ",
        ),
        (ENGLISH, lambda match: match[0] if match[0] == "one" else f" #{_value(english_number(match[0]))} "),
        (
            rf"{CHINESE.pattern}(?=[个天日月年周次元块米人件名位层楼级份倍成万路号岁折点分秒小部本座所家届期条项种])",
            lambda match: f" #{_value(chinese_number(match[0]))} ",
        ),
    ]
]
"""In this order, on a text in lower case. `⊣` stands before a passive: "Bob was paid" is not "Bob paid"."""
_TOKEN = re.compile(rf"#[\d.]+|[≤≥<>⊣%{CJK}]|[^\W_{CJK}]+(?:[-'_.][^\W_{CJK}]+)*|_+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Token:
    """`key` is what is compared; `lead` the preposition before it; `unit` what a number counts.

    `fresh`: a clause begins with it.
    """

    key: str
    word: str
    lead: str
    fresh: bool
    unit: str = ""

    @property
    def number(self) -> bool:
        return self.key.startswith("#")


def tokens(text: str) -> list[Token]:
    """Those that matter, in order: articles, pronouns and forms of "be" are left out."""
    text = " ".join(unicodedata.normalize("NFKC", text).replace("’", "'").casefold().split())
    for pattern, sign in _SIGNS:
        text = pattern.sub(sign, text)
    found: list[Token] = []
    lead, fresh, counting = "", True, False
    for word in _TOKEN.findall(text):
        key = _key(word)
        if counting and key and not key.startswith("#"):
            found[-1] = replace(found[-1], unit=key)
        counting = word.startswith("#")
        lead = word if word in _LEADS else lead
        fresh = fresh or word in ",.;:!?()|。、[]—–…"
        if key:
            found.append(Token(key, word.lstrip("#"), lead, fresh))
            lead, fresh = "", False
    return found


def _key(word: str) -> str:
    """Empty for what is left out."""
    if word in _SAME or word in _DECIDES or word[0] in "#%≤≥<>⊣":
        return _SAME.get(word, word)
    return "" if word in STOP or word in _LEFT_OUT or not word[0].isalnum() else stem(word)


def _digits(text: str) -> str:
    return text.replace(",", "") if text[0].isascii() else chinese_number(text)


def _value(digits: str, chinese: str | None = None, western: str | None = None) -> str:
    """`3.50` is `3.5`, `007` is `7`."""
    value = plain(digits, chinese) if chinese else digits
    return format((Decimal(value) * _SCALES.get(western or "", 1)).normalize(), "f")
