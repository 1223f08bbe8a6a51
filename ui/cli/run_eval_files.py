"""`cairn eval list`, `show`, `compare` and `rm`: evaluations that were kept."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from cairn.core.errors import CairnError, UsageError
from cairn.core.settings import load_settings
from cairn.evals.eval_comparison import EvaluationComparison, compare_records
from cairn.evals.eval_page import eval_page
from cairn.evals.eval_prompts import prompts_of
from cairn.evals.eval_records import Record, read_records
from cairn.evals.eval_report import summarise
from cairn.evals.evaluation_request import records_folder
from cairn.evals.judge_agreement import corrections
from cairn.evals.paired_comparison import p_told
from cairn.ui import deletions
from cairn.ui.cli.report_printer import percent, say_report, what_was_measured
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.run_deleted import way_back
from cairn.ui.cli.terminal import note, say, say_json, say_table, write_file


def list_evaluations(home: Path | None, as_json: bool) -> None:
    """Those that can't be read are named on standard error."""
    rows: list[dict[str, object]] = []
    for path in sorted(records_folder(load_settings(home)).glob("*.jsonl"), reverse=True):
        try:
            measured, records = read_records(path)
        except CairnError as error:
            note(str(error))
            continue
        report = summarise(records)
        rows.append(
            {
                "name": path.stem,
                "cases": report.cases,
                "metric": report.primary,
                "mean": report.figure.mean,
                "measured": what_was_measured(measured),
            }
        )
    if as_json:
        say_json(rows)
    elif rows:
        cells = [[row["name"], row["cases"], row["metric"], _percent(row["mean"]), row["measured"]] for row in rows]
        say_table(["name", "cases", "metric", "mean", ""], cells)
    else:
        note("No evaluations yet: cairn eval SET")


def _percent(value: object) -> str:
    return percent(value) if isinstance(value, float) else ""


def show(home: Path | None, name: str, case: str | None, metric: str | None, as_json: bool) -> None:
    path = evaluation_file(home, name)
    measured, records = read_records(path)
    if case is not None:
        _show_case([record for record in records if record.id == case], case, path, as_json)
        return
    corrected = corrections(records_folder(load_settings(home)), measured, records)
    report = replace(summarise(records, primary=metric), corrected=corrected)
    if as_json:
        say_json({**report.as_dict(), "measured": measured, "records": str(path)})
    else:
        say_report(report, measured)


def _show_case(records: list[Record], case: str, path: Path, as_json: bool) -> None:
    if not records:
        raise UsageError(f"{path.stem} has no case {case!r}.", "`cairn eval show NAME --json` has their ids.")
    if as_json:
        say_json([asdict(record) for record in records])
        return
    for record in records:
        say(f"{record.question}\n\n{record.answer.get('answer') or record.answer.get('error') or '(no answer)'}\n")
        rows = [
            (name, "not judged" if score.value is None else f"{score.value:.3g}", score.kind, score.reason)
            for name, score in record.scores.items()
        ]
        say_table(["metric", "score", "kind", "why"], rows)


def write_report(home: Path | None, name: str, out: Path | None, metric: str | None) -> None:
    path = evaluation_file(home, name)
    measured, records = read_records(path)
    with opened(home) as app:
        folder = records_folder(app.settings)
        report = replace(summarise(records, primary=metric), corrected=corrections(folder, measured, records))
        page = eval_page(path.stem, report, records, measured, prompts_of(app.workspace, measured))
    out = out or Path(f"{path.stem}.html")
    write_file(out, page)
    say(str(out))


def compare(home: Path | None, first: str, second: str, metric: str | None, as_json: bool) -> None:
    paths = [evaluation_file(home, name) for name in (first, second)]
    read = [read_records(path) for path in paths]
    if read[0][0]["questions"] != read[1][0]["questions"]:
        note("The sets differ: only cases with the same id are compared.")
    found = compare_records(read[0][1], read[1][1], metric)
    if as_json:
        say_json(found.as_dict())
        return
    _say_comparison(found, [path.stem for path in paths])


def _say_comparison(found: EvaluationComparison, names: list[str]) -> None:
    one = found.comparison
    rows = [
        (
            name,
            percent(mean),
            report.cost,
            f"{report.median_seconds:.2f}" if report.median_seconds is not None else None,
        )
        for name, mean, report in zip(names, (one.first, one.second), (found.first, found.second), strict=True)
    ]
    say_table(["", found.metric, "cost", "seconds"], rows)
    groups = f" of {one.groups} groups" if one.groups else ""
    say(f"\n{one.difference:+.1%} ({one.low:+.1%} to {one.high:+.1%}), p {p_told(one.p)}, {one.cases} cases{groups}")
    verdicts = {"better": "The second is better.", "worse": "The second is worse.", "open": "Which is better is open."}
    say(verdicts[one.verdict])
    if more := one.further_cases():
        say(f"Too few cases: about {more} more would make a difference like this clear.")
    if one.warning:
        say(one.warning)
    for told, cases in (("gained", one.gained), ("lost", one.lost), ("left out", one.missing)):
        if cases:
            say(f"{len(cases)} {told}: {', '.join(cases[:20])}{', …' if len(cases) > 20 else ''}")


def remove(home: Path | None, names: list[str]) -> None:
    paths = [evaluation_file(home, name) for name in names]
    with opened(home) as app:
        for path in paths:
            kept = deletions.delete_evaluation(app, path)
            say(f"{path.stem} is deleted.")
            note(way_back(kept))


def evaluation_file(home: Path | None, name: str) -> Path:
    """By its name in the home, the name's beginning where only one has it, or a path."""
    folder = records_folder(load_settings(home))
    if Path(name).is_file():
        return Path(name)
    found = [path for path in sorted(folder.glob("*.jsonl")) if path.stem == name]
    found = found or [path for path in sorted(folder.glob("*.jsonl")) if path.stem.startswith(name)]
    if len(found) != 1:
        told = (
            f"{name!r} is the beginning of {len(found)} evaluations." if found else f"There is no evaluation {name!r}."
        )
        raise UsageError(told, "`cairn eval list` names them.")
    return found[0]
