"""An evaluation's report as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cairn.evals.eval_report import RIGHT, Report
from cairn.evals.judge_agreement import Corrected
from cairn.evals.score_figures import Figure
from cairn.ui.cli.terminal import say, say_table

_REASONS = 5
_VALUES = 30


def say_report(report: Report, measured: Mapping[str, Any]) -> None:
    """Every metric, the primary one by facet, what is not right by kind, what could not be judged, what it took."""
    say(f"{what_was_measured(measured)}\n")
    head = ["", "mean", "95 %", "cases", "of answered", "not judged"]
    order = sorted(report.metrics, key=lambda name: (name != report.primary, name != RIGHT))
    say_table(head, [_row(name, report.metrics[name]) for name in order])
    for facet, figures in report.by.items():
        say(f"\n{RIGHT if RIGHT in report.metrics else report.primary} by {facet.removesuffix('s')}")
        say_table(head, [_row(f"  {name}", figure) for name, figure in list(figures.items())[:_VALUES]])
        if len(figures) > _VALUES:
            say(f"  and {len(figures) - _VALUES} more: --json has them")
    for metric, kinds in report.kinds.items():
        if metric != report.primary and kinds == report.kinds.get(report.primary):
            continue
        say(f"\n{metric}, kinds: {', '.join(f'{kind} {count}' for kind, count in kinds.items())}")
    _say_labels(report)
    for metric, one in report.corrected.items():
        say(f"\n{metric}, {_corrected(one)}")
    say("")
    for line in [*_apart(report), *_taken(report)]:
        say(line)


def what_was_measured(measured: Mapping[str, Any]) -> str:
    """`Task documents (default), model gpt-5, set questions.csv`."""
    if "task" not in measured:
        return f"Recorded predictions, set {measured['set']}"
    task = measured["task"]
    judge = f", judge {measured['judge']}" if measured.get("judge") else ""
    return f"Task {task['name']} ({task['template']}), model {measured['model']}, set {measured['set']}{judge}"


def percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _row(name: str, figure: Figure) -> tuple[Any, ...]:
    between = "" if figure.mean is None else f"{figure.low:.1%} to {figure.high:.1%}"
    groups = f" ({figure.groups} groups)" if figure.groups else ""
    unjudged = f"{figure.unjudged} (mean {figure.worst:.1%} to {figure.best:.1%})" if figure.unjudged else ""
    return name, percent(figure.mean), between, f"{figure.cases}{groups}", percent(figure.of_answered), unjudged


def _corrected(one: Corrected) -> str:
    """What a judge said, and what people would have said."""
    by = f"{one.said:.1%} of {one.cases} are good by {one.judge} (a score from {one.threshold:g} on)"
    if (share := one.corrected) is None:
        return f"{by}; {one.labels} labels can't correct it: all alike, or it tells good from bad no better than chance"
    return f"{by}; corrected by {one.labels} labels: {share.value:.1%} ({share.low:.1%} to {share.high:.1%})"


def _say_labels(report: Report) -> None:
    if report.brier is not None:
        say(f"\nconfidence, Brier score against {report.primary}: {report.brier:.3f} (less is better)")
    if report.micro_f1 is not None:
        say(f"\nfields, micro F1 over all values: {report.micro_f1:.3f}")
    if report.macro_f1 is None:
        return
    say(f"\nlabels, macro F1: {report.macro_f1:.3f}")
    wrong = [(gold, given, count) for (gold, given), count in report.confusion.items() if gold.casefold() != given]
    if wrong:
        say_table(["gold", "given", "times"], wrong[:20])


def _apart(report: Report) -> list[str]:
    """What is in no mean, and of the first of it why."""
    lines: list[str] = []
    for kind, ids in report.errors.items():
        lines.append(f"{len(ids)} without an answer, {kind}: {_shown(ids)}")
    for metric, reasons in _by_reason(report).items():
        lines.append(f"{len(reasons)} not judged by {metric}: {_shown(list(reasons))}")
        lines += [f"  {id}: {reason}" for id, reason in list(reasons.items())[:_REASONS]]
    if report.missing:
        lines.append(f"{report.missing} were not asked.")
    return lines


def _by_reason(report: Report) -> dict[str, dict[str, str]]:
    """Metrics that could not judge the same cases for the same reasons share their lines."""
    shared: list[tuple[list[str], dict[str, str]]] = []
    for metric, reasons in report.unjudged.items():
        known = next((names for names, other in shared if other == reasons), None)
        if known is None:
            shared.append(([metric], reasons))
        else:
            known.append(metric)
    return {", ".join(names): reasons for names, reasons in shared}


def _shown(ids: list[str]) -> str:
    return f"{', '.join(ids[:10])}{', …' if len(ids) > 10 else ''}"


def _taken(report: Report) -> list[str]:
    taken = [
        f"{report.input_tokens:,} + {report.output_tokens:,} tokens"
        if report.input_tokens is not None and report.output_tokens is not None
        else None,
        f"{report.calls} calls of models" if report.calls else None,
        f"cost {report.cost:.4g}" if report.cost else None,
        f"{report.median_seconds:.2f} s an answer (median; {report.p95_seconds:.2f} s at the 95th percentile)"
        if report.median_seconds is not None
        else None,
    ]
    lines = [", ".join(part for part in taken if part)] if any(taken) else []
    if report.judge_calls:
        cost = f", cost {report.judge_cost:.4g}" if report.judge_cost else ""
        lines.append(f"{report.judge_calls} calls of the judge{cost}, which are no part of this")
    return lines
