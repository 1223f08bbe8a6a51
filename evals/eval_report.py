"""What the records of an evaluation amount to. Nothing that could not be judged is averaged away: it stands apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from cairn.evals.eval_records import Record
from cairn.evals.metrics.execution_accuracy import APART, JUDGED

NO_QUERY = "no query"
LEVELS = ("easy", "medium", "hard", "extra")


@dataclass(frozen=True, slots=True)
class Share:
    """So many right of so many judged; `interval` is Wilson's, 95 %."""

    right: int
    of: int

    @property
    def accuracy(self) -> float | None:
        return self.right / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.right, self.of)

    def as_dict(self) -> dict[str, Any]:
        return {"right": self.right, "of": self.of, "accuracy": self.accuracy, "interval": list(self.interval)}


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found.

    >>> import cairn
    >>> report = cairn.evaluate("samples/shop_questions.csv", database="shop", limit=3)
    >>> report.total.right <= report.total.of == 3
    True

    `missing`: questions that were not asked. `apart`: ids by why they were not judged; they are in no share.
    `reasons`: of these ids, the first line of the error.

    `failures`: of what is not right, how often which `verdict`, and of each which kind. A sum of tokens or cost is
    None where one of the answers did not say.
    """

    total: Share
    by_difficulty: dict[str, Share]
    by_database: dict[str, Share]
    failures: dict[str, dict[str, int]]
    apart: dict[str, list[str]]
    reasons: dict[str, str]
    missing: int
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    median_seconds: float | None
    p95_seconds: float | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "total": self.total.as_dict(),
            "by_difficulty": {name: share.as_dict() for name, share in self.by_difficulty.items()},
            "by_database": {name: share.as_dict() for name, share in self.by_database.items()},
            "failures": self.failures,
            "apart": self.apart,
            "reasons": self.reasons,
            "missing": self.missing,
            "usage": {"input_tokens": self.input_tokens, "output_tokens": self.output_tokens, "cost": self.cost},
            "seconds": {"median": self.median_seconds, "p95": self.p95_seconds},
        }


def summarise(records: Sequence[Record], asked_for: int | None = None) -> Report:
    """`asked_for`: how many questions there are, when not all have a record yet."""
    judged = [record for record in records if record.verdict in JUDGED]
    seconds = [record.seconds for record in records if record.seconds is not None]
    difficulties = _shares(judged, lambda record: record.difficulty)
    levels = sorted(difficulties, key=lambda name: (LEVELS.index(name) if name in LEVELS else len(LEVELS), name))
    return Report(
        total=_share(judged),
        by_difficulty={name: difficulties[name] for name in levels},
        by_database=_shares(judged, lambda record: record.database),
        failures=_failures(judged),
        apart=_apart(records),
        reasons={r.id: r.error.strip().split("\n", 1)[0] for r in records if r.verdict in APART and r.error},
        missing=max(0, (len(records) if asked_for is None else asked_for) - len(records)),
        input_tokens=_sum([record.input_tokens for record in records]),
        output_tokens=_sum([record.output_tokens for record in records]),
        cost=_sum([record.cost for record in records]),
        median_seconds=percentile(seconds, 0.5),
        p95_seconds=percentile(seconds, 0.95),
    )


def _share(records: Iterable[Record]) -> Share:
    verdicts = [record.verdict == "right" for record in records]
    return Share(sum(verdicts), len(verdicts))


def _shares(records: Sequence[Record], by: Callable[[Record], str]) -> dict[str, Share]:
    names = sorted({by(record) for record in records})
    return {name: _share(record for record in records if by(record) == name) for name in names}


def _failures(records: Sequence[Record]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for verdict in JUDGED[1:]:
        kinds = Counter(record.kind or NO_QUERY for record in records if record.verdict == verdict)
        if kinds:
            found[verdict] = dict(kinds.most_common())
    return found


def _apart(records: Sequence[Record]) -> dict[str, list[str]]:
    found = {verdict: [record.id for record in records if record.verdict == verdict] for verdict in APART}
    return {verdict: ids for verdict, ids in found.items() if ids}


def _sum(values: Sequence[Any]) -> Any:
    return None if not values or None in values else sum(values)


def wilson(right: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson 1927), 95 % with this `z`; (0, 1) where there is nothing to count."""
    if of == 0:
        return 0.0, 1.0
    share = right / of
    middle = share + z * z / (2 * of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def percentile(values: list[float], share: float) -> float | None:
    """The nearest-rank percentile; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
