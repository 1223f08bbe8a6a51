"""Whether what is live is still as good as what was measured before: the verdict, and how a build server reads it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cairn.evals.eval_comparison import EvaluationComparison
from cairn.evals.eval_records import Record
from cairn.evals.eval_report import Report, case_scores
from cairn.evals.paired_comparison import Comparison

Verdict = Literal["better", "as good", "worse", "open"]
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def verdict(compared: Comparison, margin: float) -> Verdict:
    """By the 95 % interval of the difference.

    `worse`: it lies below zero, and the loss on these cases is more than `margin`. `as good`: it lies above the margin,
    so that no larger loss is likely. `open`: neither is shown.
    """
    if compared.high < 0 and compared.difference < -margin:
        return "worse"
    if compared.low > 0:
        return "better"
    return "as good" if compared.low >= -margin else "open"


def told(compared: Comparison, margin: float) -> str:
    """The verdict in words that claim no more than the interval shows."""
    between = f"{compared.difference:+.1%} ({compared.low:+.1%} to {compared.high:+.1%})"
    match verdict(compared, margin):
        case "worse":
            return f"Worse: {between}; the loss is more than the margin of {margin:.1%}, and not by chance."
        case "better":
            return f"Better: {between}."
        case "as good":
            return f"As good: {between}; a loss of more than {margin:.1%} is ruled out."
        case _:
            return f"Open: {between}. Not shown to be worse, which is not as good.{_more(compared, margin)}"


def _more(compared: Comparison, margin: float) -> str:
    """How many more cases would rule a loss of more than the margin out, if the difference stayed."""
    if (room := compared.difference + margin) <= 0:
        return ""
    half = (compared.high - compared.low) / 2
    return f" About {math.ceil(compared.cases * ((half / room) ** 2 - 1))} more cases would rule a loss out."


@dataclass(frozen=True)
class GateResult:
    """`failed`: why the gate is shut, line by line; nothing where it is open. `compared` None: there is no baseline."""

    set_name: str
    report: Report
    records: Sequence[Record]
    failed: tuple[str, ...]
    compared: EvaluationComparison | None = None
    before: Sequence[Record] = ()
    verdict: str = ""

    @property
    def metric(self) -> str:
        return self.compared.metric if self.compared else self.report.primary

    def scores(self) -> tuple[Mapping[str, float | None], Mapping[str, float | None]]:
        """Of each case by the metric, before and now."""
        return case_scores(self.before, self.metric), case_scores(self.records, self.metric)


def as_junit(gate: GateResult) -> str:
    """One testcase for the gate, and one for each case.

    A case that lost is a failure where the gate is shut, and told of where it is open: single cases come and go.
    """
    suite = Element("testsuite", name=f"cairn {gate.set_name}")
    verdict_case = SubElement(suite, "testcase", classname=gate.set_name, name="gate")
    if gate.failed:
        _add(verdict_case, "failure", gate.failed[0], "\n".join(gate.failed))
    before, now = gate.scores()
    for record in {record.id: record for record in gate.records}.values():
        _add_case(suite, gate, record, before.get(record.id), now.get(record.id))
    suite.set("tests", str(len(suite)))
    for tag, many in (("failure", "failures"), ("skipped", "skipped"), ("error", "errors")):
        suite.set(many, str(sum(case.find(tag) is not None for case in suite)))
    indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suite, "unicode") + "\n"


def _add_case(suite: Element, gate: GateResult, record: Record, before: float | None, now: float | None) -> None:
    seconds = record.answer.get("seconds") or 0
    name = _plain(f"{record.id}: {record.question}"[:200])
    case = SubElement(suite, "testcase", classname=gate.set_name, name=name, time=f"{seconds:.3f}")
    score = record.scores.get(gate.metric)
    reason = score.reason if score else "the case has no gold for it"
    if record.away:
        _add(case, "error", str(record.answer.get("error") or record.error), "")
    elif now is None:
        _add(case, "skipped", f"not judged by {gate.metric}: {reason}", "")
    elif now < (1 if before is None else before):
        was = "" if before is None else f" before {before:.3g}, now"
        _add(case, "failure" if gate.failed else "system-out", f"{gate.metric}{was} {now:.3g}: {reason}", "")


def _add(case: Element, tag: str, message: str, text: str) -> None:
    if tag == "system-out":
        SubElement(case, tag).text = _plain(message)
    else:
        SubElement(case, tag, message=_plain(message)).text = _plain(text)


def _plain(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)


def as_markdown(gate: GateResult) -> str:
    """A table for a pull request, with the cases that were gained and lost."""
    lines = [f"### {'Shut' if gate.failed else 'Open'}: {_cell(gate.set_name)}", ""]
    lines += [*([gate.verdict, ""] if gate.verdict else []), *(f"- {line}" for line in gate.failed), ""]
    first = gate.compared.first.metrics if gate.compared else {}
    lines += ["| metric | before | now | 95 % | cases |", "| --- | --- | --- | --- | --- |"]
    for name, figure in gate.report.metrics.items():
        before = first[name].mean if name in first else None
        between = f"{figure.low:.1%} to {figure.high:.1%}" if figure.mean is not None else ""
        lines.append(f"| {_cell(name)} | {_percent(before)} | {_percent(figure.mean)} | {between} | {figure.cases} |")
    if gate.compared:
        questions = {record.id: record.question for record in gate.records}
        for title, cases in (("lost", gate.compared.comparison.lost), ("gained", gate.compared.comparison.gained)):
            if cases:
                lines += ["", f"{len(cases)} {title}:", ""]
                lines += [f"- {_cell(case)}: {_cell(questions.get(case, ''))}" for case in cases[:20]]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _cell(text: str) -> str:
    """In one line, and read as text: what a question says is nobody's markup."""
    return re.sub(r"([\\`*_\[\]<>|#@!])", r"\\\1", " ".join(text.split()))[:300]


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
