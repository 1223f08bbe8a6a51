"""What the records of an evaluation amount to. Nothing that could not be judged is averaged away: it stands apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from cairn.evals.eval_records import FACETS, Record
from cairn.evals.judge_agreement import Corrected
from cairn.evals.metrics.answer_match import macro_f1
from cairn.evals.score_figures import Figure, brier, figure, percentile

LEVELS = ("easy", "medium", "hard", "extra")
RIGHT = "right"
"""Of a set with rows that are to be declined: the primary metric, and for those rows `refused`."""
_FIRST = (
    "execution", "tool_calls", "label", "fields", "contains", "regex", "number", "rubric", "f1", "recall", "refused",
    "answered",
)  # fmt: skip
"""Which metric a report is about, where none is named: the first of these that there is."""
_SPLIT = tuple(facet for facet in FACETS if facet != "refuse")


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found.

    >>> import cairn
    >>> report = cairn.evaluate("samples/shop_questions.csv", database="shop", limit=3)
    >>> report.primary, report.figure.cases
    ('execution', 3)

    `metrics`: a figure for each. `primary`: the one that it is split by, in `by`, facet and value. `kinds`: of each
    metric, how often which kind of score below 1 (or of `further columns`). `unjudged`: ids by metric, with why.
    `errors`: ids by the kind of error that ended the answer. `missing`: answers that were not asked for. `confusion`:
    (gold, given) labels and how often. A sum of tokens, cost or calls is None where one of the answers did not say.
    `judge_calls`, `judge_cost`: what the judge took, which is no part of the others.
    Seconds are those of answers none of which came from a recording. `corrected`: of metrics whose judge was
    held against people, what people would have found. `brier`: of the confidence of answers that were voted on, against
    the primary metric (or `right`); less is better.
    """

    primary: str
    metrics: dict[str, Figure]
    by: dict[str, dict[str, Figure]]
    kinds: dict[str, dict[str, int]]
    unjudged: dict[str, dict[str, str]]
    errors: dict[str, list[str]]
    cases: int
    answers: int
    missing: int
    macro_f1: float | None
    micro_f1: float | None
    confusion: dict[tuple[str, str], int]
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    calls: int | None
    median_seconds: float | None
    p95_seconds: float | None
    judge_calls: int = 0
    judge_cost: float | None = None
    corrected: dict[str, Corrected] = field(default_factory=dict[str, Corrected])
    brier: float | None = None

    @property
    def figure(self) -> Figure:
        """That of the primary metric."""
        return self.metrics.get(self.primary) or figure({})

    def as_dict(self) -> dict[str, Any]:
        data = asdict(self)
        data["confusion"] = [[gold, given, count] for (gold, given), count in self.confusion.items()]
        data["usage"] = {name: data.pop(name) for name in ("input_tokens", "output_tokens", "cost", "calls")}
        data["judge"] = {"calls": data.pop("judge_calls"), "cost": data.pop("judge_cost")}
        data["seconds"] = {"median": data.pop("median_seconds"), "p95": data.pop("p95_seconds")}
        return data


def summarise(records: Sequence[Record], asked_for: int | None = None, primary: str | None = None) -> Report:
    """`asked_for`: how many answers there are to be, when not all have a record yet."""
    names = list(dict.fromkeys(name for record in records for name in record.scores))
    scores = {name: case_scores(records, name) for name in names}
    primary = primary or next((name for name in _FIRST if name in scores), names[0] if names else "answered")
    if any(record.facets.get("refuse") for record in records) and primary != "refused" and primary in scores:
        scores[RIGHT] = {**scores[primary], **scores.get("refused", {})}
    groups = groups_of(records)
    answered = {case: value for case, value in scores.get("answered", {}).items() if value is not None}
    seconds = [s for r in records if not r.cached and (s := r.answer.get("seconds")) is not None]
    pairs = _label_pairs(records)
    judged = [record.judge_usage for record in records if record.judge_usage]
    return Report(
        primary=primary,
        metrics={name: figure(values, groups, answered) for name, values in scores.items()},
        by=_by_facet(records, scores.get(RIGHT, scores.get(primary, {})), groups, answered),
        kinds={name: kinds for name in names if (kinds := _kinds(records, name))},
        unjudged={name: told for name in names if (told := _unjudged(records, name))},
        errors=_errors(records),
        cases=len({record.id for record in records}),
        answers=len(records),
        missing=max(0, (len(records) if asked_for is None else asked_for) - len(records)),
        macro_f1=macro_f1(pairs),
        micro_f1=_micro_f1(records),
        confusion=dict(Counter(pairs).most_common()),
        input_tokens=_sum([record.usage.get("input_tokens") for record in records]),
        output_tokens=_sum([record.usage.get("output_tokens") for record in records]),
        cost=_sum([record.usage.get("cost") for record in records]),
        calls=_sum([record.usage.get("calls") for record in records]),
        median_seconds=percentile(seconds, 0.5),
        p95_seconds=percentile(seconds, 0.95),
        judge_calls=sum(one["calls"] for one in judged),
        judge_cost=_sum([one["cost"] for one in judged]),
        brier=brier(_confidences(records, (primary, "refused") if RIGHT in scores else (primary,))),
    )


def _confidences(records: Iterable[Record], metrics: Sequence[str]) -> Iterator[tuple[float, float]]:
    """Of each answer that was voted on and judged: its confidence, and its score by one of `metrics`."""
    for record in records:
        confidence = record.answer.get("confidence")
        told = [score.value for name in metrics if (score := record.scores.get(name)) and score.value is not None]
        if confidence is not None and told:
            yield confidence, told[0]


def case_scores(records: Iterable[Record], metric: str) -> dict[str, float | None]:
    """Each case's score by a metric, averaged over its repeats; None where no repeat could be judged."""
    found: dict[str, list[float]] = defaultdict(list)
    for record in records:
        if (score := record.scores.get(metric)) is not None:
            found[record.id] += [] if score.value is None else [score.value]
    return {case: sum(values) / len(values) if values else None for case, values in found.items()}


def groups_of(records: Iterable[Record]) -> dict[str, str]:
    """Each case's group, where it has one."""
    return {record.id: group for record in records if (group := record.facets.get("group"))}


def _by_facet(
    records: Sequence[Record],
    scores: Mapping[str, float | None],
    groups: Mapping[str, str],
    answered: Mapping[str, float],
) -> dict[str, dict[str, Figure]]:
    """Of each facet that has several values."""
    found: dict[str, dict[str, Figure]] = {}
    for facet in _SPLIT:
        cases: dict[str, dict[str, float | None]] = defaultdict(dict)
        for record in records:
            value = record.facets.get(facet)
            if facet == "group" and value == record.facets.get("database"):
                continue
            for name in value if isinstance(value, list) else [value] if value else []:
                if record.id in scores:
                    cases[str(name)][record.id] = scores[record.id]
        if len(cases) > 1 or (facet == "tags" and cases):
            order = sorted(cases, key=lambda name: (LEVELS.index(name) if name in LEVELS else len(LEVELS), name))
            found[facet] = {name: figure(cases[name], groups, answered) for name in order}
    return found


def _kinds(records: Iterable[Record], metric: str) -> dict[str, int]:
    kinds = [s.kind for r in records if (s := r.scores.get(metric)) and s.value is not None and s.kind]
    return {} if metric == "label" else dict(Counter(kinds).most_common())


def _unjudged(records: Iterable[Record], metric: str) -> dict[str, str]:
    return {r.id: s.reason.split("\n", 1)[0] for r in records if (s := r.scores.get(metric)) and s.value is None}


def _errors(records: Iterable[Record]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for record in records:
        if record.error:
            found[record.error].append(record.id)
    return dict(found)


def _label_pairs(records: Iterable[Record]) -> list[tuple[str, str]]:
    return [
        (record.facets["label"], score.kind)
        for record in records
        if (score := record.scores.get("label")) and score.value is not None and score.kind
    ]


def _micro_f1(records: Iterable[Record]) -> float | None:
    counts = [record.field_counts for record in records if record.field_counts and not record.away]
    right, given, wanted = (sum(count[n] for count in counts) for n in range(3))
    return 2 * right / (given + wanted) if given + wanted else None


def _sum(values: Sequence[Any]) -> Any:
    return None if not values or None in values else sum(values)
