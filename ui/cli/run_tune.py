"""`cairn tune`: learn from one's own questions, and say what it brought."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cairn.retrieval.question_pairs import read_pairs
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.run_documents import progress
from cairn.ui.cli.terminal import note, say, say_json

if TYPE_CHECKING:
    from cairn.retrieval.tuning import Change, Outcome

_SCRIPTS = {"cjk": "Chinese, Japanese and Korean questions", "other": "questions in other scripts"}


def tune(home: Path | None, file: Path, collection: str | None, dry_run: bool, as_json: bool) -> None:
    pairs = read_pairs(file)
    with opened(home) as app, progress() as report:
        collections = None if collection is None else [collection]
        outcome = app.workspace.library.tune(pairs, collections, report, keep=not dry_run)
    if as_json:
        say_json(_as_dict(outcome, kept=not dry_run))
        return
    unknown = f", of which {outcome.unknown} found nothing that the file names as right" if outcome.unknown else ""
    say(f"{outcome.questions} questions{unknown}.")
    for change in outcome.changes:
        say(_line(change, dry_run))
    if not outcome.changes:
        note("Nothing to tune: the embedding model does not know these questions' script.")
    if any(change.name == "adapter" and change.helps for change in outcome.changes):
        note("The map is used where a task's `retrieval` says `adapter: true`.")


def _line(change: Change, dry_run: bool) -> str:
    what = (
        "map of question vectors"
        if change.old is None
        else f"weight of the vectors for {_SCRIPTS.get(change.name, change.name)}, {change.old:g} to {change.new:g}"
    )
    gain = change.after - change.before
    told = f"MRR@10 {change.before:.3f} to {change.after:.3f} on questions it was not chosen on"
    interval = f"{gain:+.3f}, 95 %: {change.low:+.3f} to {change.high:+.3f}"
    return f"{what}: {told} ({interval}): {_verdict(change, dry_run)}"


def _verdict(change: Change, dry_run: bool) -> str:
    if not change.helps:
        return "not surely better, left as it is."
    return "it would help." if dry_run else "kept."


def _as_dict(outcome: Outcome, *, kept: bool) -> dict[str, object]:
    changes = [asdict(change) | {"helps": change.helps, "kept": kept and change.helps} for change in outcome.changes]
    return {"questions": outcome.questions, "unknown": outcome.unknown, "changes": changes}
