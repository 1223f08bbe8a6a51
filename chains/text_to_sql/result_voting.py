"""Voting by execution result: of several queries for one question, the one whose result most of them have.

Self-consistency (Wang et al., arXiv 2203.11171) over executed queries, as in DAIL-SQL (arXiv 2308.15363): failures are
dropped, equal results make a cluster, the largest cluster wins and its first query stands for it. Ties go to the
results that are not empty, then to the cluster that came first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cairn.databases.result_comparison import same

Table = Sequence[Sequence[Any]]


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
