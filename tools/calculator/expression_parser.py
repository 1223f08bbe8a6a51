"""The grammar, loosest first, evaluated while it is read (recursive descent):

sum      = product (("+" | "-") product)*
product  = signed (("*" | "/" | "//" | "%" | "mod" | "of" | "off" | nothing) signed)*
signed   = ("+" | "-")* power
power    = postfix ("^" signed)?                 right-associative: 2^3^2 = 2^9, -2^2 = -4
postfix  = primary ("!" | "%")*
primary  = number | constant | function "(" sum ("," sum)* ")" | "sqrt" primary | "(" sum ")"
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

from cairn.core.errors import ToolError
from cairn.core.name_matching import did_you_mean
from cairn.tools.calculator.exact_functions import (
    CONSTANTS,
    FUNCTIONS,
    Value,
    checked,
    divide,
    factorial,
    modulo,
    power,
)
from cairn.tools.calculator.expression_tokens import Token

MAX_NODES = 200
MAX_DEPTH = 40


class Parser:
    """Reads one expression's tokens, once."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._nodes = 0
        self._depth = 0

    def all(self) -> Value:
        """The value of the whole expression. Raises ToolError."""
        value = self._sum()
        if self._peek.kind != "end":
            raise self._unexpected()
        return value

    @property
    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self, *signs: str) -> str | None:
        """The next sign, if it is one of these."""
        if self._peek.kind != "sign" or self._peek.text not in signs:
            return None
        self._count()
        self._next += 1
        return self._tokens[self._next - 1].text

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise ToolError("The expression has too many parts.", "Calculate it in parts.")

    def _unexpected(self) -> ToolError:
        token = self._peek
        if token.text == ",":
            return ToolError("A comma stands where it can't be read.", "Write 3.5 for decimals, 1,000 for thousands.")
        if token.kind == "number" and self._next and self._tokens[self._next - 1].kind == "number":
            return ToolError(f"An operator is missing before {token.text}.", "Write + - * or / between numbers.")
        if token.kind == "end":
            return ToolError("The expression is not complete.", "A number or a closing bracket is missing at its end.")
        return ToolError(f"{token.text!r} stands where it can't be read.", "Write it like (2 + 3) * 4.")

    def _sum(self) -> Value:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ToolError("The brackets are nested too deeply.", "Calculate it in parts.")
        left = self._product()
        while sign := self._take("+", "-"):
            left = _add(left, self._product(), 1 if sign == "+" else -1)
        self._depth -= 1
        return left

    def _product(self) -> Value:
        left = self._signed()
        while True:
            sign = self._take("*", "/", "//", "%", "mod", "of", "off")
            if sign is None and not self._starts_factor():
                return left
            left = _multiply(sign or "*", left, self._signed())

    def _starts_factor(self) -> bool:
        """Multiplication without a sign: `2(3 + 4)`, `3 pi`; two numbers side by side are a mistake."""
        bracket = self._peek.kind == "sign" and self._peek.text == "("
        number = self._peek.kind == "number" and self._tokens[self._next - 1].text == ")"
        return self._peek.kind == "name" or bracket or number

    def _signed(self) -> Value:
        negative = False
        while sign := self._take("+", "-"):
            negative ^= sign == "-"
        value = self._power()
        return Value(-value.number, value.exact, value.percent) if negative else value

    def _power(self) -> Value:
        base = self._postfix()
        if not self._take("^"):
            return base
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ToolError("The powers are nested too deeply.", "Calculate it in parts.")
        exponent = self._signed()
        self._depth -= 1
        return power(base, exponent)

    def _postfix(self) -> Value:
        value = self._primary()
        while True:
            if self._percent_follows():
                self._take("%")
                value = checked(value.number / 100, value.exact, percent=True)
            elif self._take("!"):
                if self._peek.text == "!":
                    raise ToolError("`!!` can be read in two ways.", "Write (3!)! for the factorial of a factorial.")
                value = factorial(value)
            else:
                return value

    def _percent_follows(self) -> bool:
        """`%` before an operand is the remainder, everywhere else it is per cent."""
        if self._peek.kind != "sign" or self._peek.text != "%":
            return False
        after = self._tokens[self._next + 1]
        return not (after.kind in ("number", "name") or after.text == "(")

    def _primary(self) -> Value:
        self._count()
        token = self._peek
        if token.kind == "number":
            self._next += 1
            return checked(token.value, exact=True)
        if token.kind == "name":
            return self._named(token.text)
        if self._take("("):
            value = self._sum()
            self._close()
            return Value(value.number, value.exact)
        raise self._unexpected()

    def _close(self) -> None:
        if not self._take(")"):
            if self._peek.kind == "end":
                raise ToolError("A closing bracket is missing.", "Close every bracket.")
            raise self._unexpected()

    def _named(self, name: str) -> Value:
        if name in CONSTANTS:
            self._next += 1
            return CONSTANTS[name]
        if name not in FUNCTIONS:
            hint = did_you_mean(name, [*FUNCTIONS, *CONSTANTS]) or "Write numbers and signs only."
            raise ToolError(f"The calculator does not know {name!r}.", hint)
        self._next += 1
        function = FUNCTIONS[name]
        if name in ("sqrt", "cbrt") and self._peek.text != "(":
            return function.apply(self._deeper_primary())
        arguments = self._arguments(name)
        if not function.least <= len(arguments) <= function.most:
            wanted = str(function.least) if function.least == function.most else f"{function.least} to {function.most}"
            raise ToolError(f"{name}() takes {wanted} arguments, not {len(arguments)}.", "Separate them by commas.")
        return function.apply(*arguments)

    def _deeper_primary(self) -> Value:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ToolError("The roots are nested too deeply.", "Calculate it in parts.")
        value = self._primary()
        self._depth -= 1
        return value

    def _arguments(self, name: str) -> list[Value]:
        if not self._take("("):
            raise ToolError(f"{name} needs its argument in brackets.", f"Write {name}(2).")
        values = [self._sum()]
        while self._take(","):
            values.append(self._sum())
        self._close()
        return values


def _add(left: Value, right: Value, sign: int) -> Value:
    exact = left.exact and right.exact
    if right.percent and not left.percent:
        return checked(left.number * (1 + sign * right.number), exact)
    return checked(left.number + sign * right.number, exact, left.percent and right.percent)


def _multiply(sign: str, left: Value, right: Value) -> Value:
    exact = left.exact and right.exact
    match sign:
        case "/":
            return divide(left, right)
        case "//":
            return checked(Fraction(floor(divide(left, right).number)), exact=True)
        case "%" | "mod":
            return modulo(left, right)
        case "off":
            return checked((1 - left.number) * right.number, exact)
        case _:
            return checked(left.number * right.number, exact)
