"""What people say of an evaluation's answers, beside its records: `NAME.labels.csv`, a line as each is said."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from cairn.core.errors import StorageError, UsageError
from cairn.core.registry import find
from cairn.evals.eval_records import Record
from cairn.evals.eval_report import summarise
from cairn.evals.metrics import JUDGE
from cairn.evals.set_formats import read_rows

_COLUMNS = ("id", "metric", "right")
_ASKED = {
    "faithfulness": ("Do the passages say all that the answer says?", 1.0),
    "answer_relevancy": ("Does the answer answer the question?", 0.5),
    "context_precision": ("Are most of the passages of use for this question?", 0.5),
    "context_recall": ("Do the passages say all that a right answer needs?", 1.0),
    "rubric": ("Is the answer as good as it has to be?", 0.75),
}
_OTHERWISE = ("Is the answer right?", 0.5)


def asked_of_people(metric: str) -> str:
    """The question to which a label says yes or no."""
    return _ASKED.get(metric, _OTHERWISE)[0]


def threshold_of(metric: str) -> float:
    """From which score on the metric itself says yes to it."""
    return _ASKED.get(metric, _OTHERWISE)[1]


def is_judged(metric: str) -> bool:
    """Whether a judge model gives it. Raises UsageError for a metric that there is none of."""
    return JUDGE in find("metric", metric).needs


def metric_to_label(records: Sequence[Record], named: str | None) -> str:
    """The one that is named, else the first of a judge's, else the one that the report is about. Raises UsageError."""
    report = summarise(records)
    if named and named not in report.metrics:
        raise UsageError(f"{named} was not computed here.", f"There are: {', '.join(report.metrics)}.")
    return named or next((name for name in report.metrics if name in _ASKED), report.primary)


def labels_file(records_file: Path) -> Path:
    return records_file.with_name(f"{records_file.stem}.labels.csv")


def read_labels(records_file: Path, metric: str) -> dict[str, bool]:
    """By case; of one that was said twice the last. Raises UsageError."""
    path = labels_file(records_file)
    if not path.exists():
        return {}
    found: dict[str, bool] = {}
    for row in read_rows(path):
        said = str(row.values.get("right", "")).strip().casefold()
        if said not in ("yes", "no") or not row.values.get("id"):
            raise UsageError(f"{row.where} is no label.", f"Its columns are {', '.join(_COLUMNS)}; right is yes or no.")
        if row.values.get("metric") == metric:
            found[str(row.values["id"])] = said == "yes"
    return found


def add_label(records_file: Path, case: str, metric: str, right: bool) -> None:
    """Raises StorageError."""
    path = labels_file(records_file)
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    if not path.exists():
        writer.writerow(_COLUMNS)
    writer.writerow((case, metric, "yes" if right else "no"))
    try:
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write(out.getvalue())
    except OSError as error:
        raise StorageError(f"{path} can't be written: {error.strerror}.", "Check the folder's rights.") from None


def to_label(records: Sequence[Record], metric: str, known: Mapping[str, bool], seed: int) -> list[Record]:
    """The first answer of each case that the metric judged and nobody has, in a random order that stays the same."""
    judged = [record for record in records if record.sample == 0 and record.value(metric) is not None]
    random.Random(seed).shuffle(judged)  # noqa: S311 (no secret)
    return [record for record in judged if record.id not in known]
