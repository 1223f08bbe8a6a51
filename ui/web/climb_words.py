"""What a climb came to, in sentences: how many questions more are right, whether that is proven, what is otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cairn.evals.climb.failure_diagnosis import KINDS
from cairn.ui.web.page_hints import report_here
from cairn.ui.web.page_texts import text

Climb = Mapping[str, Any]
GROUPS = {
    "instructions": "kinds.instructions",
    "examples": "kinds.examples",
    "constrained": "kinds.constrained",
    "retrieval": "kinds.retrieval",
    "tools": "kinds.tools",
    "tries": "kinds.tries",
    "tuned": "kinds.tuned",
}
_METRICS = {
    "contains": "metrics.contains",
    "holds_answer": "metrics.holds_answer",
    "exact": "metrics.exact",
    "regex": "metrics.regex",
    "number": "metrics.number",
    "final_number": "metrics.number",
    "label": "metrics.label",
    "fields": "metrics.fields",
    "execution": "metrics.execution",
    "tool_calls": "metrics.tool_calls",
}
_CHANGES = {
    "model": "changed.model",
    "template": "changed.template",
    "strategy": "changed.strategy",
    "tools": "changed.tools",
    "retrieval.k": "changed.passages",
    "retrieval.mode": "changed.mode",
    "retrieval.parents": "changed.parents",
}
_CHEAPER, _DEARER = 0.9, 1.1


def group(name: str) -> str:
    return text(GROUPS[name])


def metric(name: str) -> str:
    """When an answer counts as right, in words; a metric of one's own by its name."""
    return text(_METRICS[name]) if name in _METRICS else name


def changes(climbed: Climb) -> str:
    """What the end does otherwise than the start."""
    found: list[str] = []
    for one in climbed.get("changes", []):
        told = {"path": one["path"], "before": said(one["before"]), "after": said(one["after"])}
        found.append(text(_CHANGES.get(one["path"], "changed.other"), **told))
    return "; ".join(found)


def said(value: Any) -> str:
    if isinstance(value, bool):
        return text("changed.on" if value else "changed.off")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or text("changed.none")  # pyright: ignore[reportUnknownArgumentType]
    return text("changed.none") if value is None else str(value)


def in_counts(climbed: Climb) -> bool:
    """Whether each answer is right or not, and nothing between."""
    return all(one["score"] in (0, 1, None) for records in climbed["answers"].values() for one in records)


def judged(climbed: Climb) -> int:
    """How many questions count; in what was written before it was told: those of the start that have a score."""
    return climbed.get("judged") or sum(one["score"] is not None for one in climbed["answers"]["start"])


def outcome(climbed: Climb) -> str:
    """The end beside the start: how many are right, what it costs, whether it is proven."""
    points = {point["name"]: point for point in climbed["points"]}
    start = climbed["points"][0]
    right = _right(start["score"], climbed)
    if not climbed["kept"]:
        return text("climb.nothing_better", right=right)
    end = points[climbed["kept"][-1]]
    counted = {"before": right, "after": _right(end["score"], climbed)}
    more = round((end["score"] - start["score"]) * judged(climbed))
    if end["score"] > start["score"]:
        told = (
            text("climb.more_right", count=more, **counted) if in_counts(climbed) else text("climb.better", **counted)
        )
    else:
        told = text("climb.as_good" if end["score"] == start["score"] else "climb.less_good", **counted)
    return " ".join(filter(None, [told, _cost(start, end), proof(climbed)]))


def _right(score: float, climbed: Climb) -> str:
    if not in_counts(climbed):
        return f"{score:.0%}"
    return text("climb.of", right=round(score * judged(climbed)), cases=judged(climbed))


def _cost(start: Climb, end: Climb) -> str:
    if not start["tokens"] or not end["tokens"]:
        return ""
    times = end["tokens"] / start["tokens"]
    if times < _CHEAPER:
        return text("climb.cheaper", share=f"{1 - times:.0%}")
    return text("climb.dearer", times=f"{times:.1f}") if times > _DEARER else ""


def proofs(climbed: Climb) -> Sequence[Climb]:
    """What was tested on questions that had no say in the choice, the end against the start first."""
    known = climbed["verdicts"] or ([climbed["cross_fit"]] if climbed["cross_fit"] else [])
    return [one for one in known if one["tested"]]


def is_proven(climbed: Climb) -> bool:
    return bool(found := proofs(climbed)) and found[0]["proof"] == "proven"


def proof(climbed: Climb) -> str:
    if not (found := proofs(climbed)):
        return text("climb.not_tested")
    one = found[0]
    if one["proof"] != "too few cases":
        return text("climb.proven" if one["proof"] == "proven" else "climb.proven_worse")
    more = one.get("further_cases")
    if one["difference"] > 0 and more:
        return text("climb.unproven_more", count=more)
    return text("climb.unproven_none" if one["difference"] == 0 else "climb.unproven")


def failures(climbed: Climb) -> list[str]:
    """What is still not right, by what went wrong, most first."""
    found: list[str] = []
    for name, count in climbed["failures"].items():
        says = KINDS[name].says if name in KINDS else name
        found.append(text("climb.failure", number=count, says=report_here(says, text)))
    return found


def advice(climbed: Climb) -> Sequence[str]:
    """The groups that can mend most, the best first; what was told before there was a list of them says none."""
    return climbed.get("groups", [])
