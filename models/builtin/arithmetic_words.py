"""The words and signs of sums in English, as tokens for the grammar in `arithmetic`."""

from __future__ import annotations

import re

from models.builtin import numerals

# (pattern, kind) tried in order; kinds in capitals are read by the grammar, others stand for themselves.
_TOKENS = [
    (re.compile(pattern), kind)
    for pattern, kind in [
        (r"(?:the )?(?:square root|sqrt)(?: of)?\b|√", "SQRT"),
        (r"(?:the )?(?:cube root|cbrt)(?: of)?\b", "CBRT"),
        (r"(?:the )?factorial of\b", "FACTORIAL"),
        (r"(?:the )?square of\b", "SQUARE"),
        (r"(?:the )?cube of\b", "CUBE"),
        (r"(?:the )?absolute value of\b", "ABS"),
        (r"(?:the )?(?:sum|total) of\b", "SUM"),
        (r"(?:the )?product of\b", "PRODUCT"),
        (r"(?:the )?(?:average|mean)(?: value)? of\b", "AVERAGE"),
        (r"(?:the )?difference (?:between|of)\b", "DIFFERENCE"),
        (r"(?:the )?quotient of\b", "QUOTIENT"),
        (r"(?:raised )?to the power(?: of)?\b|raised to\b", "^"),
        (r"to the (?P<n>\d+)(?:st|nd|rd|th)(?: power)?\b", "POWER"),
        (r"(?:percent|per cent|percentage) off\b|%\s*off\b", "OFF"),
        (r"(?:percent|per cent|%)\s*(?:more|greater|higher) than\b", "MORE"),
        (r"(?:percent|per cent|%)\s*(?:less|lower|smaller) than\b", "FEWER"),
        (r"percent\b|per cent\b|%", "%"),
        (r"(?:is )?(?:increased|raised) by\b", "RAISED"),
        (r"(?:is )?(?:decreased|reduced|lowered) by\b", "LOWERED"),
        (r"add\b", "ADD"),
        (r"subtract\b|take\b(?! away)", "SUBTRACT"),
        (r"multiply\b", "MULTIPLY"),
        (r"divide\b|split\b|share\b", "DIVIDE"),
        (r"away from\b", "from"),
        (r"(?:(?:is )?(?:divided|split|shared) )?(?:equally |evenly )?(?:among(?:st)?|between)\b", "AMONG"),
        (r"(?:equally|evenly)\b", "NOTHING"),
        (r"increase\b|raise\b", "INCREASE"),
        (r"decrease\b|reduce\b|lower\b", "DECREASE"),
        (r"plus\b|added to\b|\+", "+"),
        (r"(?:minus|take away|takes away)\b|less\b(?! than)|-|negative\b", "-"),
        (r"\*\*", "^"),
        (r"more than\b", "ABOVE"),
        (r"(?:less|fewer) than\b", "BELOW"),
        (r"times\b|multiplied by\b|\*|x\b|·", "*"),
        (r"divided by\b|over\b|/", "/"),
        (r"mod(?:ulo|ulus)?\b", "mod"),
        (r"squared\b", "SQUARED"),
        (r"cubed\b", "CUBED"),
        (r"factorial\b|!", "!"),
        (r"(?:a )?half\b", "HALF"),
        (r"(?:a |one )?third\b", "THIRD"),
        (r"(?:a |one )?quarter\b", "QUARTER"),
        (r"(?:three[ -]quarters|three[ -]fourths)\b", "QUARTERS"),
        (r"two[ -]thirds\b", "THIRDS"),
        (r"(?:one|a)[ -]fifth\b", "FIFTH"),
        (r"(?:one|a)[ -]tenth\b", "TENTH"),
        (r"twice\b|double\b", "TWICE"),
        (r"triple\b|thrice\b", "TRIPLE"),
        (r"(?:a )?dozen\b", "DOZEN"),
        (r"and\b|,", "AND"),
        (r"(?:of|from|to|by|with)\b", "WORD"),
        (r"[()^]", "SELF"),
        (r"(?:the|number|result of|value of)\b", "NOTHING"),
    ]
]
_FUNCTION = re.compile(
    r"(sqrt|cbrt|abs|log|ln|log10|log2|exp|sin|cos|tan|round|floor|ceil|gcd|lcm|min|max|factorial)\s*(?=\()"
)
_PI = re.compile(r"pi\b|π")


def tokens(text: str) -> list[tuple[str, str]]:
    """(kind, text) pairs; empty when some word is no arithmetic."""
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        token, position = _next(text, position)
        if token is None:
            return []
        if token[0] != "NOTHING":
            found.append(token)
    return found


def _next(text: str, position: int) -> tuple[tuple[str, str] | None, int]:
    if match := numerals.DIGITS.match(text, position):
        return ("NUMBER", numerals.plain(match[0])), match.end()
    if match := _FUNCTION.match(text, position):
        return ("CALL", match[1]), match.end()
    if match := _PI.match(text, position):
        return ("NUMBER", "pi"), match.end()
    for pattern, kind in _TOKENS:
        if match := pattern.match(text, position):
            if kind == "POWER":
                return (kind, match["n"]), match.end()
            return (match[0] if kind in ("SELF", "WORD") else kind, match[0]), match.end()
    if match := numerals.ENGLISH.match(text, position):
        return ("NUMBER", numerals.english_number(match[0])), match.end()
    return None, position
