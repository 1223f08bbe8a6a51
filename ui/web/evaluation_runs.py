"""Evaluations: run, read, compared case by case, made live and taken back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from cairn.agents.service import Cairn
from cairn.evals.eval_comparison import EvaluationComparison, compare_records
from cairn.evals.eval_records import Record, read_records
from cairn.evals.eval_report import Report, summarise
from cairn.evals.eval_runner import USER
from cairn.evals.evaluation_request import Wanted, records_folder
from cairn.evals.paired_comparison import p_told
from cairn.evals.promotion import all_promotions, promote
from cairn.evals.set_evaluation import Evaluation
from cairn.evals.set_library import sets
from cairn.ui import deletions
from cairn.ui.web import (
    background_jobs,
    case_view,
    climb_words,
    deleted_things,
    made_live,
    page_messages,
    safe,
    sidebar,
)
from cairn.ui.web.html_pieces import Words
from cairn.ui.web.page_texts import reader_language, text

JOB = "evaluation"


def view(cairn: Cairn) -> None:
    _form(cairn)
    background_jobs.follow(JOB)
    files = sorted(records_folder(cairn.settings).glob("*.jsonl"), reverse=True)
    if not files:
        st.html(safe.note(text("runs.none"), "note"))
        return
    left, right = st.columns(2, gap="medium")
    file = left.selectbox(text("runs.which"), files, format_func=lambda one: one.stem, key="run_file")
    other = right.selectbox(
        text("runs.against"),
        [one for one in files if one != file],
        None,
        format_func=lambda one: one.stem,
        key="run_other",
        placeholder=text("runs.against_none"),
    )
    measured, records = read_records(file)
    _live(cairn, file)
    if other is None:
        _one(cairn, file, measured, records)
    else:
        before = read_records(other)[1]
        found = compare_records(before, records)
        _two(found)
        _made_live(cairn, file, measured)
        _changed(found, (other.stem, file.stem), before, records)


def _form(cairn: Cairn) -> None:
    fold = st.expander(text("runs.new"), icon=":material/play_circle:")
    with fold:
        sidebar.model_menu(cairn, "climb.builtin", JOB)
    with fold, st.form("evaluation", border=False):
        left, right = st.columns(2, gap="medium")
        chosen = left.selectbox(
            text("climb.set"), sets(cairn.settings), format_func=lambda one: one.name, key="eval_set"
        )
        task = right.selectbox(text("menus.task"), cairn.prompts.tasks(), None, placeholder=text("climb.task_by_gold"))
        if st.form_submit_button(text("runs.go"), type="primary", icon=":material/play_arrow:"):
            wanted = Wanted(chosen.file, task=task, model=sidebar.chosen_model(JOB), resume=True)
            say = partial(text, language=reader_language())
            background_jobs.start(JOB, partial(_evaluate, cairn, wanted, say))
            st.rerun()


def _evaluate(cairn: Cairn, wanted: Wanted, say: Words, job: background_jobs.Job) -> str:
    settings = cairn.settings.model_copy(update={"user": USER})
    asked = 0

    def show(record: Record) -> None:
        nonlocal asked
        asked += not record.cached
        job.step(record.question[:60])

    with Cairn(settings) as app:
        evaluation = Evaluation(app, wanted, job.told.append)
        job.total = evaluation.left
        evaluation.run(show)
        count = len(evaluation.records())
        job.tell_known(count - asked, count, say)
        return evaluation.record_file.path.name


def _live(cairn: Cairn, file: Path) -> None:
    """What was made live last, with the way back, where it is not this measurement."""
    if not (known := all_promotions(cairn.workspace)) or known[-1].evaluation == file.stem:
        return
    last = known[-1]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(safe.verbatim(text("runs.live", task=last.task, evaluation=last.evaluation), "caption"))
        made_live.undo_button(cairn, last.task)


def _one(cairn: Cairn, file: Path, measured: dict[str, Any], records: list[Record]) -> None:
    report = summarise(records)
    st.html(safe.verbatim(_figure(report), "figure"))
    if (left := report.cases - report.figure.cases) > 0:
        st.html(safe.note(text("climb.unjudged", count=left), "notice"))
    st.html(safe.verbatim(_measured(measured), "caption"))
    _made_live(cairn, file, measured)
    st.button(text("sets.delete"), icon=":material/delete:", type="tertiary", on_click=_delete, args=(cairn, file))
    ordered = sorted(records, key=lambda record: record.value(report.primary) or 0)
    case_view.cases([(None, case_view.told(record, report.primary)) for record in ordered], ("", file.stem))


def _made_live(cairn: Cairn, file: Path, measured: dict[str, Any]) -> None:
    """The button that makes it live, or the way back; recorded answers can't be live."""
    if "task" not in measured:
        return
    task = measured["task"]["name"]
    if made_live.is_live(cairn, task, file.stem):
        made_live.live(cairn, task, text("runs.live", task=task, evaluation=file.stem))
        return
    go = partial(promote, cairn.workspace, file, measured)
    st.button(text("runs.promote", task=task), icon=":material/publish:", on_click=made_live.make, args=(go,))


def _figure(report: Report) -> str:
    """`execution 76.0 % of 25 cases; 12 not right`, with what could not be judged apart."""
    one = report.figure
    mean = "–" if one.mean is None else f"{one.mean:.1%}"
    tokens = f"{report.input_tokens + report.output_tokens:,}" if report.input_tokens and report.output_tokens else "–"
    return text("runs.figure", metric=climb_words.metric(report.primary), mean=mean, count=one.cases, tokens=tokens)


def _measured(measured: dict[str, Any]) -> str:
    """`questions.csv · documents · gpt-5`: the set, and what answered and judged it."""
    task = measured.get("task", {}).get("name")
    asked = (measured.get(name) for name in ("model", "target", "database", "judge"))
    return " · ".join(filter(None, [measured["set"], task, *asked]))


def _two(found: EvaluationComparison) -> None:
    one = found.comparison
    told = text(
        "runs.compared",
        metric=climb_words.metric(found.metric),
        first=f"{one.first:.1%}",
        second=f"{one.second:.1%}",
        difference=f"{one.difference:+.1%}",
        low=f"{one.low:+.1%}",
        high=f"{one.high:+.1%}",
        p=p_told(one.p),
        count=one.cases,
    )
    st.html(safe.verbatim(told, "figure"))
    verdicts = {"better": "runs.better", "worse": "runs.worse", "open": "runs.open"}
    st.html(safe.note(text(verdicts[one.verdict]), "note"))


def _changed(found: EvaluationComparison, names: tuple[str, str], before: list[Record], after: list[Record]) -> None:
    """The cases that are right in one of the two only, those that were lost first."""
    lost, gained = found.comparison.lost, found.comparison.gained
    known = [{record.id: case_view.told(record, found.metric) for record in records} for records in (before, after)]
    st.html(safe.verbatim(text("runs.changed", lost=len(lost), gained=len(gained)), "heading"))
    case_view.cases([(known[0][id], known[1][id]) for id in (*lost, *gained)], names)


def _delete(cairn: Cairn, file: Path) -> None:
    with page_messages.telling():
        deleted_things.tell(cairn, deletions.delete_evaluation(cairn, file))
