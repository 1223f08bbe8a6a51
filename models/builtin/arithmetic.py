"""A sum in a question, in signs or plain words, as an expression for the calculator.

Words become signs first; then whatever run of numbers and signs can be read is a sum: the calculator knows the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cairn.language import numerals

MAX_LENGTH = 400
_N = r"(?:(?:\d{1,3}(?:,\d{3})+(?!,?\d)|\d+)(?:\.\d+)?|\.\d+)"
# `−` and `÷` are said as signs of a sum, where `-` and `/` may stand in dates and ranges.
_WORDS: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
    (rf"({numerals.DIGITS.pattern}) ?([百千万亿])", lambda m: numerals.plain(m[1], m[2])),
    (rf"({_N}) (thousand|million|billion)\b", lambda m: f"({numerals.plain(m[1])} * {numerals.SCALES[m[2]]})"),
    (numerals.ENGLISH.pattern, lambda m: numerals.english_number(m[0])),
    (numerals.CHINESE.pattern, lambda m: numerals.chinese_number(m[0])),
    (rf"(?:百|100)分之({_N})", r"\1%"),
    (rf"({_N})分之({_N})", r"(\2/\1)"),
    (r"\bper ?cent\b", "%"),
    (r"加上?|\bplus\b|\badded to\b", " + "),
    (r"减去|减(?!少)|\bminus\b", " − "),
    (r"乘以?|×|\btimes\b|\bmultiplied by\b", " * "),
    (r"除以|\bdivided by\b", " ÷ "),
    (r"\*\*|\bto the power of\b", "^"),
    (r"²|\bsquared\b", "^2"),
    (r"³|\bcubed\b", "^3"),
    (r"\b(?:the )?square root of\b|√|根号", " sqrt "),
    (rf"({_N}) ?的 ?({_N}) ?%", r"\2% of \1"),
]
_SIGNS = [(re.compile(pattern, re.IGNORECASE), sign) for pattern, sign in _WORDS]
_FUNCTION = r"(?:(?:sqrt|cbrt|log|ln|abs)(?![A-Za-z]))"
_VALUE = rf"[-+−]?\s*(?:{_FUNCTION}\s*)?[$€£¥]?(?:{_N}|pi|π)[€£¥]?(?:\s*[%!])?"
_CHAIN = rf"{_VALUE}(?:\s*(?:[-+*/^−÷]|of|off|mod)\s*{_VALUE})*"
_BRACKETS = re.compile(rf"{_FUNCTION}?\s*\(\s*{_CHAIN}\s*\)")
_RUN = re.compile(
    rf"(?<![A-Za-z0-9_.])(?>(?:{_N}|{_FUNCTION}|pi|π|mod|off|(?<=%) of\b|[-+*/^%()!−÷$€£¥\s])+)"
    r"(?:(?<=\s)|(?![A-Za-z_]))"
)
_OPERATION = re.compile(rf"[\d)%πi€£¥]\s*(?:[-+*/^−÷]|of|off|mod)\s*[-−(\d.$€£¥a-zπ]|{_FUNCTION}|\d!")
_SURE = re.compile(rf"[+*^−÷!]|% ?off?|{_FUNCTION}|mod")
_ASKED = re.compile(
    r"\b(?:calculate|compute|evaluate|solve|work out|what(?:'s| is)|how much is)\b|计算|算|多少|=", re.I
)
_FILLER = re.compile(
    rf"{_ASKED.pattern}|\b(?:what are|please|and|then|the|result of|give me|tell me|can you|equals?|is)\b"
    r"|请问?|一下|出|等于|是|得|几|结果|的|呢|再|那|么|\W",
    re.IGNORECASE,
)
# Beside a run: it is only a part of a sum. Anywhere: dates, times, telephone numbers, years from and to.
_PART = re.compile(
    r"^\s*(?:[的次倍成折]|分之|of\b|to the|plus|minus|times|than|divided|multiplied)"
    r"|(?:\b(?:sum|average|mean|root|product|cube|square|factorial) of|\bfrom|\bby|[加减乘除])\s*\0",
    re.IGNORECASE,
)
_NO_SUM = re.compile(r"\d-\d{1,2}-\d|\d/\d{1,2}/\d|\d-\d{3}-\d|\d:\d\d|\b(?:19|20)\d\d ?[-/–] ?(?:\d\d)?\d\d\b")


def to_expression(text: str) -> str | None:
    """What the calculator is to read, where the question is nothing but a sum."""
    plain, run = _read(re.sub(r"(?<=\d)\s*x\s*(?=\d)", " * ", text))
    return _tidy(run) if run and not _FILLER.sub("", plain.replace(run, " ")) else None


def within(text: str) -> str | None:
    """The only sum that is written out in a question, wherever it stands; a range or a date is none."""
    _, run = _read(text)
    return _tidy(run) if run and (_SURE.search(run) or _ASKED.search(text)) else None


def _read(text: str) -> tuple[str, str]:
    """The text in signs, and the one run in it that can be read; empty where there is none, or several."""
    if len(text) > MAX_LENGTH or _NO_SUM.search(text):
        return text, ""
    plain = text.translate(str.maketrans("（），？％＋－＊／＝", "(),?%+-*/="))
    for pattern, sign in _SIGNS:
        plain = pattern.sub(sign, plain)
    runs = [run for match in _RUN.finditer(plain) if (run := _trimmed(match[0])) and _OPERATION.search(run)]
    if len(runs) != 1 or not _readable(runs[0]):
        return plain, ""
    before, _, after = plain.partition(runs[0])
    return plain, "" if _PART.search(after) or _PART.search(f"{before}\0") else runs[0]


def _trimmed(run: str) -> str:
    """Without signs at its ends that join it to nothing."""
    run = re.sub(r"^[\s*/^%!)÷,]+|[\s(+*/^−÷$-]+$", "", run)
    return run if run.count("(") == run.count(")") else run.strip("() ")


def _readable(run: str) -> bool:
    """Whether operands and operators take turns; brackets are read from within."""
    while (shorter := _BRACKETS.sub("1", run)) != run:
        run = shorter
    return re.fullmatch(_CHAIN, run) is not None


def _tidy(run: str) -> str:
    run = re.sub(r"(?<=\d),(?=\d{3})", "", run).translate(str.maketrans("−÷$€£¥", "-/    "))
    run = re.sub(r"(?<=[\d)%!πi])\s*([-+*/])\s*", r" \1 ", run)
    run = run[1:-1] if re.fullmatch(r"\([^()]*\)", run) else run
    return " ".join(re.sub(r"\s+(?=[%!])", "", run).split())
