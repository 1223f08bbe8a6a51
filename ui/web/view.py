"""What the page shows of a run: the answer that its events amount to, and what only a reader on the spot wants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cairn.answer import Answer, fold
from cairn.events import ENDS, Alternative, Event, Failed, Table


@dataclass(slots=True)
class View:
    """`text` is what was said so far, or the answer; `thoughts[n]` what was said before step n."""

    answer: Answer
    question: str = ""
    text: str = ""
    over: bool = False
    thoughts: list[str] = field(default_factory=list[str])
    tables: list[Table] = field(default_factory=list[Table])
    notices: list[str] = field(default_factory=list[str])
    alternatives: list[Alternative] = field(default_factory=list[Alternative])
    failed: Failed | None = None

    def chosen_as(self, text: str | None) -> int | None:
        """Of several alternatives, the number of the one that stands in the thread."""
        return next((option["number"] for option in self.alternatives if option["text"] == text), None)

    @property
    def cited(self) -> set[int]:
        """Indices of the sources that the answer names."""
        return {citation.source for citation in self.answer.citations}


def view(events: Sequence[Event]) -> View:
    seen = View(fold(events), over=bool(events) and events[-1].type in ENDS)
    _read(seen, events)
    return seen


def _read(seen: View, events: Iterable[Event]) -> None:
    for event in events:
        data = event.data
        match event.type:
            case "started":
                seen.question = data["question"]
            case "token":
                seen.text += data["text"]
            case "tool_started":
                seen.thoughts.append(seen.text)
                seen.text = ""
            case "table":
                seen.tables.append(Table(**data))
            case "notice":
                seen.notices.append(data["text"])
            case "alternative":
                seen.alternatives.append(Alternative(**data))
            case "finished":
                seen.text = data["answer"]
            case "failed":
                seen.failed = Failed(**data)
            case _:
                pass
