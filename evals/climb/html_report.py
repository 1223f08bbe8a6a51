"""A climb as one HTML file that opens from the disk: its picture, each rung, what is proven, every case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from cairn.evals.climb.climb_report import Point
from cairn.evals.climb.failure_diagnosis import KINDS
from cairn.evals.climb.staircase import staircase_svg
from cairn.evals.html_page import folded, html_page, html_sources, html_steps, html_table
from cairn.evals.paired_comparison import p_told


def html_report(data: Mapping[str, Any]) -> str:
    """The page.

    Args:
        data: A climb as it was written down: `ClimbReport.as_dict` with each configuration's answers.

    Returns:
        HTML in which everything that a model or a document said is text.
    """
    points = [Point(**point) for point in data["points"]]
    title = f"Climb of task {data['task']} on {data['set']}"
    end = next((f", at the end {change['after']}" for change in data["changes"] if change["path"] == "model"), "")
    parts = [
        f"<p>{escape(data['model'] + end)}, {data['cases']} cases, metric <b>{escape(data['metric'])}</b>.</p>",
        f"<p>{escape(data['next'])}</p>",
        staircase_svg(points, title),
        _failures(data),
        "<h2>Rungs</h2>",
        _rungs(data["steps"]),
        "<h2>What is proven</h2>",
        _proofs(data),
        "<h2>Cases</h2>",
        *_cases(data),
    ]
    return html_page(title, parts)


def _failures(data: Mapping[str, Any]) -> str:
    """What still fails, by its kind, on one of two axes: the context, or the act."""
    axes = {"context": "the context", "act": "the act"}
    rows = [
        (
            str(count),
            escape(KINDS[name].says if name in KINDS else name),
            axes[KINDS[name].axis] if name in KINDS else "",
        )
        for name, count in data["failures"].items()
    ]
    return html_table(("failures", "what went wrong", "on the axis of"), rows) if rows else ""


def _rungs(steps: Sequence[Mapping[str, Any]]) -> str:
    head = ("rung", "score", "difference [95 %]", "fixed / broke", "tokens", "tuning", "")
    rows = [
        (
            _named(step),
            f"{step['score']:.3f}",
            f"{step['difference']:+.3f} [{step['low']:+.3f} {step['high']:+.3f}]",
            f"{len(step['fixed'])} / {len(step['broke'])}",
            f"{step['tokens']:,.0f}" if step["tokens"] else "",
            escape(step["label"]),
            escape(("kept: " if step["kept"] else "") + step["reason"]),
        )
        for step in steps
    ]
    return html_table(head, rows)


def _named(step: Mapping[str, Any]) -> str:
    style = "kept" if step["kept"] else ""
    return f'<span class="{style}" title="{escape(step["description"])}">{escape(step["rung"])}</span>'


def _proofs(data: Mapping[str, Any]) -> str:
    verdicts: list[Mapping[str, Any]] = data["verdicts"] or ([data["cross_fit"]] if data["cross_fit"] else [])
    if not verdicts:
        return "<p>Nothing was tested on cases that chose nothing.</p>"
    rows = [(escape(one["what"]), _proof(one), escape(one.get("warning") or "")) for one in verdicts]
    told = ""
    if data["cross_fit"]:
        told = f"<p>Cross-fitted; the choosing cases flattered the gain by {data['cross_fit']['optimism']:+.3f}.</p>"
    elif data["looks_before"]:
        told = f"<p>This held-out part had been looked at {data['looks_before']} times before: it proves less.</p>"
    return html_table(("what", "proof", ""), rows) + told


def _proof(one: Mapping[str, Any]) -> str:
    if not one["tested"]:
        return "not tested: the test before it proved nothing"
    between = f"[{one['low']:+.3f} {one['high']:+.3f}], p {escape(p_told(one['p']))}"
    told = f"<b>{escape(one['proof'])}</b> {one['difference']:+.3f} {between}"
    more = one.get("further_cases")
    return f"{told}; about {more} more cases would tell" if more else told


def _cases(data: Mapping[str, Any]) -> Iterable[str]:
    """Each case with what every configuration answered, those that changed first."""
    answers: Mapping[str, Sequence[Mapping[str, Any]]] = data.get("answers", {})
    by_case: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for name, records in answers.items():
        for record in records:
            by_case.setdefault(record["id"], []).append((name, record))
    changed = sorted(by_case, key=lambda case: -len({record["score"] for _, record in by_case[case]}))
    for case in changed:
        yield _case(case, by_case[case])


def _case(case: str, told: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    marks = " ".join("–" if one["score"] is None else f"{one['score']:.2g}" for _, one in told)
    question = escape(str(told[0][1]["question"]))
    inside = "".join(_answer(name, record) for name, record in told)
    summary = f"{escape(case)}: {question[:160]} <span class=muted>[{marks}]</span>"
    return folded(summary, inside)


def _answer(name: str, record: Mapping[str, Any]) -> str:
    score = "not judged" if record["score"] is None else f"{record['score']:.2f}"
    said = escape(str(record["answer"] or record["error"] or ""))
    more = folded("passages and steps", html_steps(record["steps"]) + html_sources(record["sources"]))
    reason = f"<span class=muted>{escape(record['reason'])}</span>"
    return f"<p><b>{escape(name)}</b>: {score} {reason}</p><pre>{said}</pre>{more}"
