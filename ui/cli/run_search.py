"""`cairn search`: what the search tool would show a model, and how each passage was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from langchain_core.documents import Document

from cairn.core.errors import UsageError
from cairn.core.events import listening
from cairn.core.filters import Filters, make_filters, parse_filters
from cairn.core.passages import metadata_of, write_passages
from cairn.core.task import Retrieval
from cairn.retrieval.retriever import CairnRetriever
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.terminal import note, say, say_json


def search(
    home: Path | None,
    query: str,
    task: str | None,
    options: dict[str, Any],
    filters: dict[str, Any],
    as_json: bool,
) -> None:
    """Search as `task` does, but for the `options` that are given. Finding nothing is no failure."""
    where = make_filters(**filters)
    if not query.strip() and where == Filters():
        raise UsageError("There is nothing to look for.", 'Say what: cairn search "parental leave"')
    given = {name: value for name, value in options.items() if value is not None}
    with opened(home) as app, listening(_tell):
        spec = app.prompts.task(task or app.settings.task).patched({"retrieval": given}).retrieval
        _tell_left_out(spec)
        library = app.workspace.library
        found = CairnRetriever.from_library(library, spec, where=where).invoke(query)
        filled = library.holds_passages()
    if as_json:
        say_json([{**metadata_of(one), "text": one.page_content} for one in found])
    elif found:
        say("\n\n".join(map(_shown, found)))
    if not found:
        narrowed = where != Filters() or (spec.filters and parse_filters(query)[1] != Filters())
        note(f"Nothing was found. {_advice(spec, filled, narrowed)}")


def _tell(type: str, data: Any) -> None:
    if type == "notice":
        note(data["text"])


def _tell_left_out(spec: Retrieval) -> None:
    """Steps of an answer that need its model."""
    if spec.expand != "none":
        note(f"`expand: {spec.expand}` needs the model that answers: here it is left out.")


def _shown(document: Document) -> str:
    """As a model reads it, with a line below the head on how it was found."""
    known = metadata_of(document)
    head, *text = write_passages([document]).splitlines()
    ranks = ", ".join(f"{name} {rank}" for name, rank in known["found_by"].items())
    filed = [known["collection"], known["date"] or "", ", ".join(known["tags"])]
    told = [f"score {known['score']:.4f}", *([f"rank by {ranks}"] if ranks else []), *filter(None, filed)]
    return "\n".join([head, f"    ({'; '.join(told)})", *text])


def _advice(spec: Retrieval, filled: bool, narrowed: bool) -> str:
    if not filled:
        return "There are no documents yet. Add some: cairn add ./my-docs"
    if narrowed:
        return "Leave filters out; `cairn sources` lists the documents with their dates and tags."
    if spec.floor is not None:
        return f"`retrieval.floor` ({spec.floor:g}) may hold it back: set a lower one in the task."
    return "Try other words; `cairn sources` lists the documents that are searched."
