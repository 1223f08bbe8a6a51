"""Notes on pieces of a text: as a model writes them, the passages that they cite, and in which order they stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from langchain_core.documents import Document

from cairn.core.clean_text import clean
from cairn.core.passages import INDENT, number_of, numbered
from cairn.models.answer_forms import AnswerForm, form_of

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
