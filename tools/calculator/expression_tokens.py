"""From text to tokens: other scripts' digits and signs become plain ones, thousands separators go."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from cairn.core.errors import ToolError
from cairn.tools.calculator.exact_functions import FUNCTIONS, MAX_EXPONENT

MAX_CHARACTERS = 500
MAX_TOKENS = 400

# Not NFKC: it turns `3²` into 32 and `3½` into 31/2 without a word.
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("×⋅·∙✕✖", "*"),
        **dict.fromkeys("÷∕⁄", "/"),
        **dict.fromkeys("−–—﹣", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\t\r\n", " "),
        "π": " pi ",
        "°": " deg ",
        "√": " sqrt ",
        "∛": " cbrt ",
        "的": " of ",
        "‰": "/1000",
        "。": ".",
        "加": "+",
        "减": "-",
        "減": "-",
        "乘": "*",
        "除": "/",
    }
)
_WORDS = (("除以", "/"), ("乘以", "*"), ("圆周率", " pi "), ("等于多少", ""), ("是多少", ""))
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SUPERSCRIPT_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_VULGAR = re.compile("([0-9]*) ?([¼-¾⅐-⅞])")
_PERCENT_OF = re.compile(r"百分之\s*([0-9.]+)")

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<times>[xX](?![A-Za-z]))
    | (?P<phrase>(?:divided|multiplied)\ by\b)
    | (?P<name>log10|log2|[A-Za-z]+)
    | (?P<sign>\*\*|//|[-+*/%^!(),])
    )""",
    re.VERBOSE,
)
_OTHER_BASE = re.compile(r"0[xXbBoO][0-9A-Za-z]+")
_WITHOUT_EXPONENT = re.compile(r"[eE](?![A-Za-z])")
_OPERATOR_WORDS = {
    "plus": "+",
    "minus": "-",
    "times": "*",
    "divided by": "/",
    "multiplied by": "*",
    "of": "of",
    "off": "off",
    "mod": "mod",
}
_GROUPS = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:([, '_])[0-9]{3})(?:\1[0-9]{3})*(?![0-9])")

Kind = Literal["number", "name", "sign", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    value: Fraction = Fraction(0)
    at: int = 0


def plain(text: str) -> str:
    """`text` in ASCII, with other scripts' signs rewritten. Raises ToolError."""
    if len(text) > MAX_CHARACTERS:
        raise ToolError(f"The expression has more than {MAX_CHARACTERS} characters.", "Calculate it in parts.")
    for word, sign in _WORDS:
        text = text.replace(word, sign)
    text = "".join(map(_narrow, text)).translate(_SIGNS)
    text = _PERCENT_OF.sub(r"\1%", text)
    text = _SUPERSCRIPT_RUN.sub(lambda run: f"^({run[0].translate(_SUPERSCRIPTS)})", text)
    text = _VULGAR.sub(_fraction, text)
    text = text.translate(str.maketrans("[]{}", "()()"))
    text = re.sub(r"[$€£¥]\s*(?=[0-9.])|(?<=[0-9])\s*[$€£¥]", "", text)
    text = re.sub(r"[\s=?]*$", "", text).strip()
    for char in text:
        if not char.isascii():
            raise ToolError(f"The calculator does not know the sign {char!r}.", "Write numbers, + - * / ^ % and ( ).")
    return text


def _fraction(match: re.Match[str]) -> str:
    """`3½` as `(3+1/2)`."""
    return f"({match[1] or 0}+{Fraction(unicodedata.numeric(match[2])).limit_denominator(10)})"


def _narrow(char: str) -> str:
    """Full-width forms and the digits of every script as ASCII."""
    if "\uff01" <= char <= "\uff5e":
        return chr(ord(char) - 0xFEE0)
    if char in "\u3000￥￡":
        return {"\u3000": " ", "￥": "¥", "￡": "£"}[char]
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)


def tokenize(text: str) -> list[Token]:
    """The tokens of a plain text, an end token last. Raises ToolError."""
    text = _without_separators(text)
    tokens: list[Token] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ToolError(
                f"The calculator can't read {text[at:].strip()[:20]!r}.", "Write it like (2 + 3) * 4 or 17.5% of 2480."
            )
        if match.lastgroup == "number":
            _refuse_unclear(text, match)
        tokens.append(_token(match))
        at = match.end()
        if len(tokens) > MAX_TOKENS:
            raise ToolError("The expression has too many parts.", "Calculate it in parts.")
    return [*tokens, Token("end", "end of the expression", at=at)]


def _refuse_unclear(text: str, match: re.Match[str]) -> None:
    """What programmers and others read differently. Raises ToolError."""
    other = _OTHER_BASE.match(text, match.start("number"))
    if other and match["number"] == "0":
        raise ToolError(
            f"{other[0][:20]} may be a number of another base or a product.", "Write it in decimals, or with *."
        )
    if _WITHOUT_EXPONENT.match(text, match.end()):
        raise ToolError(
            f"{match['number'][:20]}{text[match.end()]} is a number without its exponent.",
            "Write it like 1e3, or 2 * e for Euler's number.",
        )


def _token(match: re.Match[str]) -> Token:
    found, at = match[0].strip(), match.start()
    match match.lastgroup:
        case "number":
            return Token("number", found, _number(found), at)
        case "times":
            return Token("sign", "*", at=at)
        case "sign":
            return Token("sign", {"**": "^"}.get(found, found), at=at)
        case _:
            word = found.lower()
            if word in _OPERATOR_WORDS:
                return Token("sign", _OPERATOR_WORDS[word], at=at)
            return Token("name", word, at=at)


def _number(text: str) -> Fraction:
    _, _, exponent = text.lower().partition("e")
    if exponent and abs(int(exponent)) > MAX_EXPONENT // 8:
        raise ToolError(f"The number {text} is too large or too small.", "The calculator stops near 10^1200.")
    return Fraction(text)


def _without_separators(text: str) -> str:
    """`2,480`, `1 000` and `1'000` as plain digits, but not the comma between a function's arguments.

    `max(1,200)` has two arguments; `sqrt(1,600)` can only have one, so there the comma is a separator.
    """
    kept = _argument_commas(text)

    def join(match: re.Match[str]) -> str:
        digits = re.sub("[^0-9]", "", match[0])
        ambiguous = match[1] == "," and any(i in kept for i in range(match.start(), match.end()) if text[i] == ",")
        return match[0] if ambiguous else digits

    return _GROUPS.sub(join, text)


def _argument_commas(text: str) -> set[int]:
    """Where the commas stand that are directly inside the brackets of a function of several arguments."""
    found: set[int] = set()
    brackets: list[bool] = []
    for at, char in enumerate(text):
        if char == "(":
            name = re.search(r"(log10|log2|[A-Za-z]+)\s*$", text[max(0, at - 20) : at])
            function = FUNCTIONS.get(name[1].lower()) if name else None
            brackets.append(function is not None and function.most > 1)
        elif char == ")" and brackets:
            brackets.pop()
        elif char == "," and brackets and brackets[-1]:
            found.add(at)
    return found
