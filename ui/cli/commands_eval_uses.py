"""`cairn eval promote`, `label`, `export`, `review`…: what comes of answers, and sets that are made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cairn.ui.cli.commands_eval import Asked, Database, Databases, FailUnder, Name, Scored, SetTask, evals
from cairn.ui.cli.flags import BaseUrl, Home, Json, ModelOption, PatchOption, command, group

make = group("Sets from your home: people's verdicts, their questions, your documents.")
Anyway = Annotated[bool, typer.Option("--anyway", help="Also where something has changed since.")]
Labelled = Annotated[str | None, typer.Option("--metric", help="What is labelled (else the first of a judge's).")]
Out = Annotated[Path | None, typer.Option("--out", help="The set's file: .jsonl, .json, .csv or .tsv.")]
Number = Annotated[int, typer.Option("-n", "--number", help="How many questions.", min=1, max=10_000)]
Seed = Annotated[int, typer.Option("--seed", help="Which of all such samples.")]


@command(evals, "promote")
def promote(name: Name, anyway: Anyway = False, json: Json = False, home: Home = None) -> None:
    """Make live what an evaluation measured: its task, template, patch and model, from the next question on."""
    from cairn.ui.cli.run_eval_live import promote

    promote(home, name, anyway, json)


@command(evals, "rollback")
def rollback(
    task: Annotated[str | None, typer.Argument(help="The task (else that of the last promotion).")] = None,
    steps: Annotated[int, typer.Option("--steps", help="How many promotions to take back.", min=1)] = 1,
    listed: Annotated[bool, typer.Option("--list", help="Only list what was promoted.")] = False,
    anyway: Anyway = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Have back what was live before the last promotion."""
    from cairn.ui.cli.run_eval_live import list_promotions, rollback

    if listed:
        list_promotions(home, task, json)
    else:
        rollback(home, task, steps, anyway, json)


@command(evals, "gate")
def gate(
    asked: Asked,
    scored: Scored,
    baseline: Annotated[str | None, typer.Option("--baseline", help="An evaluation (else the promoted one).")] = None,
    margin: Annotated[float, typer.Option("--margin", help="A loss that is small enough.", min=0, max=1)] = 0.02,
    strict: Annotated[bool, typer.Option("--strict", help="Shut unless it is shown to be as good.")] = False,
    fail_under: FailUnder = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML, one testcase a case.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write a table for a pull request.")] = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Ask the live task, and compare with the baseline. Exit code 1 when it got worse by more than the margin.

    Without --task it is the baseline's task that is asked.
    """
    from cairn.ui.cli.run_eval_live import Bounds, gate

    wanted = asked.wanted(**vars(scored))
    bounds = Bounds(margin, strict, tuple(fail_under or ()))
    gate(home, wanted, baseline, bounds, junit, markdown, base_url=asked.base_url, as_json=json)


@command(evals, "label")
def label(
    name: Name,
    metric: Labelled = None,
    seed: Annotated[int, typer.Option("--seed", help="Which of all orders.")] = 0,
    home: Home = None,
) -> None:
    """Say of an evaluation's answers whether they are good, without seeing their scores. Ctrl-C keeps what was said."""
    from cairn.ui.cli.run_eval_labels import label

    label(home, name, metric, seed)


@command(evals, "agree")
def agree(
    name: Name,
    metric: Labelled = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="From which score on it says yes.", min=0, max=1)
    ] = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Hold a judge against people's labels; from then on its figures are corrected by them."""
    from cairn.ui.cli.run_eval_labels import agree

    agree(home, name, metric, threshold, json)


@command(evals, "export")
def export(
    sets: Annotated[
        list[Path] | None, typer.Argument(help="Sets with what is right, beside what was accepted.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The file (.jsonl); else standard output.")] = None,
    held_out: Annotated[
        Path | None, typer.Option("--held-out", help="A set that must not be trained on: what is like it is left out.")
    ] = None,
    task: SetTask = None,
    patch: PatchOption = None,
    feedback: Annotated[
        bool, typer.Option("--feedback/--no-feedback", help="Also what was accepted of people's verdicts.")
    ] = True,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", help="Leave longer rows out.", min=1)] = None,
    model: ModelOption = None,
    database: Database = None,
    databases: Databases = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Write checked rows in chat format to tune a model on. What to know of them is told on standard error."""
    from cairn.core.task import task_patch
    from cairn.evals.evaluation_request import Wanted
    from cairn.ui.cli.run_eval_export import Source, export

    changes = task_patch(patch or [])
    wanted = [Wanted(one, database, databases, task=task, patch=changes) for one in sets or []]
    source = Source(wanted, feedback, held_out, max_tokens, model)
    export(home, source, out, json)


@command(make, "feedback")
def feedback(out: Out = None, json: Json = False, home: Home = None) -> None:
    """A set of the verdicts and corrections that were accepted, and of learned queries to be looked through."""
    from cairn.ui.cli.run_eval_make import make_feedback

    make_feedback(home, out or Path("feedback.jsonl"), json)


@command(make, "threads")
def threads(out: Out = None, number: Number = 50, seed: Seed = 0, json: Json = False, home: Home = None) -> None:
    """A random sample of what was really asked, to be given what is right."""
    from cairn.ui.cli.run_eval_make import make_threads

    make_threads(home, out or Path("threads.jsonl"), number, seed, json)


@command(make, "documents")
def documents(
    out: Out = None,
    number: Number = 50,
    seed: Seed = 0,
    model: ModelOption = None,
    base_url: BaseUrl = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Questions on your documents, written by a model, some without an answer; to be looked through."""
    from cairn.ui.cli.run_eval_make import make_documents

    make_documents(home, out or Path("documents.jsonl"), number, seed, model=model, base_url=base_url, as_json=json)


@command(evals, "review")
def review(
    draft: Annotated[
        Path | None, typer.Argument(help="A set with rows to look through; else what people said of answers.")
    ] = None,
    home: Home = None,
) -> None:
    """Accept, refuse or edit what is to become a set, one by one. Ctrl-C keeps what was decided."""
    from cairn.ui.cli.run_eval_review import review_draft, review_feedback

    if draft is None:
        review_feedback(home)
    else:
        review_draft(draft)
