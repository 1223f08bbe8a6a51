"""An evaluation as one HTML page: its figures, and each case with its answer, what that rests on, the prompt and the
reason of each score; those that are wrong first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

from cairn.evals.eval_records import Record
from cairn.evals.eval_report import RIGHT, Report
from cairn.evals.html_page import folded, html_page, html_sources, html_steps, html_table
from cairn.evals.score_figures import Figure

Prompt = Callable[[Record], str]
"""What the model was sent for a case, or what to know of that; nothing where nothing is known."""
_ROWS = 20


def eval_page(
    title: str, report: Report, records: Sequence[Record], measured: Mapping[str, Any], prompt: Prompt
) -> str:
    """The page.

    Args:
        title: The evaluation's name.
        report: Its figures.
        records: Its answers.
        measured: What was measured, as its records say.
        prompt: The prompt of each.

    Returns:
        HTML in which everything that a model, a set or a document said is text.
    """
    task = measured.get("task", {}).get("name", "recorded answers")
    facts = [f"Task {task}", str(measured.get("model") or ""), f"set {measured['set']}", f"judge {measured['judge']}"]
    kept = [escape(fact) for fact in (facts if measured.get("judge") else facts[:3]) if fact]
    parts = [
        f"<p>{', '.join(kept)}. {report.cases} cases, metric <b>{escape(report.primary)}</b>.</p>",
        html_table(("", "mean", "95 %", "cases", "not judged"), _figures(report.metrics)),
        *_corrected(report),
        *_judged(report),
        *(
            f"<h2>{escape(RIGHT if RIGHT in report.metrics else report.primary)} by {escape(facet)}</h2>"
            + html_table(("", "mean", "95 %", "cases", "not judged"), _figures(figures))
            for facet, figures in report.by.items()
        ),
        "<h2>Cases</h2>",
        *(_case(record, report.primary, prompt(record)) for record in _wrong_first(records, report.primary)),
    ]
    return html_page(title, parts)


def _figures(figures: Mapping[str, Figure]) -> Iterable[Sequence[str]]:
    for name, one in figures.items():
        mean = "" if one.mean is None else f"{one.mean:.1%}"
        groups = f" ({one.groups} groups)" if one.groups else ""
        yield escape(name), mean, f"{one.low:.1%} to {one.high:.1%}", f"{one.cases}{groups}", str(one.unjudged or "")


def _corrected(report: Report) -> Iterable[str]:
    for metric, one in report.corrected.items():
        share = one.corrected
        told = f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%})" if share else "can't be told"
        yield f"<p>{escape(metric)}, by {one.labels} labels of people: {told}; the judge said {one.said:.1%}.</p>"


def _judged(report: Report) -> Iterable[str]:
    if report.judge_calls:
        cost = f", cost {report.judge_cost:.4g}" if report.judge_cost else ""
        yield f"<p>{report.judge_calls} calls of the judge{cost}.</p>"


def _wrong_first(records: Sequence[Record], primary: str) -> list[Record]:
    return sorted(records, key=lambda record: _score(record, primary) or 0.0)


def _score(record: Record, primary: str) -> float | None:
    return record.value("refused" if record.facets.get("refuse") else primary)


def _case(record: Record, primary: str, prompt: str) -> str:
    value = _score(record, primary)
    mark = "–" if value is None else f"{value:.2g}"
    answer = record.answer
    said = answer.get("answer") or answer.get("error") or "(no answer)"
    scores = [
        (escape(name), "not judged" if score.value is None else f"{score.value:.3g}", escape(score.reason))
        for name, score in record.scores.items()
    ]
    inside = [
        f"<pre>{escape(record.question)}</pre><p><b>Answer</b></p><pre>{escape(str(said))}</pre>",
        html_table(("metric", "score", "why"), scores),
        *map(_table, answer.get("tables", [])),
        folded("passages", html_sources(answer.get("sources", []))),
        folded("steps", html_steps(answer.get("steps", []))),
        folded("prompt", f"<pre>{escape(prompt)}</pre>" if prompt else ""),
    ]
    sample = f" (repeat {record.sample + 1})" if record.sample else ""
    summary = f"{escape(record.id)}{sample}: {escape(record.question[:160])} <span class=muted>[{mark}]</span>"
    return folded(summary, "".join(inside))


def _table(table: Mapping[str, Any]) -> str:
    rows = [[escape(str(cell)) for cell in row] for row in table["rows"][:_ROWS]]
    shown = html_table([escape(str(name)) for name in table["columns"]], rows) if rows else "<p>(no row)</p>"
    return f"<pre>{escape(table['sql'] or '')}</pre>{shown}"
