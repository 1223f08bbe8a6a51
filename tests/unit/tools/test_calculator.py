from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.core.errors import ToolError
from cairn.tools.calculator import calculator, evaluate


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("2480 * 17.5%", "434"),
        ("17.5 % of 2,480 plus 3^4", "515"),
        ("200 + 10%", "220"),
        ("200 - 10%", "180"),
        ("200 + (10%)", "200.1"),
        ("5% + 5%", "0.1"),
        ("10% off 80", "72"),
        ("10% * 80", "8"),
        ("17 % 5", "2"),
        ("-7 mod 3", "2"),
        ("max(1,200)", "200"),
        ("sqrt(1,600)", "40"),
        ("1 000 + 1'000 + 1_000", "3000"),
        ("1,234,567.89 + 1", "1234568.89"),
        ("0.1 + 0.2", "0.3"),
        ("-2^2", "-4"),
        ("2^3^2", "512"),
        ("2**-1", "0.5"),
        ("0^0", "1"),
        ("8^(1/3)", "2"),
        ("cbrt(-27)", "-3"),
        ("log(1000)", "3"),
        ("log(8, 2)", "3"),
        ("exp(0)", "1"),
        ("5!", "120"),
        ("round(2.5) + round(-2.5)", "0"),
        ("round(2.345, 2)", "2.35"),
        ("mean(1, 2, 3, 4)", "2.5"),
        ("median(5, 1, 3)", "3"),
        ("gcd(12, 18) + lcm(4, 6)", "18"),
        ("floor(-1.5) + ceil(1.2)", "0"),
        ("7 // 2", "3"),
        ("3 x 4x5", "60"),
        ("2(3 + 4)", "14"),
        ("$12 * 50", "600"),
        ("[1 + {2 * 3}]", "7"),
        ("3 + 4 = ?", "7"),
        ("3² + √16 + ½ + 3½", "17"),
        ("３×４÷２−１", "5"),
        ("２，４８０ × １７．５％", "434"),
        ("2480的17.5%", "434"),
        ("百分之17.5 乘以 2480", "434"),
        ("(1+2)加3等于多少?", "6"),
    ],
)
def test_exact_results(expression: str, result: str) -> None:
    calculation = evaluate(expression)
    assert calculation.exact
    assert calculation.value == Fraction(result)
    assert calculation.text.endswith(f" = {result}")


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1/3", "0.333333333333333"),
        ("2^0.5", "1.4142135623731"),
        ("sin(pi)", "0"),
        ("sin(30 deg)", "0.5"),
        ("ln(10)", "2.30258509299405"),
        ("2^-40", "9.09494701772928e-13"),
        ("sqrt(2) * sqrt(2)", "2"),
    ],
)
def test_what_is_not_exact_is_marked(expression: str, result: str) -> None:
    calculation = evaluate(expression)
    assert not calculation.exact
    assert calculation.text == f"{expression} ≈ {result}"


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("", "nothing to calculate"),
        ("1 / (1 - 1)", "Division by zero"),
        ("0^-1", "division by zero"),
        ("2 3", "operator is missing"),
        ("3,5", "comma"),
        ("(1 + 2", "closing bracket"),
        ("1 +", "not complete"),
        ("squrt(2)", "sqrt"),
        ("__import__('os')", "can't read"),
        ("().__class__", "can't read"),
        ("9**9**9", "exponent"),
        ("2^10000", "too large"),
        ("501!", "500"),
        ("5!!", "two ways"),
        ("(-8)^(1/3)", "cbrt"),
        ("sqrt(-1)", "root"),
        ("log(0)", "positive"),
        ("tan(pi / 2)", "no value"),
        ("max()", "can't be read"),
        ("sqrt(1, 2)", "arguments"),
        ("1" * 501, "500 characters"),
        ("(" * 60 + "1" + ")" * 60, "nested"),
        ("√" * 100 + "2", "nested"),
        ("1+" * 240 + "1", "parts"),
        ("十", "sign"),
        ("five apples", "does not know"),
        ("1e2000", "too large"),
    ],
)
def test_what_is_refused_says_why(expression: str, hint: str) -> None:
    with pytest.raises(ToolError, match=hint):
        evaluate(expression)


ALPHABET = "0123456789" + "+-*/^%!().,=? x" + "²³½¾√∛π°％，（）＋×÷−‰" + "$€e的加" + "٣𝟛①"
PIECES = st.sampled_from([*ALPHABET, "sqrt", "max(", "log(", "exp(", "!", "round(", "of ", "pi", "lcm(", "1e300", "**"])


@given(st.one_of(st.text(max_size=500), st.lists(PIECES, max_size=200).map("".join)))
@settings(max_examples=300, deadline=None)
def test_any_text_is_answered_or_refused(text: str) -> None:
    try:
        calculation = evaluate(text)
    except ToolError as error:
        assert error.hint
    else:
        assert calculation.text
        assert calculation.value.numerator.bit_length() <= 4096


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_arithmetic_agrees_with_fractions(a: int, b: int, c: int) -> None:
    assert evaluate(f"({a}) * ({b}) / {c} - ({b})").value == Fraction(a * b, c) - b


@given(st.integers(0, 10**15))
def test_thousands_separators_change_nothing(number: int) -> None:
    assert evaluate(f"{number:,}").value == number


def test_the_tool_gives_one_line_with_the_result() -> None:
    assert calculator.invoke({"expression": "2480 * 17.5%"}) == "2480 * 17.5% = 434"


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("0x10", "0x10 may be a number of another base"),
        ("3 + 0X1f", "0X1f may be"),
        ("0b101", "0b101 may be"),
        ("0o17", "0o17 may be"),
        ("0xg", "0xg may be"),
        ("1e", "1e is a number without its exponent"),
        ("2.5E * 3", "2.5E is a number without"),
        ("1e+", "1e is a number without"),
        ("1e3e", "1e3e is a number without"),
    ],
)
def test_what_may_be_read_in_two_ways_is_refused(expression: str, says: str) -> None:
    with pytest.raises(ToolError, match=says.replace("+", r"\+")):
        evaluate(expression)


@pytest.mark.parametrize(
    ("expression", "result"), [("0 x 10", "0"), ("10x3", "30"), ("1e3", "1000"), ("2exp(0)", "2"), ("2E-1", "0.2")]
)
def test_what_looks_like_it_is_calculated(expression: str, result: str) -> None:
    assert evaluate(expression).text.endswith(f"= {result}")
