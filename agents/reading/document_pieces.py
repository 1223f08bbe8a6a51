"""The pieces that a text is read in, passages that follow each other, as many as fit; and notes on them: as a model
writes them, the passages that they cite, and in which order they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Protocol, cast, runtime_checkable

from langchain_core.documents import Document
from langchain_core.tools import BaseTool

from cairn.core.clean_text import TokenCount, clean
from cairn.core.errors import TaskError
from cairn.core.passages import INDENT, label_of, metadata_of, number_of, numbered, with_number, write_passages
from cairn.core.task import Retrieval
from cairn.models.answer_forms import AnswerForm, form_of
from cairn.retrieval.hit import Hit, as_documents
from cairn.tools.search_tool import SearchTool


@runtime_checkable
class Readable(Protocol):
    """What is asked of a `Library`."""

    def whole(self, query: str, spec: Retrieval) -> tuple[str, list[Hit]]: ...


@dataclass(frozen=True, slots=True)
class Piece:
    """`text`: its passages as a prompt shows them, numbered from 1; `place`: from where to where it goes."""

    number: int
    passages: Sequence[Document]
    text: str
    place: str


def named_passages(tools: Sequence[BaseTool], question: str, spec: Retrieval) -> tuple[str, list[Document]]:
    """The question without its filters, and all passages of the documents that pass them; may block.

    Raises TaskError where the task has no documents to read.
    """
    search = next((tool for tool in tools if isinstance(tool, SearchTool)), None)
    library = cast(object, search.retriever.library) if search else None
    if not isinstance(library, Readable):
        raise TaskError("This way of answering needs documents to read.", "Add `search` to `tools` in the task.")
    asked, hits = library.whole(question, spec)
    return asked or question, as_documents(_without_overlap(hits))


def _without_overlap(hits: Sequence[Hit]) -> list[Hit]:
    """What a passage repeats of the one before it is shown once. What is wholly inside another one is left out."""
    kept: list[Hit] = []
    ends: dict[tuple[str, str], int] = {}
    for hit in hits:
        place = (hit.collection, hit.source)
        begins = max(hit.start, ends.get(place, 0))
        if begins < hit.end and (text := hit.text[begins - hit.start :].strip()):
            kept.append(replace(hit, start=begins, text=text))
            ends[place] = hit.end
    return kept


def cut(passages: Sequence[Document], size: int, count: TokenCount) -> list[Piece]:
    """The passages in as few pieces of about the same size as `size` tokens allow; one that is larger stands alone."""
    sizes = [count(write_passages([passage])) for passage in passages]
    number = max(1, ceil(sum(sizes) / size))
    while max(_sums(placed := _shared(sizes, number), sizes), default=0) > size and number < len(passages):
        number += 1
    groups = [[passage for passage, at in zip(passages, placed, strict=True) if at == n] for n in range(number)]
    return [_piece(n, group) for n, group in enumerate(filter(None, groups), 1)]


def _shared(sizes: Sequence[int], number: int) -> list[int]:
    """For each passage in which of so many pieces of equal shares its middle lies."""
    share, before, placed = max(1, sum(sizes)) / number, 0, list[int]()
    for size in sizes:
        placed.append(min(number - 1, int((before + size / 2) / share)))
        before += size
    return placed


def _sums(placed: Sequence[int], sizes: Sequence[int]) -> list[int]:
    sums: dict[int, int] = {}
    for at, size in zip(placed, sizes, strict=True):
        sums[at] = sums.get(at, 0) + size
    return list(sums.values())


def _piece(number: int, group: Sequence[Document]) -> Piece:
    shown = [with_number(passage, place) for place, passage in enumerate(group, 1)]
    first, last = label_of(shown[0]), label_of(shown[-1])
    title = f"{metadata_of(shown[0])['title']} > "
    to = last.removeprefix(title) if first.startswith(title) else last
    return Piece(number, shown, write_passages(shown), first if first == last else f"{first} – {to}")


RELEVANCE = ("none", "little", "some", "much")
_SAID = re.compile(r"^[\s*_#>]*(?:relevance|相关性|相关度)[\s*_]*[:：=][\s*_]*(\w+).*$", re.IGNORECASE | re.MULTILINE)
_CHINESE = {"无": "none", "没": "none", "低": "little", "中": "some", "高": "much"}
_MARKER = re.compile(r"[ \t]*[\[【](\d{1,4}(?:\s*[,，、]\s*\d{1,4})*)[\]】]")
_NO_NOTE = re.compile(r"\W*(?:none|nothing|no notes?|无|没有)?\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Note:
    """What was noted of a piece, or of several; `relevance` is a place in `RELEVANCE`. Its numbers are the run's."""

    place: str
    text: str
    relevance: int

    def written(self) -> str:
        """For a prompt: whatever it holds, no line of it can pass for one of ours."""
        return "\n".join([f"From {self.place}:", *(INDENT + line for line in clean(self.text).splitlines())])

    def told(self) -> str:
        """As the run keeps it; `read_note` reads it back."""
        return f"{self.text}\nrelevance: {RELEVANCE[self.relevance]}".strip()


def note_form(least: int = 0) -> AnswerForm:
    """Lines that begin with `- `, and a last one that says how much they bear on the question."""
    choices = " | ".join(f'"{name}"' for name in reversed(RELEVANCE[least:]))
    fields = {
        "notes": {"type": "array", "items": {"type": "string"}, "maxItems": 40},
        "relevance": {"type": "string", "enum": list(reversed(RELEVANCE[least:]))},
    }
    rule = rf'("- " [^\n]+ "\n"){{0,40}} "relevance: " ({choices})'
    return form_of(rule, fields, lambda value: "\n".join([*_lines(value["notes"]), f"relevance: {value['relevance']}"]))


def _lines(notes: Sequence[object]) -> list[str]:
    return [f"- {' '.join(str(note).split())}" for note in notes]


def read_note(place: str, said: str) -> Note | None:
    """None where the piece says nothing. A note whose relevance nobody told counts as `some`."""
    found = list(_SAID.finditer(said))
    text = _SAID.sub("", said).strip()
    told = found[-1][1].casefold() if found else "some"
    told = _CHINESE.get(told[0], told)
    relevance = RELEVANCE.index(told) if told in RELEVANCE else RELEVANCE.index("some")
    return None if not relevance or _NO_NOTE.fullmatch(text) else Note(place, text, relevance)


def with_run_numbers(text: str, passages: Sequence[Document]) -> tuple[str, list[Document]]:
    """The note with the run's numbers in place of its piece's own, and the passages that it cites.

    Only these become sources of the run. A number that the piece does not have is taken out.
    """
    cited = [number for match in _MARKER.finditer(text) for number in _numbers(match[1])]
    wanted = [number for number in dict.fromkeys(cited) if 1 <= number <= len(passages)]
    given = numbered([passages[number - 1] for number in wanted])
    named = {old: number_of(document) for old, document in zip(wanted, given, strict=True)}
    return _renumbered(text, named.get), given


def only_numbers(text: str, known: Mapping[int, Document]) -> str:
    """The text without numbers that are none of the run's."""
    return _renumbered(text, lambda number: number if number in known else None)


def _renumbered(text: str, change: Callable[[int], int | None]) -> str:
    def one(match: re.Match[str]) -> str:
        new = [change(number) for number in _numbers(match[1])]
        return "".join(f" [{number}]" for number in new if number is not None)

    return _MARKER.sub(one, text)


def _numbers(marker: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", marker)]


def at_both_ends(notes: Sequence[Note]) -> list[Note]:
    """The most relevant first and last, since what stands in the middle of a prompt is used least (arXiv 2307.03172).

    Those that are equally relevant stay in the text's order.
    """
    placed: list[Note] = []
    for relevance in sorted({note.relevance for note in notes}):
        alike = [note for note in notes if note.relevance == relevance]
        half = (len(alike) + 1) // 2
        placed = [*alike[:half], *placed, *alike[half:]]
    return placed
