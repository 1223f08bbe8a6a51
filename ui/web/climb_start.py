"""A new climb: which set, of which task, what it may cost; it goes on in the background."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from cairn.agents.service import Cairn
from cairn.evals.climb.climb_report import ClimbReport
from cairn.evals.climb.climb_run import ClimbRequest, Watcher, climb_in
from cairn.evals.climb.climbing import Step
from cairn.evals.climb.ladder import GROUPS, Configuration, Group
from cairn.evals.eval_records import Record
from cairn.evals.eval_runner import USER
from cairn.evals.evaluation_request import Wanted
from cairn.evals.set_library import sets
from cairn.ui.web import background_jobs, climb_words, sidebar
from cairn.ui.web.page_texts import reader_language, text

JOB = "climb"
_GROUPS, _PROPOSED = "climb_groups", "climb_proposed"


def form(cairn: Cairn) -> None:
    fold = st.expander(text("climb.new"), icon=":material/stairs:", expanded=_PROPOSED in st.session_state)
    with fold:
        sidebar.model_menu(cairn, "climb.builtin", JOB)
    with fold, st.form("climb", border=False):
        known = sets(cairn.settings)
        left, right = st.columns(2, gap="medium")
        chosen = left.selectbox(text("climb.set"), known, format_func=lambda one: one.name, key="climb_set")
        task = right.selectbox(text("menus.task"), cairn.prompts.tasks(), None, placeholder=text("climb.task_by_gold"))
        groups = left.multiselect(
            text("climb.groups"),
            GROUPS,
            format_func=climb_words.group,
            placeholder=text("climb.all_groups"),
            help=text("climb.groups_help"),
            key=_GROUPS,
        )
        budget = right.text_input(text("climb.budget"), placeholder=text("climb.no_budget"))
        if st.form_submit_button(text("climb.go"), type="primary", icon=":material/play_arrow:"):
            st.session_state.pop(_PROPOSED, None)
            wanted = Wanted(chosen.file, task=task, model=sidebar.chosen_model(JOB))
            begin(cairn, ClimbRequest(wanted, groups=groups, budget=budget or None))


def propose(group: Group) -> None:
    """Open the form with this kind of steps chosen."""
    st.session_state.evaluation_view = "climb"
    st.session_state[_GROUPS], st.session_state[_PROPOSED] = [group], True


def begin(cairn: Cairn, request: ClimbRequest) -> None:
    """In the background, as the user of evaluations."""
    settings = cairn.settings.model_copy(update={"user": USER})
    language = reader_language()

    def climb(job: background_jobs.Job) -> ClimbReport:
        progress = Progress(job, language)
        watcher = Watcher(progress.tell, progress.show, progress.step, progress.begin)
        with Cairn(settings) as app:
            report = climb_in(app, request, watcher, settings.home)
        progress.end()
        return report

    background_jobs.start(JOB, climb)
    st.rerun()


class Progress:
    """What a climb tells, as how far its job is: `step 2 of 7: 3 passages, question 5 of 24`."""

    def __init__(self, job: background_jobs.Job, language: str) -> None:
        self._job, self._language, self._say = job, language, partial(text, language=language)
        job.counted = False
        self._steps = self._cases = self._tried = self._asked = self._shown = self._known = 0
        self._now = ""
        self._proving = False

    def begin(self, steps: int, cases: int) -> None:
        self._steps, self._cases = steps, cases

    def tell(self, _told: str) -> None:
        """Once it has begun, what is said in words is that it goes on to the proof."""
        self._proving = self._cases > 0

    def show(self, configuration: Configuration, record: Record) -> None:
        self._shown, self._known = self._shown + 1, self._known + record.cached
        self._asked = self._asked + 1 if configuration.key == self._now else 1
        self._now = configuration.key
        place = 1 + self._tried if configuration.rungs else 0
        total = (1 + self._steps) * self._cases
        if self._proving:
            self._job.progress(total, total, self._say("climb.proving", question=self._asked))
            return
        rung = configuration.rungs[-1] if configuration.rungs else None
        name = climb_words.rung(rung, self._language) if rung else self._say("climb.start")
        at: dict[str, Any] = {
            "step": place,
            "steps": self._steps,
            "name": name,
            "question": self._asked,
            "cases": self._cases,
        }
        self._job.progress(place * self._cases + self._asked, total, self._say("climb.at", **at))

    def step(self, _done: Step) -> None:
        self._tried += 1

    def end(self) -> None:
        self._job.tell_known(self._known, self._shown, self._say)
