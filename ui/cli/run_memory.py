"""`cairn memory`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from cairn.core.errors import UsageError
from cairn.memory.fact_store import Fact, Saved
from cairn.tools.memory_tools import tell
from cairn.ui import deletions
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.run_deleted import way_back
from cairn.ui.cli.terminal import moment, note, say, say_json, say_list

_FOUND = 10


def list_facts(home: Path | None, query: str | None, *, replaced: bool, as_json: bool) -> None:
    if query is not None and replaced:
        raise UsageError("A search and --all can't both be had.", "Only what holds is searched.")
    with opened(home) as app:
        facts = (
            app.workspace.facts.list(replaced=replaced) if query is None else app.workspace.facts.search(query, _FOUND)
        )
    columns = ["id", "since", "said by", "fact", *(["replaced"] if replaced else [])]
    nothing = 'Nothing is remembered yet: cairn memory add "prefers metric units"'
    say_list(facts, columns, lambda fact: _row(fact)[: len(columns)], nothing, as_json)


def add(home: Path | None, text: str, *, as_json: bool) -> None:
    with opened(home) as app:
        _say(app.workspace.facts.add(text), as_json)


def correct(home: Path | None, fact: str, text: str, *, as_json: bool) -> None:
    with opened(home) as app:
        _say(app.workspace.facts.correct(fact, text), as_json)


def forget(home: Path | None, fact: str | None, *, everything: bool) -> None:
    if (fact is None) != everything:
        raise UsageError("Say which fact, or --all.", "`cairn memory list` shows them.")
    with opened(home) as app:
        count = len(app.workspace.facts.list())
        kept = deletions.forget_facts(app, fact)
    note(f"Forgotten: {f'{count} facts' if fact is None else kept.name}. {way_back(kept)}")


def _say(saved: Saved, as_json: bool) -> None:
    if as_json:
        say_json(asdict(saved))
    else:
        say(f"{saved.fact.id[:8]}  {tell(saved)}")


def _row(fact: Fact) -> list[Any]:
    said_by = fact.said_by if fact.thread is None else f"{fact.said_by} in {fact.thread[:8]}"
    return [fact.id[:8], moment(fact.created), said_by, fact.text, fact.replaced and moment(fact.replaced)]
