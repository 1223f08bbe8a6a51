"""Checkers that come with Cairn: what of an answer can be told without a model, from 0 for wrong to 1 for right."""

from __future__ import annotations

from cairn.core.answer import Answer


def has_result(question: str, answer: Answer) -> float:
    """1 for an answer that rests on rows of a query."""
    return float(any(table.rows and not table.lookup for table in answer.tables))


def quoted_share(question: str, answer: Answer) -> float:
    """The share of its statements whose words stand in the passage they cite; 0 where there are none."""
    statements = answer.statements or []
    quoted = sum(statement["state"] in ("quoted", "supported") for statement in statements)
    return quoted / len(statements) if statements else 0.0
