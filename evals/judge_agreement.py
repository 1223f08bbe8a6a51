"""How far a judge agrees with people, and what its figures would be without its errors.

The share of answers that a judge calls good is not the share that people would: it misses some and lets some pass. From
how often it did so where people have labelled, the share that people would have found follows (Rogan and Gladen 1978,
Am. J. Epidemiol. 107:71), with the interval of Lang and Reiczigel (2014, Prev. Vet. Med. 113:13), which also holds what
is not known of the judge.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cairn.core.errors import StorageError
from cairn.core.whole_files import write_whole
from cairn.evals.eval_records import Record
from cairn.evals.score_figures import wilson

_Z = 1.959964
_FILE = "judges.json"
_RULES = "rules"


@dataclass(frozen=True, slots=True)
class Share:
    """With its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often people said yes or no, and the judge with them; from `threshold` on its score is a yes."""

    both_yes: int
    only_people: int
    only_judge: int
    both_no: int
    threshold: float

    @property
    def labels(self) -> int:
        return self.both_yes + self.only_people + self.only_judge + self.both_no

    @property
    def sensitivity(self) -> Share | None:
        """Of the answers that people call good, how many the judge does; None where they call none so."""
        return _share(self.both_yes, self.both_yes + self.only_people)

    @property
    def specificity(self) -> Share | None:
        """Of the answers that people call bad, how many the judge does."""
        return _share(self.both_no, self.both_no + self.only_judge)

    @property
    def kappa(self) -> Share | None:
        """Cohen's, with the interval of Fleiss, Cohen and Everitt (1969); None where one of both never differs."""
        n = self.labels
        if not n:
            return None
        cells = [[self.both_yes / n, self.only_people / n], [self.only_judge / n, self.both_no / n]]
        people = [sum(row) for row in cells]
        judge = [sum(column) for column in zip(*cells, strict=True)]
        by_chance = sum(one * other for one, other in zip(people, judge, strict=True))
        if by_chance >= 1:
            return None
        kappa = (cells[0][0] + cells[1][1] - by_chance) / (1 - by_chance)
        agreeing = sum(cells[i][i] * (1 - (people[i] + judge[i]) * (1 - kappa)) ** 2 for i in range(2))
        differing = sum(cells[i][1 - i] * (judge[i] + people[1 - i]) ** 2 for i in range(2)) * (1 - kappa) ** 2
        spread = agreeing + differing - (kappa - by_chance * (1 - kappa)) ** 2
        half = _Z * math.sqrt(max(0.0, spread) / n) / (1 - by_chance)
        return Share(kappa, max(-1.0, kappa - half), min(1.0, kappa + half))


def _share(count: int, of: int) -> Share | None:
    return Share(count / of, *wilson(count, of)) if of else None


def agreement(labels: Mapping[str, bool], records: Sequence[Record], metric: str, threshold: float) -> Agreement:
    """Of the first answers that have both a label and a score."""
    pairs = [
        (labels[record.id], value >= threshold)
        for record in records
        if record.sample == 0 and record.id in labels and (value := record.value(metric)) is not None
    ]
    return Agreement(
        both_yes=pairs.count((True, True)),
        only_people=pairs.count((True, False)),
        only_judge=pairs.count((False, True)),
        both_no=pairs.count((False, False)),
        threshold=threshold,
    )


@dataclass(frozen=True, slots=True)
class Corrected:
    """The share of answers that the judge calls good, and what people would have found; None where the judge tells
    good from bad no better than chance, so that nothing follows."""

    judge: str
    labels: int
    threshold: float
    cases: int
    said: float
    corrected: Share | None


def corrected_share(yes: int, of: int, judge: Agreement) -> Share | None:
    """What people would have called good, of `of` answers of which the judge called `yes` good."""
    good, bad = judge.both_yes + judge.only_people, judge.both_no + judge.only_judge
    if not (of and good and bad):
        return None
    if (judge.both_yes / good) + (judge.both_no / bad) - 1 <= 0:
        return None
    plain = _rogan_gladen(yes / of, judge.both_yes / good, judge.both_no / bad)
    squared = _Z * _Z
    many, many_good, many_bad = of + squared, good + 2, bad + 2
    said = (yes + squared / 2) / many
    sensitivity, specificity = (judge.both_yes + 1) / many_good, (judge.both_no + 1) / many_bad
    share = _rogan_gladen(said, sensitivity, specificity)
    missed = sensitivity * (1 - sensitivity) / many_good
    passed = specificity * (1 - specificity) / many_bad
    shift = 2 * squared * (share * missed - (1 - share) * passed)
    spread = said * (1 - said) / many + share * share * missed + (1 - share) ** 2 * passed
    half = _Z * math.sqrt(spread) / abs(sensitivity + specificity - 1)
    return Share(_clip(plain), _clip(share + shift - half), _clip(share + shift + half))


def _rogan_gladen(said: float, sensitivity: float, specificity: float) -> float:
    return (said + specificity - 1) / (sensitivity + specificity - 1)


def _clip(share: float) -> float:
    return max(0.0, min(1.0, share))


def keep_agreement(folder: Path, judge: str | None, metric: str, found: Agreement) -> None:
    """From now on this judge's figures by this metric are corrected by it. `judge` None: rules. Raises StorageError."""
    path = folder / _FILE
    known = _read(path)
    known.setdefault(judge or _RULES, {})[metric] = asdict(found)
    write_whole(path, json.dumps(known, ensure_ascii=False, indent=1))


def corrections(folder: Path, measured: Mapping[str, Any], records: Sequence[Record]) -> dict[str, Corrected]:
    """Of each metric whose judge was held against people. Raises StorageError."""
    known, judge = _read(folder / _FILE), measured.get("judge")
    found: dict[str, Corrected] = {}
    for name, metrics in known.items():
        if name not in (_RULES, judge):
            continue
        for metric, data in metrics.items():
            values = [value for one in records if one.sample == 0 and (value := one.value(metric)) is not None]
            if values:
                by = Agreement(**data)
                yes = sum(value >= by.threshold for value in values)
                share = corrected_share(yes, len(values), by)
                found[metric] = Corrected(name, by.labels, by.threshold, len(values), yes / len(values), share)
    return found


def _read(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} can't be read: {error}.", "Mend it, or take it away and agree anew.") from None
