"""Several queries for one question, asked for and run at once; the one whose result most of them have stands.

Self-consistency (Wang et al., arXiv 2203.11171) over executed queries, as in DAIL-SQL (arXiv 2308.15363): failures are
dropped, equal results make a cluster, the largest cluster wins and its first query stands for it. Ties go to the
results that are not empty, then to the cluster that came first.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage

from cairn.chains.bounded_calls import Budget, LimitReached
from cairn.chains.text_to_sql.query_execution import Attempt, attempt, buffered_events, tell_stage
from cairn.core.errors import CairnError, DatabaseError, ModelRefused
from cairn.core.events import EventType, emit
from cairn.databases.result_comparison import same
from cairn.tools.sql_tools import SqlTools

TEMPERATURE = 0.7
"""Where the task and the settings name none: without variety there is nothing to vote on."""
Table = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An attempt, and the events of its run, which nobody was told yet."""

    attempt: Attempt
    events: Sequence[tuple[EventType, Any]]


async def vote_among(
    sql: SqlTools, budget: Budget, messages: Sequence[BaseMessage], count: int, repair_names: bool
) -> tuple[Attempt, str | None]:
    """The attempt that a vote over `count` of them chose, the first where all failed; and the limit that was reached.

    One that no answer came for is left out. Raises LimitReached, ModelError where none came, DatabaseError.
    """
    began = time.perf_counter()
    asked = max(1, min(count, budget.calls_left))
    work = [_candidate(sql, budget, messages, repair_names) for _ in range(asked)]
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not _is_drop(outcome):
            raise outcome
    candidates = [outcome for outcome in outcomes if isinstance(outcome, _Candidate)]
    if not candidates:
        raise next(outcome for outcome in outcomes if isinstance(outcome, BaseException))
    results = [each.attempt.result.rows.rows if each.attempt.result else None for each in candidates]
    winner, clusters = vote(results)
    tell_stage("vote", _told(count, len(candidates), clusters), began)
    chosen = candidates[_first(candidates) if winner is None else winner]
    for type, data in chosen.events:
        emit(type, data)
    limits = [outcome.reason for outcome in outcomes if isinstance(outcome, LimitReached)]
    return chosen.attempt, next(iter(limits), "model_calls" if asked < count else None)


async def _candidate(sql: SqlTools, budget: Budget, messages: Sequence[BaseMessage], repair_names: bool) -> _Candidate:
    text = await _ask(budget, messages)
    with buffered_events() as events:
        return _Candidate(await attempt(sql, text, repair_names), events)


async def _ask(budget: Budget, messages: Sequence[BaseMessage]) -> str:
    if budget.temperature is not None:
        return await budget.ask(messages)
    try:
        return await budget.ask(messages, temperature=TEMPERATURE)
    except ModelRefused:  # some models take no temperature
        return await budget.ask(messages)


def _is_drop(outcome: BaseException) -> bool:
    """What costs a candidate only; a database that is away, or a mistake of ours, costs the answer."""
    return isinstance(outcome, LimitReached | CairnError) and not isinstance(outcome, DatabaseError)


def _first(candidates: Sequence[_Candidate]) -> int:
    """The first that wrote a query, else the first."""
    return next((number for number, each in enumerate(candidates) if each.attempt.query), 0)


def _told(count: int, came: int, clusters: Sequence[Cluster]) -> str:
    votes = [len(cluster.members) for cluster in clusters]
    failed = f", {came - sum(votes)} without a result" if came > sum(votes) else ""
    missing = f", {count - came} never came" if count > came else ""
    said = f"{votes[0]} of {came} queries agree, {len(votes)} results" if votes else f"none of {came} queries ran"
    return f"{said}{failed if votes else ''}{missing}"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Candidates, by their numbers from 0, whose results are equal; `rows` is the result."""

    members: tuple[int, ...]
    rows: Table

    @property
    def first(self) -> int:
        return self.members[0]


Score = Callable[[Cluster], Any]


def vote(results: Sequence[Table | None], score: Score | None = None) -> tuple[int | None, list[Cluster]]:
    """The winner's number and all clusters, the best first. `results`: each candidate's rows, None for a failure.

    `score` orders clusters, the greatest first and of equals the earliest; by default `(votes, something in it)`. The
    winner is None when all failed.
    """
    ranked = rank(clusters(results), score)
    return (ranked[0].first if ranked else None), ranked


def rank(found: Sequence[Cluster], score: Score | None = None) -> list[Cluster]:
    return sorted(found, key=score or plurality, reverse=True)  # stable: ties to the earliest


def clusters(results: Sequence[Table | None]) -> list[Cluster]:
    """Equal results together, in the order of their first candidates; the order of rows and columns counts nothing."""
    found: list[tuple[list[int], Table]] = []
    for number, rows in enumerate(results):
        if rows is None:
            continue
        for members, other in found:
            if same(other, rows, ordered=False):
                members.append(number)
                break
        else:
            found.append(([number], rows))
    return [Cluster(tuple(members), rows) for members, rows in found]


def plurality(cluster: Cluster) -> tuple[int, bool]:
    return len(cluster.members), has_values(cluster.rows)


def has_values(rows: Table) -> bool:
    """Whether a result says anything: it has a row that is not all NULL."""
    return any(value is not None for row in rows for value in row)


def weighted(weights: Sequence[float]) -> Score:
    """Clusters by the sum of their candidates' weights, such as how reliable the systems were that wrote them."""
    return lambda cluster: sum(weights[member] for member in cluster.members)
