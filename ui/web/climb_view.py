"""Set-ups compared step by step: what is better and whether that is proven, made live, each step, each question."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from cairn import samples
from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.evals.climb.climb_report import Point
from cairn.evals.climb.ladder import GROUPS
from cairn.evals.climb.staircase import staircase_svg
from cairn.evals.paired_comparison import p_told
from cairn.ui.web import background_jobs, case_view, climb_end, climb_start, climb_words, made_live, safe
from cairn.ui.web.page_hints import report_here
from cairn.ui.web.page_texts import text

Climb = Mapping[str, Any]
_START = "start"
_INK = {"light": "#22282a", "dark": "#e6e8e4"}
"""The text's colour in each theme: a picture does not take it from the page."""


def view(cairn: Cairn) -> None:
    climb_start.form(cairn)
    done = background_jobs.follow(climb_start.JOB)
    if (job := background_jobs.job(climb_start.JOB)) is not None and not job.over:
        return
    files = climbs(cairn)
    if not files:
        st.html(safe.note(text("climb.none"), "note"))
        return
    if done and done.result and st.session_state.get("climb_seen") is not done:
        st.session_state.climb_seen = done
        st.session_state.climb_file = next(file for file in files if file.name == done.result.file.name)
    file = st.selectbox(text("climb.which"), files, format_func=_titled, key="climb_file")
    try:
        climbed: Climb = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{file.name} can't be read: {error}.") from None
    _draw(cairn, file, climbed)


def climbs(cairn: Cairn) -> list[Path]:
    """The reports of the home, newest first, then that of the samples."""
    own = sorted((cairn.settings.home / "evals" / "climbs").glob("*.json"), reverse=True)
    return [*own, samples.CLIMB] if cairn.settings.samples else own


def _titled(file: Path) -> str:
    """`questions · 2026-05-04 10:22`: the set, and when."""
    if file == samples.CLIMB:
        return text("climb.example")
    return re.sub(r"(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)\d\d-(.*)", r"\6 · \1-\2-\3 \4:\5", file.stem)


def _draw(cairn: Cairn, file: Path, climbed: Climb) -> None:
    if file == samples.CLIMB:
        st.html(safe.note(text("climb.is_example"), "note"))
    told = {name: climbed[name] for name in ("task", "model", "set", "cases")}
    if (left := climbed["cases"] - climb_words.judged(climbed)) > 0:
        st.html(safe.note(text("climb.unjudged", count=left), "notice"))
    st.html(safe.verbatim(text("climb.about", **told, metric=climb_words.metric(climbed["metric"])), "caption"))
    if climbed["points"]:
        st.html(safe.note(climb_words.outcome(climbed), "figure"))
    climb_end.end(cairn, file, climbed)
    _picture(climbed)
    st.html(_steps(climbed, made_live.is_live(cairn, climbed["task"], file.stem)))
    own = climbed["task"] if climbed["task"] in cairn.prompts.tasks() else ""
    _failures(climbed, own)
    _figures(climbed)
    _cases(climbed, own)


def _picture(climbed: Climb) -> None:
    points = [replace(Point(**point), name=_named(point["name"])) for point in climbed["points"]]
    ink = _INK.get(st.context.theme.type or "", _INK["light"])
    drawn = staircase_svg(points, climbed["set"], partial(report_here, say=text)).replace("currentColor", ink)
    with st.container(key="climb_picture"):
        st.image(drawn, alt=text("climb.picture"), width=820)


def _steps(climbed: Climb, live: bool) -> str:
    """The start and each step in the order in which they were tried, by the numbers that the picture has.

    What was given up early is not in the picture.
    """
    numbers = {point["name"]: str(number) for number, point in enumerate(climbed["points"])}
    right = "climb.right" if climb_words.in_counts(climbed) else "climb.score"
    head = ["climb.number", "climb.step", right, "climb.fixed_broke", "climb.tokens", "climb.result"]
    start = [["0", escape(text("climb.start")), f"{one['score']:.0%}", "", _count(one["tokens"]), ""]
             for one in climbed["points"][:1]]  # fmt: skip
    last = climbed["kept"][-1] if climbed["kept"] else None
    rows = [
        [
            numbers.get(step["rung"], "–"),
            _named_step(step),
            f"{step['score']:.0%}",
            f"{len(step['fixed'])} / {len(step['broke'])}",
            _count(step["tokens"]),
            _result(step, live and step["rung"] == last),
        ]
        for step in climbed["steps"]
    ]
    return html_table([text(name) for name in head], [*start, *rows])


def _named_step(step: Climb) -> str:
    shown = escape(climb_words.rung(step["rung"]))
    name = f"<b>{shown}</b>" if step["kept"] else shown
    does = escape(climb_words.does(step["rung"], step["description"]))
    return f'{name}<div class="cairn-caption">{does}</div>' if does else name


def _result(step: Climb, live: bool) -> str:
    reason = escape(report_here(step["reason"], text))
    told = f"<b>{escape(text('climb.kept'))}</b>: {reason}" if step["kept"] else reason
    return f"{told} · <b>{escape(text('climb.is_live'))}</b>" if live else told


def _count(tokens: float | None) -> str:
    return f"{tokens:,.0f}" if tokens else ""


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as the page draws it; cells are HTML already, heads are not."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    table = f"<table><tr>{top}</tr>{lines}</table>"
    return f'<div class="cairn-markdown cairn-report"><div class="cairn-table" tabindex="0">{table}</div></div>'


def _failures(climbed: Climb, own: str) -> None:
    """What is still not right, and where something can be done about it."""
    if not climbed["failures"]:
        return
    st.html(
        safe.verbatim(
            text("climb.still", number=sum(climbed["failures"].values()), cases=climb_words.judged(climbed)), "heading"
        )
    )
    st.html(safe.note("\n".join(climb_words.failures(climbed)), "proof"))
    for group in climb_words.advice(climbed)[:1]:
        st.html(safe.note(text("climb.helps", group=climb_words.group(group)), "next"))
        case_view.ways(GROUPS[GROUPS.index(group)], own, "next")


def _figures(climbed: Climb) -> None:
    with st.expander(text("climb.figures")):
        head = [text(name) for name in ("climb.step", "climb.score", "climb.difference", "climb.p")]
        tried = [(climb_words.rung(step["rung"]), f"{step['score']:.3f}", step) for step in climbed["steps"]]
        names = [text("climb.end_start"), *(climb_words.rung(one["what"]) for one in climb_words.proofs(climbed)[1:])]
        tested = [(name, "", one) for name, one in zip(names, climb_words.proofs(climbed), strict=False)]
        rows = [
            [
                escape(name),
                score,
                f"{one['difference']:+.3f} [{one['low']:+.3f} {one['high']:+.3f}]",
                escape(p_told(one["p"])),
            ]
            for name, score, one in [*tried, *tested]
        ]
        st.html(html_table(head, rows))
        told = [report_here(one.get("warning") or "", text) for one in climb_words.proofs(climbed)]
        st.html(safe.note("\n".join([text("climb.figures_help"), *filter(None, told)]), "proof"))


def _cases(climbed: Climb, own: str) -> None:
    """Each case with what the two chosen configurations answered, those whose score fell first."""
    answers: Mapping[str, list[Climb]] = climbed.get("answers", {})
    rungs = [step["rung"] for step in climbed["steps"]]
    if not rungs:
        return
    st.html(safe.verbatim(text("climb.cases"), "heading"))
    end = climbed["kept"][-1] if climbed["kept"] else rungs[-1]
    first, second = _two_of([_START, *rungs], end)
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
    pairs = [(before.get(id), after[id]) for id in groups[str(which)]]
    case_view.cases(pairs, (_named(first), _named(second)), own)


def _two_of(names: Sequence[str], end: str) -> tuple[str, str]:
    """At first the start beside the end."""
    left, right = st.columns(2, gap="medium")
    first = left.selectbox(text("climb.case_first"), names, 0, format_func=_named, key=f"climb_first:{len(names)}")
    others = [name for name in names if name != first]
    second = right.selectbox(
        text("climb.case_second"),
        others,
        others.index(end if end in others else others[-1]),
        format_func=_named,
        key=f"climb_second:{first}:{len(names)}",
    )
    return str(first), str(second)


def _named(configuration: str) -> str:
    return text("climb.start") if configuration == _START else climb_words.rung(configuration)


def changed(before: Mapping[str, Climb], after: Mapping[str, Climb]) -> dict[str, list[str]]:
    """The cases that the second configuration broke and fixed, those of its own that are not right, and all of it."""
    both = [id for id in after if id in before and None not in (before[id]["score"], after[id]["score"])]
    return {
        "broke": [id for id in both if after[id]["score"] < before[id]["score"]],
        "fixed": [id for id in both if after[id]["score"] > before[id]["score"]],
        "wrong": [id for id, record in after.items() if record["score"] is not None and record["score"] < 1],
        "all": list(after),
    }
