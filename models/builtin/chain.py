"""Figures and signs in a row, in any language: from left to right, as long as that is the only way to read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

SIGNS = {"plus": "+", "minus": "-", "times": "*", "over": "/"}
FORMS = {"ratio": " / ", "difference": " - ", "sum": " + ", "product": " * ", "average": " + "}


class UnclearError(Exception):
    """Nobody can tell what is to be done first, or with which figures."""


@dataclass(frozen=True)
class Link:
    """One piece of a chain with the sign before it; `closed`: a comma or `then` ends what stands before the sign."""

    sign: str
    closed: bool
    text: str


@dataclass(frozen=True)
class Term:
    """`form` has a `{}` for each operand; `kind` is that of a list (`sum`), empty for one figure."""

    operands: tuple[str, ...]
    form: str = "{}"
    kind: str = ""


def links(pattern: re.Pattern[str], text: str) -> list[Link]:
    """`pattern` has a group for each of `SIGNS`, and one that is `closed`."""
    found: list[Link] = []
    start, sign, closed = 0, "", False
    for match in pattern.finditer(text):
        found.append(Link(sign, closed, text[start : match.start()].strip(" ，,")))
        sign = next(sign for name, sign in SIGNS.items() if match[name])
        start, closed = match.end(), bool((match["closed"] or "").strip())
    return [*found, Link(sign, closed, text[start:].strip(" ，,"))]


def listed(kind: str, operands: Sequence[str]) -> Term:
    """The sum, the average … of several figures."""
    if kind in ("ratio", "difference") and len(operands) > 2:
        raise UnclearError
    form = FORMS[kind].join("{}" for _ in operands)
    return Term(tuple(operands), f"({form}) / {len(operands)}" if kind == "average" else form, kind)


def chained(row: Sequence[tuple[Link, Term]]) -> Term:
    """Signs of one rank go from left to right; another rank needs a comma before it."""
    if len(row) == 1:
        return row[0][1]
    form, ranks, loose = "", set[bool](), False
    for link, term in row:
        own = f"({term.form})" if len(term.operands) > 1 else term.form
        if not form:
            form = own
            continue
        high = link.sign in "*/"
        ranks = {high} if link.closed else ranks | {high}
        if len(ranks) > 1:
            raise UnclearError
        form = f"({form})" if high and loose else form
        loose = not high
        form = f"{form} {link.sign} {own}"
    return Term(tuple(one for _, term in row for one in term.operands), form)
