"""Whether a statement takes from each row of a table only what stands there of what it speaks of."""

from __future__ import annotations

from dataclasses import dataclass

from cairn.rows import cells
from cairn.text import has_cjk
from chains.checking.roles import clauses, terms


@dataclass(frozen=True, slots=True)
class _Row:
    """`key`: the words of its first cell that no other row's first cell has; `called` is that cell."""

    called: str
    key: frozenset[str]
    terms: frozenset[str]


def elsewhere(statement: str, evidence: str) -> str | None:
    """What the row is about that something in the statement was taken from, where the statement is about another one.

    A part of the statement is borne out by one row, or by those whose first cells it names. A part that names none
    goes on with the row of the part before it.
    """
    rows = _rows(evidence)
    common = frozenset[str].intersection(*(row.terms for row in rows)) if len(rows) > 1 else frozenset[str]()
    anywhere = frozenset[str]().union(*(row.terms for row in rows)) - common
    before = frozenset[str]()
    for part in clauses(statement) if len(rows) > 1 else []:
        said = _telling(terms(part) & anywhere)
        named = [row for row in rows if row.key & said]
        before = said & frozenset[str]().union(*(row.key for row in named)) if named else before
        if all(term.startswith("#") for term in said) and not before:
            continue
        said |= before
        if any(said <= row.terms for row in rows):
            continue
        about = [row for row in rows if row.key & said]
        there = frozenset[str]().union(*(row.terms for row in about))
        if wrong := sorted(said - there, key=len) or (not about and sorted(said)):
            return next(row.called for row in rows if wrong[-1] in row.terms)
    return None


def without_rows(text: str) -> str:
    """Text whose order of words tells who does what; that of columns doesn't."""
    return "\n".join(line for line in text.splitlines() if not cells(line))


def _rows(evidence: str) -> list[_Row]:
    found = [(line, split[0]) for line in evidence.splitlines() if (split := cells(line))]
    keys = [_telling(terms(called)) for _, called in found]
    rows: list[_Row] = []
    for number, (line, called) in enumerate(found):
        others = frozenset[str]().union(*(key for other, key in enumerate(keys) if other != number))
        rows.append(_Row(called, keys[number] - others, terms(line)))
    return rows


def _telling(found: frozenset[str]) -> frozenset[str]:
    """Without single CJK characters, which most words share with some other word."""
    return frozenset(term for term in found if len(term) > 1 or not has_cjk(term))
