"""A question asked otherwise in a conversation of its own, which begins as the old one did until then."""

from __future__ import annotations

from contextlib import suppress

from cairn.agents.service import Cairn, Handle
from cairn.core.errors import CairnError, UsageError


def ask_in_branch(home: Cairn, run: str, question: str) -> Handle:
    """Ask `question` in the place of that of `run`, as that one was asked. Raises what `Cairn.start` does."""
    thread = home.workspace.runs.find(run)[1]
    turns = home.workspace.runs.turns(thread)
    at = next((n for n, turn in enumerate(turns) if run in turn.versions), None)
    started = next((event.data for event in home.events(run)[:1] if event.type == "started"), None)
    if at is None or started is None:
        raise UsageError("That question had hardly been asked.", "Ask it anew.")
    branch = home.branch(thread, turns[at - 1].run) if at else None
    try:
        task, patch, model = started["task"], started.get("patch"), started["model"]
        return home.start(question, thread=branch, task=task, patch=patch, model=model, origin="page")
    except CairnError:
        if branch is not None:
            with suppress(CairnError):
                home.threads.delete(branch)
        raise
