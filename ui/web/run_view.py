"""What the page shows of a run: the answer that its events amount to, and what only a reader on the spot wants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cairn.core.answer import Answer, fold
from cairn.core.events import ENDS, Alternative, Event, Failed, Statement, Table
from cairn.memory.run_store import INTERRUPTED_KIND


@dataclass(slots=True)
class View:
    """`text` is what was said so far, or the answer; `thoughts[n]` what was said before step n.

    `reasoning`: what the model thought, where its server tells.
    """

    answer: Answer
    question: str = ""
    text: str = ""
    reasoning: str = ""
    over: bool = False
    interrupted: bool = False
    thoughts: list[str] = field(default_factory=list[str])
    tables: list[Table] = field(default_factory=list[Table])
    notices: list[str] = field(default_factory=list[str])
    alternatives: list[Alternative] = field(default_factory=list[Alternative])
    failed: Failed | None = None

    def chosen_as(self, text: str | None) -> int | None:
        """Of several alternatives, the number of the one that stands in the thread."""
        return next((option["number"] for option in self.alternatives if option["text"] == text), None)

    def quotes(self, source: int) -> list[str]:
        """What the answer's statements rest on in one source, word for word."""
        statements = self.answer.statements or []
        chosen = [one for one in statements if one["source"] == source and one["state"] in ("quoted", "supported")]
        return [one["quote"] for one in chosen if one["quote"]]

    @property
    def doubtful(self) -> list[Statement]:
        """The statements that don't fit their passages, as far as they still stand in the answer."""
        text = _bare(self.text)
        statements = self.answer.statements or []
        states = ("differs", "unsupported")
        return [one for one in statements if one["state"] in states and _bare(one["text"]) in text]

    @property
    def results(self) -> list[Table]:
        """The tables that are shown: once it is over, those that the answer rests on."""
        marked = zip(self.tables, self.answer.tables, strict=True)
        return [table for table, known in marked if not (self.over and known.lookup)]

    @property
    def cited(self) -> set[int]:
        """Indices of the sources that the answer names."""
        return {citation.source for citation in self.answer.citations}


def _bare(text: str) -> str:
    """Without markers, spaces and block quotes' marks, in which an answer and its statements differ."""
    return re.sub(r"\[[\d,; ]+\]|[\s>]", "", text)


def view(events: Sequence[Event]) -> View:
    seen = View(fold(events), over=bool(events) and events[-1].type in ENDS)
    _read(seen, events)
    seen.interrupted = seen.failed is not None and seen.failed["kind"] == INTERRUPTED_KIND
    return seen


def _read(seen: View, events: Iterable[Event]) -> None:
    calls: set[str] = set()
    for event in events:
        data = event.data
        match event.type:
            case "started":
                seen.question = data["question"]
                if seen.failed:  # what was being said when the run was broken off comes again
                    seen.text, seen.failed = "", None
            case "token":
                seen.text += data["text"]
            case "thought":
                seen.text = "" if data.get("replaces") else seen.text
                seen.reasoning += data["text"]
            case "tool_started" if data["id"] not in calls:
                calls.add(data["id"])
                seen.thoughts.append(seen.text)
                seen.text = ""
                seen.reasoning += "\n\n"
            case "table":
                seen.tables.append(Table(**data))
            case "notice":
                seen.notices.append(data["text"])
            case "approval" if data["state"] == "rejected":
                seen.notices.append(f"You said no to {data['tool']}.")
            case "alternative":
                seen.alternatives.append(Alternative(**data))
            case "finished":
                seen.text = data["answer"]
            case "failed":
                seen.failed = Failed(**data)
            case _:
                pass
