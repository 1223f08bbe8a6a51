"""Exact numbers with bounds, and the functions on them.

A value is exact until a function leaves the rationals; from then on it is rounded to 34 significant digits after
each operation. Every operation checks that its result fits `MAX_BITS` before or right after it computes it.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from cairn.core.errors import ToolError

MAX_BITS = 4096
MAX_EXPONENT = 10_000
MAX_FACTORIAL = 500
_MAX_ANGLE = 10**9
_MAX_EXP = 2_800
_CONTEXT = decimal.Context(prec=50)
_ROUNDED = decimal.Context(prec=34)


@dataclass(frozen=True, slots=True)
class Value:
    """`percent`: it was written as a percentage and not yet calculated with, so `200 + 10%` adds 10 % of 200."""

    number: Fraction
    exact: bool = True
    percent: bool = False


def checked(number: Fraction, exact: bool, percent: bool = False) -> Value:
    """A value within the bounds. Raises ToolError."""
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > MAX_BITS:
        raise ToolError("The result is too large or too small.", "The calculator stops near 10^1200.")
    if not exact:
        number = Fraction(_ROUNDED.create_decimal(to_decimal(number)))
    return Value(number, exact, percent)


def to_decimal(number: Fraction) -> Decimal:
    """50 significant digits of it."""
    return _CONTEXT.divide(Decimal(number.numerator), Decimal(number.denominator))


def divide(a: Value, b: Value) -> Value:
    if b.number == 0:
        raise ToolError("Division by zero has no result.", "Check the number below the line.")
    return checked(a.number / b.number, a.exact and b.exact)


def modulo(a: Value, b: Value) -> Value:
    """The remainder with the sign of `b`, so that a = b * floor(a / b) + remainder."""
    if b.number == 0:
        raise ToolError("A remainder of division by zero has no result.", "Check the divisor.")
    return checked(a.number % b.number, a.exact and b.exact)


def power(a: Value, b: Value) -> Value:
    """`0^0` is 1, as in sums and polynomials; a root of a negative number is refused."""
    exact, base, exponent = a.exact and b.exact, a.number, b.number
    if base == 0 and exponent < 0:
        raise ToolError("Zero to a negative power is a division by zero.", "Check the exponent.")
    if abs(exponent) > MAX_EXPONENT:
        raise ToolError(f"The exponent is beyond {MAX_EXPONENT}.", "Use a smaller exponent.")
    if exponent.denominator == 1:
        size = max(base.numerator.bit_length(), base.denominator.bit_length()) - 1
        if size * abs(int(exponent)) > MAX_BITS:
            raise ToolError("The power is too large or too small.", "The calculator stops near 10^1200.")
        return checked(base ** int(exponent), exact)
    if base < 0:
        raise ToolError("A negative number has no real root like this.", "For cube roots write cbrt(-8).")
    if exact and exponent.denominator <= 64 and (root := _exact_root(base, exponent.denominator)) is not None:
        return power(Value(root), Value(Fraction(exponent.numerator)))
    if base == 0:
        return Value(Fraction(0), exact)
    return _exp(_CONTEXT.multiply(to_decimal(exponent), _CONTEXT.ln(to_decimal(base))))


def _exact_root(number: Fraction, degree: int) -> Fraction | None:
    above, below = _integer_root(number.numerator, degree), _integer_root(number.denominator, degree)
    return None if above is None or below is None else Fraction(above, below)


def _integer_root(number: int, degree: int) -> int | None:
    low, high = 0, 1 << (number.bit_length() // degree + 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**degree < number else (low, middle)
    return low if low**degree == number else None


def _sqrt(value: Value) -> Value:
    return power(value, Value(Fraction(1, 2)))


def _exponential(value: Value) -> Value:
    return Value(Fraction(1), value.exact) if value.number == 0 else _exp(to_decimal(value.number))


def _exp(exponent: Decimal) -> Value:
    if abs(exponent) > _MAX_EXP:
        raise ToolError("The result is too large or too small.", "The calculator stops near 10^1200.")
    return checked(Fraction(_CONTEXT.exp(exponent)), exact=False)


def factorial(value: Value) -> Value:
    return Value(Fraction(math.factorial(whole(value, MAX_FACTORIAL, "A factorial"))), value.exact)


def whole(value: Value, most: int, what: str) -> int:
    """The value as an integer from 0 to `most`. Raises ToolError."""
    if value.number.denominator != 1 or not 0 <= value.number <= most:
        raise ToolError(f"{what} needs a whole number from 0 to {most}.", "Check its argument.")
    return int(value.number)


def _integers(values: Sequence[Value]) -> list[int]:
    if any(value.number.denominator != 1 for value in values):
        raise ToolError("gcd and lcm need whole numbers.", "Check the arguments.")
    return [int(value.number) for value in values]


def _round(value: Value, digits: Value | None = None) -> Value:
    """Half away from zero, as taught at school: 2.5 -> 3, -2.5 -> -3."""
    places = 0
    if digits is not None:
        places = int(digits.number)
        if digits.number.denominator != 1 or abs(places) > 100:
            raise ToolError("The digits of round() are a whole number from -100 to 100.", "round(2.345, 2)")
    scaled = abs(value.number) * Fraction(10) ** places
    rounded = Fraction(math.floor(scaled + Fraction(1, 2))) / Fraction(10) ** places
    return checked(rounded if value.number >= 0 else -rounded, exact=True)


def _cbrt(value: Value) -> Value:
    root = power(Value(abs(value.number), value.exact), Value(Fraction(1, 3)))
    return Value(root.number if value.number >= 0 else -root.number, root.exact)


def _log(value: Value, base: Value | None = None) -> Value:
    """To base 10 unless a base is given. Exact where the logarithm is a whole number."""
    base = base or Value(Fraction(10))
    if value.number <= 0 or base.number <= 0 or base.number == 1:
        raise ToolError("Logarithms need a positive number (and a positive base that is not 1).", "log(100) is 2.")
    quotient = _CONTEXT.divide(_CONTEXT.ln(to_decimal(value.number)), _CONTEXT.ln(to_decimal(base.number)))
    nearest = int(quotient.to_integral_value())
    if value.exact and base.exact and abs(nearest) <= MAX_BITS and abs(quotient - nearest) < Decimal("1e-30"):
        return Value(Fraction(nearest))
    return checked(Fraction(quotient), exact=False)


def _log2(value: Value) -> Value:
    return _log(value, Value(Fraction(2)))


def _ln(value: Value) -> Value:
    if value.number <= 0:
        raise ToolError("Logarithms need a positive number.", "ln(e) is 1.")
    if value.number == 1:
        return Value(Fraction(0), value.exact)
    return checked(Fraction(_CONTEXT.ln(to_decimal(value.number))), exact=False)


def _trigonometric(function: Callable[[float], float]) -> Callable[[Value], Value]:
    """To 15 decimals, so that sin(pi) is 0 and not 1.2e-16."""

    def apply(value: Value) -> Value:
        if abs(value.number) > _MAX_ANGLE:
            raise ToolError("The angle is too large.", "Angles are in radians; write sin(30 deg) for degrees.")
        try:
            result = function(float(value.number))
        except ValueError:
            raise ToolError("This angle function has no value there.", "asin and acos take -1 to 1.") from None
        if abs(result) > 1e15:
            raise ToolError("The tangent has no value there.", "Check the angle; it is in radians.")
        exact = value.exact and value.number == 0 and result in (0, 1)
        return checked(round(Fraction(result), 15), exact)

    return apply


def _on_number(function: Callable[[Fraction], Fraction | int]) -> Callable[[Value], Value]:
    return lambda value: checked(Fraction(function(value.number)), value.exact)


def _to_whole(function: Callable[[Fraction], int]) -> Callable[[Value], Value]:
    return lambda value: checked(Fraction(function(value.number)), exact=True)


def _over(function: Callable[[Sequence[Fraction]], Fraction]) -> Callable[..., Value]:
    return lambda *values: checked(function([v.number for v in values]), all(v.exact for v in values))


def _mean(numbers: Sequence[Fraction]) -> Fraction:
    return sum(numbers, Fraction(0)) / len(numbers)


def _median(numbers: Sequence[Fraction]) -> Fraction:
    ordered = sorted(numbers)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _comb(n: Value, k: Value) -> Value:
    return Value(Fraction(math.comb(whole(n, MAX_FACTORIAL, "comb"), whole(k, MAX_FACTORIAL, "comb"))))


@dataclass(frozen=True, slots=True)
class Function:
    apply: Callable[..., Value]
    least: int = 1
    most: int = 1


_MANY = 100
_MEAN = Function(_over(_mean), 1, _MANY)
FUNCTIONS: dict[str, Function] = {
    "sqrt": Function(_sqrt),
    "cbrt": Function(_cbrt),
    "abs": Function(_on_number(abs)),
    "floor": Function(_to_whole(math.floor)),
    "ceil": Function(_to_whole(math.ceil)),
    "trunc": Function(_to_whole(math.trunc)),
    "round": Function(_round, 1, 2),
    "min": Function(_over(min), 1, _MANY),
    "max": Function(_over(max), 1, _MANY),
    "sum": Function(_over(lambda numbers: sum(numbers, Fraction(0))), 1, _MANY),
    "mean": _MEAN,
    "avg": _MEAN,
    "average": _MEAN,
    "median": Function(_over(_median), 1, _MANY),
    "gcd": Function(lambda *v: Value(Fraction(math.gcd(*_integers(v)))), 1, _MANY),
    "lcm": Function(lambda *v: checked(Fraction(math.lcm(*_integers(v))), True), 1, _MANY),
    "comb": Function(_comb, 2, 2),
    "factorial": Function(factorial),
    "pow": Function(power, 2, 2),
    "mod": Function(modulo, 2, 2),
    "log": Function(_log, 1, 2),
    "log10": Function(_log),
    "log2": Function(_log2),
    "ln": Function(_ln),
    "exp": Function(_exponential),
    "sin": Function(_trigonometric(math.sin)),
    "cos": Function(_trigonometric(math.cos)),
    "tan": Function(_trigonometric(math.tan)),
    "asin": Function(_trigonometric(math.asin)),
    "acos": Function(_trigonometric(math.acos)),
    "atan": Function(_trigonometric(math.atan)),
}

_PI = Fraction("3.141592653589793238462643383279502884197")
CONSTANTS: dict[str, Value] = {
    "pi": Value(_PI, exact=False),
    "e": Value(Fraction("2.718281828459045235360287471352662497757"), exact=False),
    "deg": Value(_PI / 180, exact=False),
}
