"""Which of the gold sources an answer's passages are: by file, heading, page, and the text that they hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cairn.core.answer import Answer
from cairn.core.clean_text import CJK, normalise
from cairn.core.source import Source
from cairn.evals.cases import Case, SourceGold

_UNITS = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_RUN = 3
_SHORT = 10
"""A text of fewer words stands in a passage as a whole or not at all."""
_OVERLAP = 0.5
"""Of the gold text's runs of three words (or Chinese characters), so many stand in a passage that overlaps it."""


def matches(gold: SourceGold, passage: Source) -> bool:
    """Whether the passage is where the gold source says that the answer stands; all that it says has to hold."""
    return (
        (gold.file is None or is_file(gold.file, passage["source"], passage["title"]))
        and (gold.heading is None or _is_heading(gold.heading, passage["heading"]))
        and (gold.page is None or gold.page == passage["page"])
        and (gold.text is None or holds(gold.text, passage["quote"]))
    )


def found_by_rank(case: Case, answer: Answer, k: int | None = None) -> list[frozenset[int]]:
    """For each of the first `k` passages which of the case's gold sources it is."""
    passages = answer.sources[:k]
    return [frozenset(n for n, gold in enumerate(case.sources) if matches(gold, passage)) for passage in passages]


def holds(text: str, passage: str) -> bool:
    """Whether a passage holds a text, or half of a long one: splitting may have cut it."""
    wanted, there = (_UNITS.findall(normalise(one)) for one in (text, passage))
    if len(wanted) < _SHORT:
        return _stands_in(wanted, there)
    runs, known = set(_runs(wanted)), set(_runs(there))
    return len(runs & known) >= _OVERLAP * len(runs)


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*(words[n:] for n in range(_RUN)), strict=False))


def _stands_in(wanted: Sequence[str], there: Sequence[str]) -> bool:
    size = len(wanted)
    return any(list(there[n : n + size]) == list(wanted) for n in range(len(there) - size + 1))


def is_file(gold: str, source: str, title: str | None) -> bool:
    """Whether `gold` means the document: its path or address, an end of it, its file's name, with or without suffix, or
    its title."""
    wanted = normalise(gold).replace("\\", "/").strip("/")
    path = normalise(source).replace("\\", "/").strip("/")
    name = path.rsplit("/", 1)[-1]
    title = normalise(title or "")
    return wanted in (path, title, name.rsplit(".", 1)[0]) or path.endswith(f"/{wanted}")


def _is_heading(gold: str, heading: str | None) -> bool:
    """The whole path of headings, or one of them."""
    parts = [normalise(part) for part in (heading or "").split(">")]
    return normalise(gold) in parts or [normalise(part) for part in gold.split(">")] == parts
