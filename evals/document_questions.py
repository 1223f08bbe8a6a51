"""Questions on the documents, written by a model: each with its answer and where that stands, or with none at all.

A model's questions are a draft. One whose quote does not stand in its passage is thrown away; the rest is looked
through by people before it counts.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Literal

from cairn.agents.workspace import Workspace
from cairn.core.clean_text import normalise
from cairn.core.errors import UsageError
from cairn.evals.judge import Judge, JudgeError, numbered
from cairn.evals.metrics.passage_matching import holds
from cairn.evals.set_review import REVIEWED
from cairn.models.answer_forms import named_lines

Kind = Literal["one_passage", "two_passages", "no_answer"]
_KINDS: tuple[Kind, ...] = ("one_passage", "one_passage", "one_passage", "two_passages", "no_answer")
"""Of five questions three on one passage, one over two, one that is not answered."""
FOLDER = "question_maker"
ANSWER_TOKENS = 400
"""Of one answer: four lines. A small model that can't stop would go on for minutes."""
_LONGEST = 1500
_SHORTEST = 80
_LINE = re.compile(r"^\W*(question|answer|second quote|quote|问题|答案|引文二|引文)\W*[:：][ \t]*(.*)$", re.I | re.M)
_LINES = ("question", "answer", "quote", "second quote")
_NAMES = {"问题": "question", "答案": "answer", "引文": "quote", "引文二": "second quote"}


@dataclass(frozen=True, slots=True)
class Passage:
    source: str
    text: str


@dataclass
class Made:
    """The rows that came of it, and why the rest did not."""

    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    failed: Counter[str] = field(default_factory=Counter[str])


def make_questions(workspace: Workspace, writer: Judge, number: int, made: Made, seed: int = 0) -> Iterator[int]:
    """Ask for `number` questions; how many were asked for after each. What came of it is in `made`.

    Raises UsageError where there are no documents, and what the model can't be asked for (ModelError).
    """
    chance = random.Random(seed)  # noqa: S311 (no secret)
    passages = passages_of(workspace)
    if not passages:
        raise UsageError("There are no documents to ask about.", "cairn add FILE adds some.")
    known = set[str]()
    for n in range(number):
        kind = _KINDS[n % len(_KINDS)]
        try:
            row = _made(writer, kind, _chosen(passages, kind, chance), passages)
            if (asked := normalise(row["question"])) in known:
                raise JudgeError("asked twice")
            known.add(asked)
            made.rows.append({"id": str(n + 1), **row})
        except JudgeError as error:
            error.raise_if_lasting()
            made.failed["an answer that can't be used" if error.__cause__ else str(error).split(":")[0]] += 1
        yield n + 1


def _made(writer: Judge, kind: Kind, chosen: Sequence[Passage], passages: Sequence[Passage]) -> dict[str, Any]:
    if kind == "two_passages" and len(chosen) < 2:
        kind = "one_passage"
    lines = _LINES[:1] if kind == "no_answer" else _LINES
    text = writer.ask(kind, named_lines(lines), passages=numbered([one.text for one in chosen]))
    return _row(kind, chosen, text, passages)


def passages_of(workspace: Workspace) -> list[Passage]:
    """The documents' texts, in pieces of whole paragraphs."""
    library = workspace.library
    found: list[Passage] = []
    for info in library.sources():
        if not info.error:
            found += [Passage(info.source, text) for text in pieces(library.text(info.source))]
    return found


def pieces(text: str) -> list[str]:
    """Whole paragraphs, as many as go into 1500 characters; longer ones are cut."""
    found, piece = list[str](), ""
    for paragraph in re.split(r"\n\s*\n", text):
        if piece and len(piece) + len(paragraph) > _LONGEST:
            found.append(piece)
            piece = ""
        piece = f"{piece}\n\n{paragraph}".strip()
        while len(piece) > _LONGEST:
            found.append(piece[:_LONGEST])
            piece = piece[_LONGEST:]
    found.append(piece)
    return [piece for piece in found if len(piece) >= _SHORTEST] or [piece for piece in found if piece]


def _chosen(passages: Sequence[Passage], kind: Kind, chance: random.Random) -> list[Passage]:
    """Two are of one document, where it has two: they are more likely to belong together."""
    first = chance.choice(passages)
    if kind != "two_passages":
        return [first]
    others = [one for one in passages if one != first and one.source == first.source]
    others = others or [one for one in passages if one != first]
    return [first, chance.choice(others)] if others else [first]


def _row(kind: Kind, chosen: Sequence[Passage], text: str, all_passages: Sequence[Passage]) -> dict[str, Any]:
    """Raises JudgeError where the model did not write what it was asked for."""
    said = {_NAMES.get(name, name): value.strip() for found in _LINE.finditer(text) for name, value in [_pair(found)]}
    if not said.get("question"):
        raise JudgeError("no question was written")
    common = {"question": said["question"], "tags": [kind], "group": _name(chosen[0], all_passages), REVIEWED: False}
    if kind == "no_answer":
        return {**common, "refuse": True}
    quotes = [said.get("quote", ""), said.get("second quote", "")][: len(chosen)]
    if not said.get("answer"):
        raise JudgeError("no answer was written")
    for quote, passage in zip(quotes, chosen, strict=True):
        if not normalise(quote).strip(" -") or not holds(quote, passage.text):
            raise JudgeError("a quote does not stand in its passage")
    sources = [{"file": _name(one, all_passages), "text": quote} for one, quote in zip(chosen, quotes, strict=True)]
    return {**common, "answers": [said["answer"]], "sources": sources}


def _pair(found: re.Match[str]) -> tuple[str, str]:
    return found[1].casefold(), found[2]


def _name(passage: Passage, passages: Sequence[Passage]) -> str:
    """The file's name, or the whole source where several have that name."""
    name = PurePath(passage.source).name
    return name if len({one.source for one in passages if PurePath(one.source).name == name}) == 1 else passage.source
