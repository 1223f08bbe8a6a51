"""Tries at one question, of which those with equal outcomes vote as one; the outcome that most of them have stands.

Self-consistency (Wang et al., arXiv 2203.11171) over answers, or over executed queries as in DAIL-SQL (arXiv
2308.15363): failures are dropped, equal outcomes make a cluster, the largest cluster wins and its first try stands for
it. Ties go to what says something, then to the cluster that came first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cairn.databases.result_comparison import same

Table = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Tries, by their numbers from 0, with equal outcomes; `outcome` is the first one's: rows, or an answer's key."""

    members: tuple[int, ...]
    outcome: Any

    @property
    def first(self) -> int:
        return self.members[0]


Score = Callable[[Cluster], Any]
Same = Callable[[Any, Any], bool]


def same_rows(one: Table, other: Table) -> bool:
    """The order of rows and columns counts nothing."""
    return same(one, other, ordered=False)


def vote(
    outcomes: Sequence[Any], score: Score | None = None, same: Same = same_rows
) -> tuple[int | None, list[Cluster]]:
    """The winner's number and all clusters, the best first. `outcomes`: each try's, None for a failure.

    `score` orders clusters, the greatest first and of equals the earliest; by default `(votes, something in it)`. The
    winner is None when all failed.
    """
    ranked = rank(clusters(outcomes, same), score)
    return (ranked[0].first if ranked else None), ranked


def rank(found: Sequence[Cluster], score: Score | None = None) -> list[Cluster]:
    return sorted(found, key=score or plurality, reverse=True)  # stable: ties to the earliest


def clusters(outcomes: Sequence[Any], same: Same = same_rows) -> list[Cluster]:
    """Equal outcomes together, in the order of their first tries."""
    found: list[tuple[list[int], Any]] = []
    for number, outcome in enumerate(outcomes):
        if outcome is None:
            continue
        for members, other in found:
            if same(other, outcome):
                members.append(number)
                break
        else:
            found.append(([number], outcome))
    return [Cluster(tuple(members), outcome) for members, outcome in found]


def plurality(cluster: Cluster) -> tuple[int, bool]:
    return len(cluster.members), has_values(cluster.outcome)


def has_values(outcome: Table) -> bool:
    """Whether an outcome says anything: a text, or rows of which one is not all NULL."""
    return bool(outcome) if isinstance(outcome, str) else any(value is not None for row in outcome for value in row)


def weighted(weights: Sequence[float]) -> Score:
    """Clusters by the sum of their tries' weights, such as how reliable the systems were that wrote them."""
    return lambda cluster: sum(weights[member] for member in cluster.members)


def next_wave(found: Sequence[Cluster], left: int) -> int:
    """How many of the `left` tries to make at once: 0 when no outcome of theirs could turn the vote, else the fewest
    after which that may be so. The winner is the one that all of them would have had."""
    votes = sorted((len(cluster.members) for cluster in found), reverse=True)
    lead = votes[0] - (votes[1] if len(votes) > 1 else 0) if votes else 0
    return 0 if lead > left else (left - lead) // 2 + 1
