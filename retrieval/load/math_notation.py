"""Raised and lowered letters, fractions and roots as plain text: 10^6, H_2O, (a + b)/2, √(x)."""

from __future__ import annotations

import re

_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|re|e|ère|ème|o|a|os|as|º|ª)\.?", re.IGNORECASE)
_MARK = re.compile(r"\[.*\]|[*†‡§¶®©™]+|TM|SM", re.DOTALL)
_ONE = re.compile(r"[-+−]?[\w.,′″'∞]+[-+−]?|[^\w\s]")


def superscript(text: str, before: str = "") -> str:
    """What is raised, after the text before it: 10 and 6 are 10^6, 1 and st stay 1st, a note's mark stays as it is."""
    words = " ".join(text.split())
    if not words or _MARK.fullmatch(words) or (before[-1:].isdigit() and _ORDINAL.fullmatch(words)):
        return words
    return "^" + _grouped(words)


def subscript(text: str) -> str:
    """What is lowered: H_2O, x_(i+1)."""
    words = " ".join(text.split())
    return "_" + _grouped(words) if words else ""


def fraction(above: str, below: str) -> str:
    return f"{_grouped(above.strip())}/{_grouped(below.strip())}"


def root(text: str, degree: str = "") -> str:
    """√(x), with a degree 3√(x)."""
    return f"{degree.strip()}√({text.strip()})"


def _grouped(text: str) -> str:
    return text if _ONE.fullmatch(text) or (text[:1] == "(" and text[-1:] == ")") else f"({text})"
