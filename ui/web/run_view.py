"""What the page shows of a run: the answer that its events amount to, and what only a reader on the spot wants."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from cairn.core.answer import Answer, fold
from cairn.core.events import ENDS, Alternative, Approval, Event, Failed, Statement, Table
from cairn.memory.run_store import INTERRUPTED_KIND


@dataclass(slots=True)
class View:
    """`text` is what was said so far, or the answer; `thoughts[n]` what was said before step n.

    `reasoning`: what the model thought, where its server tells. `tries`: how many are over, of how many at the most.
    """

    answer: Answer
    question: str = ""
    text: str = ""
    reasoning: str = ""
    over: bool = False
    thoughts: list[str] = field(default_factory=list[str])
    tables: list[Table] = field(default_factory=list[Table])
    notices: list[str] = field(default_factory=list[str])
    alternatives: list[Alternative] = field(default_factory=list[Alternative])
    asked: dict[str, Approval] = field(default_factory=dict[str, Approval])
    failed: Failed | None = None
    told: list[Event] = field(default_factory=list[Event])
    calls: set[str] = field(default_factory=set[str])
    tries: tuple[str, str] | None = None

    def chosen_as(self, text: str | None) -> int | None:
        """Of several alternatives, the number of the one that stands in the thread."""
        return next((option["number"] for option in self.alternatives if option["text"] == text), None)

    def quotes(self, source: int) -> list[str]:
        """What the answer's statements rest on in one source, word for word."""
        statements = self.answer.statements or []
        chosen = [one for one in statements if one["source"] == source and one["state"] in ("quoted", "supported")]
        return [one["quote"] for one in chosen if one["quote"]]

    def take(self, events: Iterable[Event]) -> bool:
        """What came since; whether anything but more of the text did, which alone comes often."""
        told = len(self.told)
        for event in events:
            if event.type not in ("token", "thought"):
                self.told.append(event)
            self._read(event)
        if len(self.told) == told:
            return False
        self.answer = fold(self.told)
        return True

    def _read(self, event: Event) -> None:
        data = event.data
        self.over = event.type in ENDS
        match event.type:
            case "started":
                self.question = data["question"]
                if self.failed:  # what was being said when the run was broken off comes again
                    self.text, self.failed = "", None
            case "token":
                self.text += data["text"]
            case "thought":
                self.text = "" if data.get("replaces") else self.text
                self.reasoning += data["text"]
            case "tool_started" if data["id"] not in self.calls:
                self.calls.add(data["id"])
                self.thoughts.append(self.text)
                self.text = ""
                self.reasoning += "\n\n"
            case "table":
                self.tables.append(Table(**data))
            case "notice":
                self.notices.append(data["text"])
            case "stage" if data["name"] == "try":
                made, _, most = data["detail"].partition(" of ")
                self.tries = made, most
            case "approval":
                self.asked[data["id"]] = Approval(**data)
            case "alternative":
                self.alternatives.append(Alternative(**data))
            case "finished":
                self.text = data["answer"]
            case "failed":
                self.failed = Failed(**data)
            case _:
                pass

    @property
    def undecided(self) -> list[Approval]:
        """The calls that wait for a yes, unless the run is over."""
        return [] if self.over else [one for one in self.asked.values() if one["state"] == "needed"]

    @property
    def rejected(self) -> list[str]:
        """The tools that the user said no to."""
        return [one["tool"] for one in self.asked.values() if one["state"] == "rejected"]

    @property
    def interrupted(self) -> bool:
        """Whether its process ended: it can be gone on with."""
        return self.failed is not None and self.failed["kind"] == INTERRUPTED_KIND

    @property
    def doubtful(self) -> list[Statement]:
        """The statements that don't fit their passages, as far as they still stand in the answer."""
        text = _bare(self.text)
        statements = self.answer.statements or []
        states = ("differs", "unsupported")
        return [one for one in statements if one["state"] in states and _bare(one["text"]) in text]

    @property
    def results(self) -> list[tuple[int, Table]]:
        """The tables that are shown, with their numbers: once it is over, those that the answer rests on."""
        marked = zip(self.tables, self.answer.tables, strict=True)
        shown = enumerate(marked)
        return [(number, table) for number, (table, known) in shown if not (self.over and known.lookup)]

    @property
    def cited(self) -> set[int]:
        """Indices of the sources that the answer names."""
        return {citation.source for citation in self.answer.citations}


def _bare(text: str) -> str:
    """Without markers, spaces and block quotes' marks, in which an answer and its statements differ."""
    return re.sub(r"\[[\d,; ]+\]|[\s>]", "", text)


def view(events: Iterable[Event]) -> View:
    """What a run amounts to so far."""
    seen = View(Answer(run=None))
    seen.take(events)
    return seen
