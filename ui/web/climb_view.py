"""The ladder: a climb's staircase, each rung with the cases it fixed and broke, what is proven, and what comes next."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.evals.climb.climb_report import Point
from cairn.evals.climb.staircase import staircase_svg
from cairn.evals.promotion import promote_climb, rollback
from cairn.ui.web import background_jobs, case_view, climb_start, page_messages, safe
from cairn.ui.web.page_hints import report_here
from cairn.ui.web.page_texts import text

Climb = Mapping[str, Any]
_START = "start"
_INK = {"light": "#22282a", "dark": "#e6e8e4"}
"""The text's colour in each theme: a picture does not take it from the page."""


def view(cairn: Cairn) -> None:
    climb_start.form(cairn)
    done = background_jobs.follow(climb_start.JOB)
    files = climbs(cairn)
    if not files:
        _samples(cairn)
        return
    if done and done.result and st.session_state.get("climb_seen") is not done:
        st.session_state.climb_seen = done
        st.session_state.climb_file = next(file for file in files if file.name == done.result.file.name)
    file = st.selectbox(text("climb.which"), files, format_func=lambda one: one.stem, key="climb_file")
    try:
        climbed: Climb = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{file.name} can't be read: {error}.") from None
    _draw(cairn, file, climbed)


def _samples(cairn: Cairn) -> None:
    """Until there is a climb of one's own, that of the samples is made."""
    st.html(safe.note(text("climb.none"), "note"))
    if background_jobs.job(climb_start.JOB) is None:
        background_jobs.follow(climb_start.SAMPLES_JOB)
        if background_jobs.job(climb_start.SAMPLES_JOB) is None:
            climb_start.begin_samples(cairn)


def climbs(cairn: Cairn) -> list[Path]:
    """The reports of the home, newest first."""
    return sorted((cairn.settings.home / "evals" / "climbs").glob("*.json"), reverse=True)


def _draw(cairn: Cairn, file: Path, climbed: Climb) -> None:
    told = {name: climbed[name] for name in ("task", "model", "metric", "set", "cases")}
    st.html(safe.verbatim(text("climb.of", **told), "caption"))
    points = [Point(**point) for point in climbed["points"]]
    ink = _INK.get(st.context.theme.type or "", _INK["light"])
    say = partial(report_here, say=text)
    st.image(staircase_svg(points, told["set"], say).replace("currentColor", ink), alt=text("climb.picture"), width=820)
    st.html(safe.note(" ".join([say(climbed["ended"]), say(climbed["next"])]), "next"))
    _axes(climbed)
    st.html(_rungs(climbed))
    st.html(_proofs(climbed))
    _promote(cairn, file, climbed)
    _cases(climbed)


def _axes(climbed: Climb) -> None:
    axes, failures = climbed["axes"], climbed["failures"]
    if not failures:
        return
    named = ", ".join(f"{report_here(name, text)} {count}" for name, count in failures.items())
    st.html(safe.verbatim(text("climb.failures", context=axes["context"], act=axes["act"], named=named), "caption"))


def _rungs(climbed: Climb) -> str:
    head = ["climb.rung", "climb.score", "climb.difference", "climb.fixed_broke", "climb.tokens", "climb.reason"]
    rows = [
        [
            f"<b>{escape(step['rung'])}</b>" if step["kept"] else escape(step["rung"]),
            f"{step['score']:.3f}",
            f"{step['difference']:+.3f} [{step['low']:+.3f} {step['high']:+.3f}]",
            f"{len(step['fixed'])} / {len(step['broke'])}",
            f"{step['tokens']:,.0f}" if step["tokens"] else "",
            escape(text("climb.kept", reason=reason) if step["kept"] else reason),
        ]
        for step in climbed["steps"]
        for reason in [report_here(step["reason"], text)]
    ]
    return html_table([text(name) for name in head], rows)


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as the page draws it; cells are HTML already, heads are not."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    table = f"<table><tr>{top}</tr>{lines}</table>"
    return f'<div class="cairn-markdown"><div class="cairn-table" tabindex="0">{table}</div></div>'


def _proofs(climbed: Climb) -> str:
    proofs: list[Climb] = climbed["verdicts"] or ([climbed["cross_fit"]] if climbed["cross_fit"] else [])
    lines = [_proof(one) for one in proofs if one["tested"]]
    return safe.note("\n".join(lines) or text("climb.not_tested"), "proof")


def _proof(one: Climb) -> str:
    between = f"[{one['low']:+.3f} {one['high']:+.3f}], p {one['p']:.3f}"
    what, proof, warning = (report_here(one.get(name) or "", text) for name in ("what", "proof", "warning"))
    told = f"{what}: {proof} ({one['difference']:+.3f} {between})"
    return f"{told}. {warning}" if warning else told


def _promote(cairn: Cairn, file: Path, climbed: Climb) -> None:
    there = climbed["task"] in cairn.prompts.tasks()
    kept = ", ".join(climbed["kept"])
    if not kept or not there:
        st.html(safe.note(text("climb.nothing_kept" if there else "climb.sample_task"), "note"))
        return
    st.button(
        text("climb.promote"),
        type="primary",
        icon=":material/publish:",
        help=text("climb.promote_help", task=climbed["task"], kept=kept),
        on_click=_promoted,
        args=(cairn, file, climbed),
    )


def _promoted(cairn: Cairn, file: Path, climbed: Climb) -> None:
    with page_messages.telling():
        promotion = promote_climb(cairn.workspace, file, climbed)
        undo = partial(rollback, cairn.workspace, promotion.task)
        page_messages.undoable(partial(text, "climb.promoted", task=promotion.task), undo)


def _cases(climbed: Climb) -> None:
    """Each case with what the two chosen configurations answered, those whose score fell first."""
    answers: Mapping[str, list[Climb]] = climbed.get("answers", {})
    rungs = [step["rung"] for step in climbed["steps"]]
    if not rungs:
        return
    st.html(safe.verbatim(text("climb.cases"), "heading"))
    first, second = _two_of([_START, *rungs])
    before, after = ({record["id"]: record for record in answers.get(name, [])} for name in (first, second))
    groups = changed(before, after)
    titles = {"broke": "climb.broke", "fixed": "climb.fixed", "wrong": "climb.wrong", "all": "climb.all"}
    which = st.segmented_control(
        text("climb.case_group"),
        list(groups),
        default=next((name for name, ids in groups.items() if ids), "all"),
        required=True,
        format_func=lambda name: text(titles[name], count=len(groups[name])),
        key=f"climb_cases:{first}:{second}",
        label_visibility="collapsed",
    )
    case_view.cases([(before.get(id), after[id]) for id in groups[str(which)]], (_named(first), _named(second)))


def _two_of(names: Sequence[str]) -> tuple[str, str]:
    left, right = st.columns(2, gap="medium")
    first = left.selectbox(text("climb.case_first"), names, 0, format_func=_named, key=f"climb_first:{len(names)}")
    others = [name for name in names if name != first]
    second = right.selectbox(
        text("climb.case_second"), others, len(others) - 1, format_func=_named, key=f"climb_second:{first}:{len(names)}"
    )
    return str(first), str(second)


def _named(configuration: str) -> str:
    return text("climb.start") if configuration == _START else configuration


def changed(before: Mapping[str, Climb], after: Mapping[str, Climb]) -> dict[str, list[str]]:
    """The cases that the second configuration broke and fixed, those of its own that are not right, and all of it."""
    both = [id for id in after if id in before and None not in (before[id]["score"], after[id]["score"])]
    return {
        "broke": [id for id in both if after[id]["score"] < before[id]["score"]],
        "fixed": [id for id in both if after[id]["score"] > before[id]["score"]],
        "wrong": [id for id, record in after.items() if (record["score"] or 0) < 1],
        "all": list(after),
    }
