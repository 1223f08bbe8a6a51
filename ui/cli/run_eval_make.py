"""`cairn eval make`: sets from a home."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cairn.agents.service import Cairn
from cairn.chains.bounded_calls import need_writer
from cairn.core.errors import UsageError
from cairn.core.settings import load_settings
from cairn.evals.asked_before import feedback_rows, learned_rows, sampled_questions
from cairn.evals.document_questions import ANSWER_TOKENS, FOLDER, Made, make_questions
from cairn.evals.judge import Judge
from cairn.evals.set_review import refuse_existing, write_draft
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.terminal import note, say, say_json


def make_feedback(home: Path | None, out: Path, as_json: bool) -> None:
    refuse_existing(out)
    with opened(home) as app:
        rows, left = feedback_rows(app.workspace)
        learned = learned_rows(app.workspace)
    told = [f"{count} {why}" for why, count in left.items() if count]
    if told:
        note(f"Verdicts that are left out: {', '.join(told)}.")
    if left["waiting"]:
        note("`cairn eval review` goes through those that wait.")
    _write(out, [*rows, *learned], as_json, {"left_out": left})
    _tell_review(out, len(learned))


def make_threads(home: Path | None, out: Path, number: int, seed: int, as_json: bool) -> None:
    refuse_existing(out)
    with opened(home) as app:
        sample = sampled_questions(app.workspace, number, seed)
    note(f"{sample.asked} questions were asked, {sample.twice} of them again; {sample.secret} with a secret left out.")
    counts = {"asked": sample.asked, "twice": sample.twice, "secret": sample.secret}
    _write(out, sample.rows, as_json, counts)
    note("Names and places are left in: read each question before you pass the file on.")
    _tell_review(out, len(sample.rows))


def make_documents(
    home: Path | None, out: Path, number: int, seed: int, *, model: str | None, base_url: str | None, as_json: bool
) -> None:
    """Whatever ends it, what was made is written."""
    refuse_existing(out)
    made = Made()
    with Cairn(load_settings(home, base_url=base_url, model=model)) as app:
        chat_model = app.workspace.chat_model(model, None, ANSWER_TOKENS)
        need_writer(chat_model, "cairn eval make documents")
        writer = Judge(chat_model, app.prompts, FOLDER)
        try:
            for done in make_questions(app.workspace, writer, number, made, seed):
                if done * 10 // number > (done - 1) * 10 // number:
                    note(f"{done} of {number}")
        finally:
            if failed := ", ".join(f"{count} {why}" for why, count in made.failed.items()):
                note(f"Left out: {failed}.")
            if made.rows:
                _write(out, made.rows, as_json, {"left_out": dict(made.failed), "model": writer.name})
                _tell_review(out, len(made.rows))
    if not made.rows:
        raise UsageError("No question came of it.", "Another model may write better: --model NAME.")


def _write(out: Path, rows: list[dict[str, Any]], as_json: bool, counts: Mapping[str, Any]) -> None:
    if not rows:
        raise UsageError("There is nothing yet to make a set of.", "See docs/evaluation.md, “Sets from what is there”.")
    write_draft(out, rows)
    if as_json:
        say_json({"file": str(out), "rows": len(rows), **counts})
    else:
        say(f"{out}: {len(rows)} questions")


def _tell_review(out: Path, waiting: int) -> None:
    if waiting:
        note(f"{waiting} of them count once they are accepted: cairn eval review {out}")
