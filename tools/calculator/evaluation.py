"""One expression in, its exact result out; and the tool that a model calls."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from langchain_core.tools import tool

from cairn.core.errors import ToolError
from cairn.tools.calculator.exact_functions import Value, to_decimal
from cairn.tools.calculator.expression_parser import Parser
from cairn.tools.calculator.expression_tokens import plain, tokenize
from cairn.tools.tool_invocation import COMPUTES

_SHOWN = Context(prec=15, rounding=ROUND_HALF_UP)
_MOST_DECIMALS = 30


@dataclass(frozen=True, slots=True)
class Calculation:
    """`value` is exact unless a root, logarithm or the like was irrational (then 34 digits); `text` is the sentence
    to show; `exact` tells whether that text gives the very value (`=`) or 15 significant digits of it (`≈`)."""

    expression: str
    value: Fraction
    text: str
    exact: bool


def evaluate(text: str) -> Calculation:
    """The result of an arithmetic expression of at most 500 characters. Raises ToolError, saying how to write it.

    - `5%` is 0.05. Added to or taken from a number it is a percentage of it, as on a pocket calculator:
      `200 + 10%` = 220; a bracket prevents that: `200 + (10%)` = 200.1. `10% of 80` = 8, `10% off 80` = 72.
      Before a number `%` is the remainder: `17 % 5` = 2.
    - `2,480`, `1 000` and `1'000` are one number; between a function's arguments the comma separates: `max(1,200)`.
    - `^` and `**` are powers; `0^0` = 1. A number before a bracket, function or constant multiplies: `2(3 + 4)`.
    - round() goes half away from zero. log() is to base 10, ln() natural; angles are in radians, or `30 deg`.
    """
    expression = plain(text)
    if not expression:
        raise ToolError("There is nothing to calculate.", "Write an expression such as 17.5% of 2480.")
    parser = Parser(tokenize(expression))
    result = parser.all()
    shown, same = _write(result)
    given = " ".join(text.split()).rstrip("=? ")
    return Calculation(given, result.number, f"{given} {'=' if same else '≈'} {shown}", same)


@tool
def calculator(expression: str) -> str:
    """Calculate exactly. Use it for every calculation, however small.

    Knows + - * / ^ ! % (5% is 0.05; `17.5% of 2480`, `10% off 80`, `17 mod 5`), brackets, pi, e, and
    sqrt cbrt abs round floor ceil min max sum mean median gcd lcm comb factorial ln log log2 exp sin cos tan asin
    acos atan (radians; `sin(30 deg)`). Write numbers and signs only, no words, units or variables.

    Args:
        expression: for example (2480 * 17.5%) + 3^4
    """
    return evaluate(expression).text


calculator.metadata = COMPUTES


def _write(value: Value) -> tuple[str, bool]:
    """The number as text, and whether the text is the very number."""
    number = value.number
    if value.exact and number.denominator == 1:
        return str(number.numerator), True
    places = _decimals(number.denominator)
    if value.exact and places is not None:
        scaled = abs(number.numerator) * (10**places // number.denominator)
        digits = str(scaled).rjust(places + 1, "0")
        return f"{'-' if number < 0 else ''}{digits[:-places]}.{digits[-places:]}", True
    return _approximate(to_decimal(number)), False


def _decimals(denominator: int) -> int | None:
    """How many decimals 1/denominator has, None if they never end or are too many to show."""
    for places in range(_MOST_DECIMALS + 1):
        if 10**places % denominator == 0:
            return places
    return None


def _approximate(number: Decimal) -> str:
    rounded = _SHOWN.plus(number)
    if rounded == 0:
        return "0"
    if -7 <= rounded.adjusted() < 21:
        text = f"{rounded:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    digits, _, exponent = f"{rounded:e}".partition("e")
    return f"{digits.rstrip('0').rstrip('.')}e{int(exponent)}"
