"""A new climb: which set, of which task, what it may cost; it goes on in the background."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cairn.agents.service import Cairn
from cairn.evals.climb.climb_report import ClimbReport
from cairn.evals.climb.climb_run import ClimbRequest, Watcher, climb_in
from cairn.evals.climb.climbing import Step
from cairn.evals.climb.ladder import GROUPS, Configuration, Group
from cairn.evals.climb.sample_climb import sample_climb
from cairn.evals.eval_records import Record
from cairn.evals.eval_runner import USER
from cairn.evals.evaluation_request import Wanted
from cairn.evals.set_library import sets
from cairn.ui.web import background_jobs
from cairn.ui.web.html_pieces import Words
from cairn.ui.web.page_hints import report_here
from cairn.ui.web.page_texts import reader_language, text

JOB, SAMPLES_JOB = "climb", "samples' climb"
_GROUPS, _PROPOSED = "climb_groups", "climb_proposed"


def form(cairn: Cairn) -> None:
    fold = st.expander(text("climb.new"), icon=":material/stairs:", expanded=_PROPOSED in st.session_state)
    with fold, st.form("climb", border=False):
        known = sets(cairn.settings)
        left, right = st.columns(2, gap="medium")
        chosen = left.selectbox(text("climb.set"), known, format_func=lambda one: one.name, key="climb_set")
        task = right.selectbox(text("menus.task"), cairn.prompts.tasks(), None, placeholder=text("climb.task_by_gold"))
        groups = left.multiselect(
            text("climb.groups"),
            GROUPS,
            format_func=lambda group: report_here(group, text),
            placeholder=text("climb.all_groups"),
            key=_GROUPS,
        )
        budget = right.text_input(text("climb.budget"), placeholder="500calls, 2usd, 20min")
        if st.form_submit_button(text("climb.go"), type="primary", icon=":material/play_arrow:"):
            st.session_state.pop(_PROPOSED, None)
            wanted = Wanted(chosen.file, task=task, model=st.session_state.get("model"))
            begin(cairn, ClimbRequest(wanted, groups=groups, budget=budget or None))


def propose(group: Group) -> None:
    """Open the form with this kind of rungs chosen."""
    st.session_state.evaluation_view = "climb"
    st.session_state[_GROUPS], st.session_state[_PROPOSED] = [group], True


def begin(cairn: Cairn, request: ClimbRequest) -> None:
    """In the background, as the user of evaluations."""
    settings = cairn.settings.model_copy(update={"user": USER})
    say = partial(text, language=reader_language())

    def climb(job: background_jobs.Job) -> ClimbReport:
        with Cairn(settings) as app:
            return climb_in(app, request, _watching(job, say), settings.home)

    background_jobs.start(JOB, climb)
    st.rerun()


def begin_samples(cairn: Cairn) -> None:
    """The ladder of the samples, from recorded answers: so that there is one to look at without a key."""
    say = partial(text, language=reader_language())
    background_jobs.start(SAMPLES_JOB, lambda job: sample_climb(cairn.settings.home, watcher=_watching(job, say)))
    st.rerun()


def _watching(job: background_jobs.Job, say: Words) -> Watcher:
    def show(configuration: Configuration, _record: Record) -> None:
        job.step(configuration.rungs[-1] if configuration.rungs else say("climb.start"))

    def step(done: Step) -> None:
        job.told = [*job.told[-9:], f"{done.rung.name}: {done.comparison.second:.3f}, {report_here(done.reason, say)}"]

    return Watcher(lambda told: None, show, step)
