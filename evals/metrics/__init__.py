"""Metrics: what each answer is held against, one module each, and how the one that is asked for is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cairn.core.errors import UsageError
from cairn.core.registry import find
from cairn.databases.database_registry import Opened
from cairn.evals.metrics.execution_accuracy import Judgement


class Metric(Protocol):
    """Judges one answer; used from several threads.

    >>> from cairn import Judgement
    >>> class AnyQuery:
    ...     def judge(self, database, gold, predicted):
    ...         return Judgement("right" if predicted else "unanswered")
    >>> AnyQuery().judge("shop", "SELECT 1", None).verdict
    'unanswered'
    """

    def judge(self, database: str, gold: str, predicted: str | None) -> Judgement:
        """How good `predicted` is where `gold` is right; never raises for what a query does."""
        ...


def make_metric(name: str, opened: Callable[[str], Opened], strict: bool = False) -> Metric:
    """The metric registered as `name`.

    Args:
        name: As `cairn plugins` lists it.
        opened: Opens a database by its name.
        strict: What `--strict` says.

    Returns:
        The metric.

    Raises:
        UsageError: There is none of that name, or it can't be imported or made.
    """
    factory = find("metric", name).load()
    try:
        return factory(opened, strict)
    except TypeError as error:
        raise UsageError(
            f"The metric {name} can't be made: {error}.", "Its factory is called with (open, strict): take both."
        ) from error
