"""`cairn eval label` and `cairn eval agree`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from cairn.core.errors import UsageError
from cairn.core.settings import load_settings
from cairn.evals.eval_records import Record, read_records
from cairn.evals.evaluation_request import records_folder
from cairn.evals.judge_agreement import Agreement, Share, agreement, keep_agreement
from cairn.evals.metrics.judged_answers import passages_of
from cairn.evals.people_labels import (
    add_label,
    asked_of_people,
    is_judged,
    labels_file,
    metric_to_label,
    read_labels,
    threshold_of,
    to_label,
)
from cairn.ui.cli.run_eval_files import evaluation_file
from cairn.ui.cli.terminal import chosen, note, say, say_json, say_table

_PASSAGE = 700


def label(home: Path | None, name: str, metric: str | None, seed: int) -> None:
    path = evaluation_file(home, name)
    _, records = read_records(path)
    metric = metric_to_label(records, metric)
    known = read_labels(path, metric)
    left = to_label(records, metric, known, seed)
    for number, record in enumerate(left):
        say(f"\n[{number + 1} of {len(left)}]\n{_shown(record)}\n")
        said = chosen(f"{asked_of_people(metric)} y(es), n(o), l(ater), q(uit): ", "ynlq")
        if said in ("q", None):
            break
        if said != "l":
            add_label(path, record.id, metric, said == "y")
            known[record.id] = said == "y"
    waiting = sum(one.id not in known for one in left)
    note(f"{len(known)} labelled for {metric}, {waiting} are left: {labels_file(path)}")


def _shown(record: Record) -> str:
    """Without its scores: who knows them agrees with them."""
    answer = record.as_answer()
    passages = [f"passage {n}: {text[:_PASSAGE]}" for n, text in enumerate(passages_of(answer), 1)]
    queries = [f"query: {table.sql}\nrows: {table.rows[:5]}" for table in answer.tables if table.sql]
    said = f"answer: {answer.answer or answer.error or '(none)'}"
    return "\n\n".join([f"question: {record.question}", *passages, *queries, said])


def agree(home: Path | None, name: str, metric: str | None, threshold: float | None, as_json: bool) -> None:
    path = evaluation_file(home, name)
    measured, records = read_records(path)
    metric = metric_to_label(records, metric)
    found = agreement(
        read_labels(path, metric), records, metric, threshold_of(metric) if threshold is None else threshold
    )
    if not found.labels:
        raise UsageError(f"Nobody has labelled {path.stem} for {metric}.", f"cairn eval label {path.stem}")
    judge = measured.get("judge") if is_judged(metric) else None
    keep_agreement(records_folder(load_settings(home)), judge, metric, found)
    figures = {"sensitivity": found.sensitivity, "specificity": found.specificity, "kappa": found.kappa}
    if as_json:
        shares = {name: share and asdict(share) for name, share in figures.items()}
        say_json({"metric": metric, "judge": judge, **asdict(found), "labels": found.labels, **shares})
        return
    _say(found, figures, f"{metric} by {judge or 'its rules'}", asked_of_people(metric))


def _say(found: Agreement, figures: dict[str, Share | None], what: str, asked: str) -> None:
    say(f"{what}, held against {found.labels} labels: {asked}\n")
    say_table(
        ["people say", "it says yes", "it says no"],
        [["yes", found.both_yes, found.only_people], ["no", found.only_judge, found.both_no]],
    )
    say("")
    rows = [
        [name, "not to be told", ""]
        if share is None
        else [name, f"{share.value:.2f}", f"{share.low:.2f} to {share.high:.2f}"]
        for name, share in figures.items()
    ]
    say_table(["", "", "95 %"], rows)
    note("From now on its figures are corrected by these labels. Kappa depends on how many are good: it is not enough.")
