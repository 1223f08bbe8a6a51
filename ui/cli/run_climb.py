"""`cairn climb SET`: the staircase on standard output, progress on standard error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cairn.agents.service import Cairn
from cairn.core.settings import load_settings
from cairn.evals.climb.climb_report import ClimbReport
from cairn.evals.climb.climb_run import ClimbRequest, Watcher, climb_in
from cairn.evals.climb.climbing import Step
from cairn.evals.climb.html_report import html_report
from cairn.evals.climb.ladder import Configuration
from cairn.evals.climb.ladder_verdicts import Verdict
from cairn.evals.climb.sample_climb import sample_climb
from cairn.evals.climb.staircase import staircase_svg, staircase_text
from cairn.evals.eval_records import Record
from cairn.evals.eval_runner import USER
from cairn.evals.paired_comparison import p_told
from cairn.evals.sample_home import is_samples
from cairn.ui.cli.terminal import StatusLine, note, say, say_json, say_table, write_file

_OUR_OWN = (
    "The questions and the ladder of the samples are our own: what is proven holds for questions like these, and says "
    "nothing of how good a model is."
)


def climb(
    home: Path | None, request: ClimbRequest, base_url: str | None, html: Path | None, svg: Path | None, as_json: bool
) -> None:
    """Ctrl-C keeps every answer: the same command goes on from them."""
    settings = load_settings(home, model=request.wanted.model, base_url=base_url, user=USER)
    progress = _Progress()
    watcher = Watcher(note, progress.show, progress.step)
    if sampled := is_samples(request.wanted.questions):
        report = sample_climb(settings.home, request, watcher, settings if request.wanted.model else None)
    else:
        with Cairn(settings) as app:
            report = climb_in(app, request, watcher, settings.home)
    progress.status.clear()
    data: dict[str, Any] = json.loads(report.file.read_text("utf-8")) if report.file else {}
    if html:
        write_file(html, html_report(data))
    if svg:
        write_file(svg, staircase_svg(report.points, f"Climb of task {report.task}") + "\n")
    if as_json:
        say_json({**report.as_dict(), "file": str(report.file)})
    else:
        _say(report)
        if sampled:
            say(_OUR_OWN)
        note(f"Every answer: {report.file}")


def _say(report: ClimbReport) -> None:
    say(staircase_text(report.points))
    say("")
    rows = [
        (
            step.rung.name,
            "kept" if step.kept else "",
            f"{step.comparison.difference:+.3f} [{step.comparison.low:+.3f} {step.comparison.high:+.3f}]",
            f"{len(step.comparison.gained)} / {len(step.comparison.lost)}",
            step.label,
            step.reason,
        )
        for step in report.path.steps
    ]
    say_table(["rung", "", "difference", "fixed / broke", "", ""], rows)
    say("")
    for model, names in report.models.items():
        say(f"answered by {model}: {', '.join(names)}")
    for line in _proofs(report):
        say(line)
    say(f"{report.path.ended} {report.diagnosis.sentence}")
    if left := sum(outcome.score is None for outcome in report.path.first.values()):
        say(f"{left} of {len(report.path.first)} cases could not be judged and are in no figure.")


def _proofs(report: ClimbReport) -> list[str]:
    if report.cross_fit:
        fitted = report.cross_fit
        kept = ", ".join(f"{name} {count} of {fitted.folds}" for name, count in fitted.kept.items()) or "nothing"
        flattered = f"The choosing cases flattered the gain by {fitted.optimism:+.3f}."
        return [_proof(fitted.verdict), f"Made anew without each part, it kept: {kept}. {flattered}"]
    lines = [_proof(verdict) for verdict in report.verdicts]
    if report.verdicts and report.looks:
        lines.append(f"This held-out part had been looked at {report.looks} times before: it proves less by each look.")
    return lines or ["Nothing was kept, so nothing was tested."]


def _proof(verdict: Verdict) -> str:
    one = verdict.comparison
    if one is None:
        return f"{verdict.what}: not tested, since the test before it proved nothing"
    more = one.further_cases()
    told = (
        f"{verdict.what}: {verdict.proof} ({one.difference:+.3f} [{one.low:+.3f} {one.high:+.3f}], p {p_told(one.p)})"
    )
    told += f"; about {more} more cases would tell" if more else ""
    return f"{told}. {one.warning}" if one.warning else told


class _Progress:
    """`examples by similarity: 23 answers` on standard error."""

    def __init__(self) -> None:
        self.status = StatusLine()
        self._name = ""
        self._answers = 0

    def show(self, configuration: Configuration, record: Record) -> None:
        name = configuration.rungs[-1] if configuration.rungs else "start"
        self._answers = self._answers + 1 if name == self._name else 1
        self._name = name
        self.status.draw(f"{name}: {self._answers} answers")

    def step(self, step: Step) -> None:
        self.status.clear()
        one = step.comparison
        told = "kept" if step.kept else step.reason
        note(f"{step.rung.name}: {one.second:.3f} ({one.difference:+.3f}), {told}")
