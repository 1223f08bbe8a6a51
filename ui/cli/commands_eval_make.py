"""`cairn eval make` and `cairn eval review`: sets from a home, looked through before they count."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cairn.ui.cli.flags import BaseUrl, Home, Json, ModelOption, group
from cairn.ui.cli.shared_flags import command

make = group("Sets from your home: people's verdicts, their questions, your documents.")
reviews = group("")
Out = Annotated[Path | None, typer.Option("--out", help="The set's file: .jsonl, .json, .csv or .tsv.")]
Number = Annotated[int, typer.Option("-n", "--number", help="How many questions.", min=1, max=10_000)]
Seed = Annotated[int, typer.Option("--seed", help="Which of all such samples.")]


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


@command(reviews, "review")
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
