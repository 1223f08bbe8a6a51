"""Numbers of Word's lists and headings, which its files don't hold as text: `2.1.`, `(b)`, `IV.`"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cairn.retrieval.load.list_numbering import shown_number

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACE = re.compile(r"%([1-9])")
_CHINESE = "〇一二三四五六七八九十"


class _Level(NamedTuple):
    start: int
    format: str
    text: str


class Numbering:
    """Counts the paragraphs of each list. `root` is the numbering part's, None if there is none."""

    def __init__(self, root: Any) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = {}
        if root is None:
            return
        abstract = {one.get(W + "abstractNumId"): _levels(one) for one in root.iter(W + "abstractNum")}
        for number in root.iter(W + "num"):
            id, of = number.get(W + "numId"), number.find(W + "abstractNumId")
            base = of.get(W + "val") if of is not None else None
            overrides = {level: one for part in number.iter(W + "lvlOverride") for level, one in _levels(part).items()}
            starts = {
                int(part.get(W + "ilvl", 0)): _int(start, 1)
                for part in number.iter(W + "lvlOverride")
                if (start := part.find(W + "startOverride")) is not None
            }
            levels = {**abstract.get(base, {}), **overrides}
            self._levels[id] = {at: one._replace(start=starts.get(at, one.start)) for at, one in levels.items()}
            self._lists[id] = f"own {id}" if starts else f"of {base}"  # lists of one kind go on counting

    def mark(self, id: str, depth: int) -> str:
        """What stands before the next paragraph of a list: `2.`, `-` for a bullet, nothing if it has no mark."""
        levels = self._levels.get(id, {})
        if depth not in levels:
            return "-"
        counts = self._counts.setdefault(self._lists[id], {})
        for deeper in [at for at in counts if at > depth]:
            del counts[deeper]
        counts[depth] = counts.get(depth, levels[depth].start - 1) + 1
        level = levels[depth]
        if level.format == "bullet":
            return "-"
        if level.format == "none":
            return ""

        def told(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            return _written(counts.get(at, levels[at].start), levels[at].format) if at in levels else ""

        return _PLACE.sub(told, level.text).strip()


def _levels(parent: Any) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for level in parent.iter(W + "lvl"):
        text = level.find(W + "lvlText")
        form = level.find(W + "numFmt")
        found[int(level.get(W + "ilvl", 0))] = _Level(
            _int(level.find(W + "start"), 1),
            form.get(W + "val", "decimal") if form is not None else "decimal",
            text.get(W + "val", "") if text is not None else "",
        )
    return found


def _int(element: Any, default: int) -> int:
    words = element.get(W + "val", "") if element is not None else ""
    return int(words) if words.isascii() and words.isdigit() and len(words) < 8 else default


def _written(number: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter") and number > 0:
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 % 10 + 1)
        return letters.upper() if form == "upperLetter" else letters
    if form in ("lowerRoman", "upperRoman") and 0 < number < 4000:
        return shown_number(number, "I" if form == "upperRoman" else "i")
    if form == "decimalZero":
        return f"{number:02}"
    if form.startswith(("chineseCounting", "ideographDigital", "japaneseCounting")) and 0 < number < 100:
        tens, ones = divmod(number, 10)
        return ("" if tens < 2 else _CHINESE[tens]) + ("十" if tens else "") + (_CHINESE[ones] if ones else "")
    return str(number)
