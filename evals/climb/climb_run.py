"""A climb from a set to its report: what `cairn climb` and programs run."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as File
from typing import Any

from cairn.agents.assembly import build
from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.core.task import merged
from cairn.core.whole_files import write_whole
from cairn.evals.cases import Case
from cairn.evals.climb.climb_report import Change, ClimbReport, changes
from cairn.evals.climb.climbing import BudgetSpent, Climb, Outcomes, Path, Step, in_order
from cairn.evals.climb.failure_diagnosis import by_diagnosis
from cairn.evals.climb.ladder import PACKAGED, Configuration, Rung, fitting, read_ladder
from cairn.evals.climb.ladder_verdicts import CrossFit, Verdict, cross_fit, held_out_verdicts
from cairn.evals.climb.learned_rungs import Learner, taught_by
from cairn.evals.climb.look_ledger import looks_at, write_look
from cairn.evals.climb.measuring import Measuring, read_budget, there_is
from cairn.evals.eval_records import Record
from cairn.evals.eval_report import summarise
from cairn.evals.eval_runner import Scoring, patch_of
from cairn.evals.evaluation_request import Wanted, placed_cases, task_for
from cairn.evals.set_formats import digest
from cairn.models.training_notes import notes_of_model

ENOUGH = 150
"""Cases from which on a set without a held-out part is divided; with fewer the climb is cross-fitted."""
_HELD_OUT_SHARE = 0.4
_LONGEST_QUOTE = 400


@dataclass(frozen=True)
class ClimbRequest:
    """What is to be climbed.

    Args:
        wanted: The set, the task and its patch, the model, the metric.
        held_out: A set to prove on. None: a large set is divided, with a small one the climb is cross-fitted.
        ladder: The file of rungs; None for the packaged ones.
        groups: Only rungs of these groups; none is all.
        budget: `500calls`, `2usd`, `20min`; None is none.
        as_written: Rungs in the order of the file, in place of the order that the failures suggest.
        margin: None to climb; else go down: cheaper, and at most so much worse.
        seed: Of the order of the cases and of divisions.
        prove: Whether what was chosen is tested at the end.
    """

    wanted: Wanted
    held_out: File | None = None
    ladder: File | None = None
    groups: Sequence[str] = ()
    budget: str | None = None
    as_written: bool = False
    margin: float | None = None
    seed: int = 0
    prove: bool = True


@dataclass(frozen=True)
class Watcher:
    """Who is told what happens: in words, of each answer, of each rung as it ends.

    `begin` is told how many rungs may be tried on how many cases.
    """

    tell: Callable[[str], None] = lambda text: None
    show: Callable[[Configuration, Record], None] = lambda configuration, record: None
    step: Callable[[Step], None] = lambda step: None
    begin: Callable[[int, int], None] = lambda rungs, cases: None


@dataclass
class Ascent:
    """One climb that is about to run; what can be wrong has been found."""

    app: Cairn
    request: ClimbRequest
    tell: Callable[[str], None]
    show: Callable[[Configuration, Record], None] = lambda configuration, record: None
    on_step: Callable[[Step], None] = lambda step: None
    _tuning: list[str] = field(default_factory=list[str])
    _held_out: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        wanted = self.request.wanted
        cases = placed_cases(self.app, wanted)
        held_out = self._held_out_cases() if self.request.held_out else []
        self.task = wanted.task or task_for(cases, self.app.settings.task)
        assistant = build(self.app.workspace, self.task, merged(wanted.patch, patch_of(cases[0])), wanted.model)
        self.model = assistant.model
        self.settings = assistant.task.model_dump(mode="json")
        self.collections = assistant.task.retrieval.collections
        tuned = self.model if notes_of_model(self.model) else None
        self.start = Configuration(dict(wanted.patch), wanted.model or tuned)
        self.cases = [*cases, *held_out]
        self.groups = {case.id: case.group for case in self.cases if case.group} or None
        self.primary = wanted.metric or _primary(cases)
        self.rungs = self._rungs(assistant.task.strategy, there_is(self.app, self.task, cases, assistant.generative))
        self._tuning, self._held_out = [case.id for case in cases], [case.id for case in held_out]
        if not held_out and self.request.prove and len(cases) >= ENOUGH:
            self._divide()
        self._refuse_taught()
        scoring = Scoring(self.app.workspace, self.cases)
        self.budget = read_budget(self.request.budget)
        self.measuring = Measuring(
            self.app, self.task, self.cases, self.primary, scoring, self.budget, wanted.workers, self.show
        )

    def run(self) -> ClimbReport:
        """Climb, then prove. Raises CairnError; what was answered is known to the same command again."""
        climb = self._climb(self.on_step)
        path = climb.run(self.start, self.rungs, self._tuning, self.request.seed)
        try:
            verdicts, fitted, looks = self._proven(path)
        except BudgetSpent as spent:
            self.tell(f"{spent} Nothing is proven; the same command goes on from here.")
            verdicts, fitted, looks = [], None, 0
        return ClimbReport(
            set=self.request.wanted.questions.name,
            task=self.task,
            model=self.model,
            primary=self.primary,
            path=path,
            verdicts=verdicts,
            cross_fit=fitted,
            looks=looks,
            unjudged=self._unjudged(),
            groups=self.groups,
            changes=self._changes(path),
        )

    def _changes(self, path: Path) -> list[Change]:
        found = changes(self.settings, path.end.patch)
        if path.end.model != path.start.model:
            found.append(Change("model", self.model, path.end.model))
        return found

    @property
    def tuning(self) -> int:
        """How many cases choose."""
        return len(self._tuning)

    def _climb(self, tell: Callable[[Step], None]) -> Climb:
        choose = in_order if self.request.as_written or self.request.margin is not None else by_diagnosis
        by_id = {case.id: case for case in self.cases}
        learner = Learner(self.app.workspace.library, by_id, self.collections, self.groups, self.request.seed)
        return Climb(self.measuring, choose, self.groups, margin=self.request.margin, tell=tell, learn=learner)

    def _proven(self, path: Path) -> tuple[list[Verdict], CrossFit | None, int]:
        """Nothing is opened, nor asked again, where nothing was kept."""
        if not self.request.prove or not path.kept:
            return [], None, 0
        if self._held_out:
            folder, opened = self.app.settings.home / "evals", self._opened()
            looks = len(looks_at(folder, opened))
            self.tell("The held-out part is opened: the end against the start first.")
            verdicts = held_out_verdicts(path, self.measuring, self._held_out, self.groups)
            write_look(folder, opened, self.task, {one.what: one.proof for one in verdicts})
            return verdicts, None, looks
        self.tell("Too few cases to hold a part out: the climb is made anew without each fifth of them.")
        climb = self._climb(lambda step: None)

        def again(cases: Sequence[str]) -> Path:
            return climb.run(self.start, self.rungs, cases, self.request.seed)

        return [], cross_fit(again, self.measuring, path, self._tuning, self.groups, self.request.seed), 0

    def _opened(self) -> str:
        """What the ledger knows the held-out part by."""
        file = self.request.held_out or self.request.wanted.questions
        part = "" if self.request.held_out else f", part {self.request.seed}"
        return f"{digest(file)}{part}"

    def _held_out_cases(self) -> list[Case]:
        """Their ids may be those of the other set."""
        wanted = replace(self.request.wanted, questions=self.request.held_out or File(), limit=None)
        return [replace(case, id=f"held out {case.id}") for case in placed_cases(self.app, wanted)]

    def _divide(self) -> None:
        from cairn.evals.climb.ladder_verdicts import fold

        parts = fold(self._tuning, self.groups, self.request.seed, round(1 / _HELD_OUT_SHARE * 2))
        count = max(1, round(len(parts) * _HELD_OUT_SHARE))
        self._held_out = [case for part in parts[:count] for case in part]
        held = set(self._held_out)
        self._tuning = [case for case in self._tuning if case not in held]

    def _refuse_taught(self) -> None:
        """A model can't be judged on what it was trained on."""
        for name, model in [("the start", self.model), *((f"rung {rung.name}", rung.model) for rung in self.rungs)]:
            if taught := taught_by(model, self.cases):
                raise UsageError(
                    f"The model of {name} was trained on {len(taught)} of these cases, as {taught[0]}.",
                    "Train it with `cairn models tune --folds 5`, or take cases that it was not trained on.",
                )

    def _rungs(self, strategy: str, there: set[str]) -> list[Rung]:
        known = read_ladder(self.request.ladder or PACKAGED)
        found = [rung for rung in fitting(known, strategy, there) if _is_of(rung, self.request.groups)]
        if not found:
            raise UsageError(
                "No rung of this ladder can help here.",
                f"Task {self.task} has strategy {strategy}; there is: {', '.join(sorted(there)) or 'nothing'}.",
            )
        return found

    def _unjudged(self) -> dict[str, str]:
        first = self.measuring.records.get(self.start.key, {})
        return {
            record.id: score.reason
            for record in first.values()
            if (score := record.scores.get(self.primary)) is not None and score.value is None
        }


def _is_of(rung: Rung, groups: Sequence[str]) -> bool:
    return not groups or rung.group in groups


def _primary(cases: Sequence[Case]) -> str:
    """The metric that a report would be about, known before anything is asked.

    Of a set whose golds differ, not one that the lesser part of the cases has: the others would not be judged.
    """
    from cairn.evals.metrics import Score, applicable

    asked = [case for case in cases if not case.refuse] or cases
    counts = Counter(plugin.name for case in asked for plugin in applicable(case, judged=False) if plugin.needs)
    most = max(counts.values(), default=0)
    empty = Record("", 0, "", {}, {name: Score(None) for name, count in counts.items() if 2 * count >= most})
    return summarise([empty]).primary


def climb_in(
    app: Cairn, request: ClimbRequest, watcher: Watcher, home: File, model_name: str | None = None
) -> ClimbReport:
    """Climb, and write the report down.

    Args:
        app: The home that is asked.
        request: What is to be climbed.
        watcher: Who is told what happens.
        home: Where the report is kept, in `evals/climbs`.
        model_name: What the report calls the model; None for its own name.

    Raises:
        CairnError: What was answered is known to the same command again.
    """
    ascent = Ascent(app, request, watcher.tell, watcher.show, watcher.step)
    ascent.model = model_name or ascent.model
    watcher.tell(f"Task {ascent.task}, {ascent.model}, {len(ascent.rungs)} rungs, metric {ascent.primary}.")
    watcher.begin(len(ascent.rungs), ascent.tuning)
    report = ascent.run()
    return replace(report, file=save_climb(report, ascent.measuring.records, home / "evals"))


def save_climb(report: ClimbReport, records: Mapping[str, Mapping[str, Record]], folder: File) -> File:
    """Write the report, and what each configuration answered, where the page finds them. Raises StorageError."""
    configurations = {"start": report.path.start, **{one.rung.name: one.configuration for one in report.path.steps}}
    outcomes = {"start": report.path.first, **{one.rung.name: one.outcomes for one in report.path.steps}}
    answers: dict[str, Any] = {
        name: [_written(one, report.primary, outcomes[name]) for one in records.get(configuration.key, {}).values()]
        for name, configuration in configurations.items()
    }
    stamp = time.strftime("%Y%m%d-%H%M%S")
    path = folder / "climbs" / f"{stamp}-{File(report.set).stem}.json"
    text = json.dumps({**report.as_dict(), "answers": answers}, ensure_ascii=False)
    write_whole(path, text, "Free room in the home.")
    return path


def _written(record: Record, primary: str, outcomes: Outcomes) -> dict[str, Any]:
    score = record.scores.get(primary) or record.scores.get("refused")
    return {
        "id": record.id,
        "question": record.question,
        "answer": record.answer.get("answer"),
        "error": record.answer.get("error"),
        "score": score.value if score else None,
        "reason": score.reason if score else "",
        "failure": outcomes[record.id].failure if record.id in outcomes else None,
        "sources": [
            {"source": source["source"], "quote": _beginning(source["quote"])}
            for source in record.answer.get("sources", [])
        ],
        "steps": [{"tool": step["tool"], "arguments": step["arguments"]} for step in record.answer.get("steps", [])],
        "tokens": record.usage,
    }


def _beginning(quote: str) -> str:
    """No word in its middle; where words have no blanks between them, so many letters."""
    if len(quote) <= _LONGEST_QUOTE:
        return quote
    words = quote[: _LONGEST_QUOTE + 1].rsplit(maxsplit=1)[0]
    whole = _LONGEST_QUOTE // 2 < len(words) <= _LONGEST_QUOTE
    return f"{words if whole else quote[:_LONGEST_QUOTE]}…"
