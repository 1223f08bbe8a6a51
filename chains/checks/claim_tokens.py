"""A text as the tokens by which it is compared: stems, CJK characters, numbers, and the small words that decide."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import NamedTuple

from cairn.core.clean_text import CJK
from cairn.language.numerals import CHINESE, DIGITS, ENGLISH, chinese_number, english_number, plain
from cairn.language.words import STOP, listed, stem, word_set

DENIES = frozenset("¬不没无未非勿否")
LIMITS = word_set("≤ ≥ < > only before after until since may must all some most any few many if unless")
CONDITIONS = word_set("除 若 only if unless except without")
GUARDS = (DENIES | CONDITIONS | LIMITS | frozenset("仅只禁")) - {"all"}
"""What must not be left out of the clause that is quoted; conditions not of the whole sentence."""
_KEPT = GUARDS.union(listed("all am least more less other same often long far old much should by than from over per"))
_LEADS = word_set("的 in on at of for from to by with during since until after before within per and or but")
_DROPPED = frozenset([*listed("also however therefore thus then"), *"的了着过之地得也就则便而在于是为其它他她这该此有"])
_ALIKE = {"¬": "no not never cannot none neither nor", "all": "every each", "may": "can might could"}
_SAME = {word: key for key, words in _ALIKE.items() for word in listed(words)}
_SIGNS = {
    r"n't\b": " not ",
    r"\b(?:no|not) (?:more|longer|later) than\b|\bat most\b|\bup to\b|\bas many as\b|\bmaximum of\b": " ≤ ",
    r"\b(?:no|not) (?:less|fewer|earlier) than\b|\bat least\b|\bminimum of\b": " ≥ ",
    r"\bmore than\b|\bover (?=\d)|\bexceed(?:s|ing)?\b|超过|多于|高于|大于": " > ",
    r"\b(?:less|fewer) than\b|\b(?:under|below) (?=\d)|少于|低于|小于|不足": " < ",
    r"不 > |至多|最多": " ≤ ",
    r"不 < |至少|最少|起码": " ≥ ",
    r"\b(?:have|has|needs?) to\b|\b(?:is|are) required to\b|必须|务必": " must ",
    r"可以|可能|能够": " may ",
    r"\b(?:is|are|was|were|been|being|be)(?= +(?:not +|\w+ly +)*\w+(?:ed|en|wn|ught|ilt|id|ade|nt|pt|ld|und)\b)": " ⊣ ",
    r"没有": "没",
    r"不(?:仅仅?|但)(?!是)|[从自于在](?=\d)|(?<=[年月日])[份起]": "",
    r"\bper ?cent\b": "%",
    rf"百分之({CHINESE.pattern}|[\d.]+)": r"\1%",
    r"([$€£¥]) ?([\d,.]*\d)": r"\2 \1",
}
"""On a text in lower case, in this order. `⊣` stands before a passive: "Bob was paid" is not "Bob paid"."""
_DIGITS = re.compile(rf"(?<![#a-z\d_:.-])({DIGITS.pattern})(?: ?(万|亿|千|百))?(?!\w*[a-z_])")
_COUNTED = re.compile(
    rf"(?=[零〇一二三四五六七八九两十百千万亿]{{2}}){CHINESE.pattern}"
    rf"|{CHINESE.pattern}(?=[个天日月年周次元块米人件名位层楼级份倍成号岁折点分秒小部本座所家届期条项种%])"
)
_TOKEN = re.compile(rf"#[\d.]+|[≤≥<>⊣%{CJK}]|[^\W_{CJK}]+(?:[-'_.][^\W_{CJK}]+)*|_+|[^\w\s]")


class Token(NamedTuple):
    """`key` is compared; `lead` is the preposition before it; with `fresh` a clause begins; `unit`: of a number."""

    key: str
    word: str
    lead: str
    fresh: bool
    number: bool
    unit: str = ""


def tokens(text: str) -> list[Token]:
    """Those that matter, in order: articles, pronouns and forms of "be" are left out."""
    found: list[Token] = []
    lead, fresh, counting = "", True, False
    for word in _TOKEN.findall(_signed(unicodedata.normalize("NFKC", text).replace("’", "'").casefold())):
        number, dropped = word[0] == "#", word in STOP or word in _DROPPED or not word[0].isalnum()
        kept = word in _SAME or word in _KEPT or word[0] in "#%$€£¥≤≥<>⊣"
        key = _SAME.get(word, word) if kept else "" if dropped else stem(word)
        if counting and key and not number:
            found[-1] = found[-1]._replace(unit=key)
        counting = number
        lead = word if word in _LEADS else lead
        fresh = fresh or word in ",.;:!?()|。、[]—–…"
        if key:
            found.append(Token(key, word.lstrip("#"), lead, fresh, number))
            lead, fresh = "", False
    return found


def _signed(text: str) -> str:
    """With signs for phrases that say the same, and numbers as `#12400`."""
    text = " ".join(text.split())
    for pattern, sign in _SIGNS.items():
        text = re.sub(pattern, sign, text)
    text = _DIGITS.sub(lambda match: _number(plain(match[1], match[2] or "")), text)
    text = ENGLISH.sub(lambda match: _number(english_number(match[0])), text)
    return _COUNTED.sub(lambda match: _number(chinese_number(match[0])), text)


def _number(digits: str) -> str:
    return f" #{Decimal(digits).normalize():f} "  # 3.50 is 3.5
