"""`cairn eval` and `cairn climb`: the declarations; the work is in `run_eval*.py`, `run_sets.py` and `run_climb.py`.

What comes of answers is declared in `commands_eval_uses.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from cairn.ui.cli.flags import BaseUrl, Home, Json, ModelOption, PatchOption, command, group

if TYPE_CHECKING:
    from cairn.evals.evaluation_request import Wanted

_RUN = "run"


class _SetOrCommand(TyperGroup):
    """`cairn eval SET` is `cairn eval run SET`."""

    def parse_args(self, ctx: object, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = [_RUN, *args]
        return super().parse_args(ctx, args)  # type: ignore[arg-type]


evals = group("Evaluation: `cairn eval SET` asks a set of questions, and tells how good the answers are.", "eval")
evals.info.cls = _SetOrCommand
climbing = group("")

Set = Annotated[Path, typer.Argument(help="Questions with what is right: .json, .jsonl, .csv or .tsv; or `samples`.")]
Database = Annotated[str | None, typer.Option("--database", help="The registered database to ask.")]
Databases = Annotated[
    Path | None, typer.Option("--databases", help="A folder of SQLite files, each named as the set's db_id.")
]
SetTask = Annotated[str | None, typer.Option("--task", "-t", help="The task that answers (else as the gold is).")]
MetricOption = Annotated[
    str | None, typer.Option("--metric", help="The metric that is reported by tag, label…: see cairn plugins.")
]
JudgeOption = Annotated[str | None, typer.Option("--judge", help="The model that judges answers (else the setting).")]
FailUnder = Annotated[
    list[str] | None,
    typer.Option("--fail-under", help="Exit code 1 when a mean is lower: METRIC=X, as recall=.8. Repeatable."),
]
Name = Annotated[str, typer.Argument(help="An evaluation as `cairn eval list` names it, or its file.")]


@dataclass
class Asked:
    """What is asked, and of whom."""

    questions: Set
    database: Database = None
    databases: Databases = None
    task: SetTask = None
    model: ModelOption = None
    base_url: BaseUrl = None
    metric: MetricOption = None
    limit: Annotated[int | None, typer.Option("--limit", help="Only the first so many questions.", min=1)] = None
    workers: Annotated[int, typer.Option("--workers", help="How many questions at once.", min=1, max=64)] = 4

    def wanted(self, **more: Any) -> Wanted:
        """The same for who evaluates; the server's address is a setting."""
        from cairn.evals.evaluation_request import Wanted

        given = {name: value for name, value in vars(self).items() if name != "base_url"}
        return Wanted(**given, **more)


@dataclass
class Scored:
    """How answers are asked for and kept."""

    judge: JudgeOption = None
    repeat: Annotated[int, typer.Option("--repeat", help="Ask each so often; its score is the mean.", min=1)] = 1
    out: Annotated[Path | None, typer.Option("--out", help="Where each answer's record goes (.jsonl).")] = None
    fresh: Annotated[bool, typer.Option("--fresh", help="Use no answer that an earlier run was given.")] = False


@command(evals, _RUN)
def run(
    asked: Asked,
    scored: Scored,
    patch: PatchOption = None,
    vary: Annotated[
        list[str] | None,
        typer.Option("--vary", help="Evaluate once for each: KEY=A,B,C, as retrieval.k=3,5. Repeatable."),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="Ask an application at this OpenAI-compatible address, up to /v1.")
    ] = None,
    target_model: Annotated[
        str | None, typer.Option("--target-model", help="The model to ask it for (else the first that it names).")
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option("--predictions", help="Score this file's answers; nothing is asked.")
    ] = None,
    fail_under: FailUnder = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it ended; what failed is tried again.")] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Ask a set of questions, and score each answer by every metric that its row has the gold for."""
    from cairn.core.task import task_patch
    from cairn.ui.cli.run_eval import evaluate

    wanted = asked.wanted(
        **vars(scored),
        patch=task_patch(patch or []),
        target=target,
        target_model=target_model,
        predictions=predictions,
        resume=resume,
    )
    evaluate(home, wanted, asked.base_url, json, vary or (), fail_under or ())


@command(evals, "check")
def check(
    questions: Set, database: Database = None, databases: Databases = None, json: Json = False, home: Home = None
) -> None:
    """Try a set's golds, and look for rows that are there twice. Exit code 1 if a gold is wrong."""
    from cairn.evals.evaluation_request import Wanted
    from cairn.ui.cli.run_sets import check

    check(home, Wanted(questions, database, databases), json)


@command(evals, "split")
def split(
    questions: Set,
    held_out: Annotated[float, typer.Option("--held-out", help="How much is held out.", min=0.01, max=0.99)] = 0.3,
    seed: Annotated[int, typer.Option("--seed", help="Which of all such splits.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="The folder for both files.")] = None,
    json: Json = False,
) -> None:
    """Write a part to tune on and one to look at once, by group, with each label's share in both."""
    from cairn.ui.cli.run_sets import split

    split(questions, held_out, seed, out, json)


@command(evals, "list")
def list_(json: Json = False, home: Home = None) -> None:
    """The evaluations that are kept, newest first."""
    from cairn.ui.cli.run_eval_files import list_evaluations

    list_evaluations(home, json)


@command(evals, "show")
def show(
    name: Name,
    case: Annotated[
        str | None, typer.Argument(help="A case's id: its answers, and each score with its reason.")
    ] = None,
    metric: MetricOption = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """An evaluation's report, or one of its cases."""
    from cairn.ui.cli.run_eval_files import show

    show(home, name, case, metric, json)


@command(evals, "report")
def report(
    name: Name,
    out: Annotated[Path | None, typer.Option("--out", help="The page (else NAME.html, here).")] = None,
    metric: MetricOption = None,
    home: Home = None,
) -> None:
    """An evaluation as a page that opens from the disk: figures, and each case with passages, steps and reasons."""
    from cairn.ui.cli.run_eval_files import write_report

    write_report(home, name, out, metric)


@command(evals, "compare")
def compare(first: Name, second: Name, metric: MetricOption = None, json: Json = False, home: Home = None) -> None:
    """The difference of two evaluations of one set, case by case: interval, p, what was gained and lost."""
    from cairn.ui.cli.run_eval_files import compare

    compare(home, first, second, metric, json)


@command(evals, "rank")
def rank(
    names: Annotated[list[str], typer.Argument(help="Two evaluations of one set, or more.")],
    judge: JudgeOption = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Have a judge model compare answers in pairs, in both orders, and rate the evaluations on the Elo scale."""
    from cairn.ui.cli.run_eval_rank import rank

    rank(home, names, judge, json)


@command(evals, "rm")
def remove(names: Annotated[list[str], typer.Argument(help="Evaluations.")], home: Home = None) -> None:
    """Delete evaluations."""
    from cairn.ui.cli.run_eval_files import remove

    remove(home, names)


@command(climbing, "climb")
def climb(
    asked: Asked,
    patch: PatchOption = None,
    held_out: Annotated[
        Path | None, typer.Option("--held-out", help="A set that is opened once, at the end, to prove what was chosen.")
    ] = None,
    budget: Annotated[str | None, typer.Option("--budget", help="500calls (of models), 2usd or 20min.")] = None,
    ladder: Annotated[Path | None, typer.Option("--ladder", help="Your own rungs, as YAML.")] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Only rungs of this group, as examples. Repeatable.")
    ] = None,
    in_order: Annotated[
        bool, typer.Option("--in-order", help="The path as it is written, not as the failures suggest.")
    ] = False,
    down: Annotated[bool, typer.Option("--down", help="As good within the margin, and cheapest.")] = False,
    margin: Annotated[float, typer.Option("--margin", help="Of --down: how much worse is as good.", min=0)] = 0.02,
    no_proof: Annotated[bool, typer.Option("--no-proof", help="Choose only; test nothing at the end.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of the order of the cases, and of divisions.")] = 0,
    html: Annotated[Path | None, typer.Option("--html", help="Write the report with every case as one page.")] = None,
    svg: Annotated[Path | None, typer.Option("--svg", help="Write the picture of the ladder.")] = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Try one change after the other, keep what is worth it, and tell what of it is proven and what comes next."""
    from cairn.core.task import task_patch
    from cairn.evals.climb.climb_run import ClimbRequest
    from cairn.ui.cli.run_climb import climb

    wanted = asked.wanted(patch=task_patch(patch or []))
    request = ClimbRequest(
        wanted, held_out, ladder, only or (), budget, in_order, margin if down else None, seed, not no_proof
    )
    climb(home, request, asked.base_url, html, svg, json)
