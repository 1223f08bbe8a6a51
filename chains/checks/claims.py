"""An answer's Markdown as the statements it makes, each with the markers of the passages it cites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from cairn.core.clean_text import CJK
from cairn.core.passages import cells
from cairn.language.words import content_terms

_LINE = re.compile(r"[ \t>]*(?P<bullet>(?:[-*+•]|\d{1,3}[.)、])[ \t]+(?:\[[ xX]\][ \t]+)?)?")
_FENCE = re.compile(r"`{3,}|~{3,}")
_HEADING = re.compile(r"#{1,6}\s|\*\*[^*]+\*\*[:：]?$|[=_*-]{3,}$")
_UNDER_HEAD = re.compile(r"\|?[\s:-]*-[\s:]*\|[|\s:-]*$")
_MARKER = re.compile(r"[\[［【](\d{1,4}(?:\s*[,，、;；]\s*\d{1,4})*)[\]］】](?!\()")
_MARKERS = re.compile(rf"(?:\s*{_MARKER.pattern})+")
_END = re.compile(
    r"[。！？][”」』）\"’*_]*|[.!?…]+[\"'”’)*_]*(?=\s|$|[\[［【])|(?<=[\]］】])\s*[;；]\s*"
    rf"|(?<=[\]］】])\s*[,，]\s*(?=(?:[^\s,，.。;；{CJK}]+\s+){{4}}|[{CJK}]{{6}})"
)
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|Mr|Mrs|Ms|Dr|Prof|No|approx|Inc|Ltd|St|[A-Z]|cf|pp?|ca)\.$")
_HIDDEN = re.compile(r"`[^`\n]*`|“[^“”\n]{0,500}[?？][^“”\n]{0,500}”")
_NO_STATEMENT = re.compile(
    r"\W*(?:(?:yes|no|sources?|see|是的?|来源|出处|参见|见)\W*$|sure|certainly|here (?:is|are)|i hope|let me know)"
    r"|of course|—|–|--|当然|好的|以下是|希望|如需|.*(?:我不知道|没有找到|(?:文档|资料|段落)中?(?:没有|未|不)[提说回])"
    r"|.*\b(?:documents?|passages?|sources?)\b.{0,30}\b(?:do|does|did)(?: not|n['’]t) (?:say|mention|answer|contain)"
    r"|.*\bi (?:do not|don['’]t|could not|couldn['’]t|cannot|can['’]t) (?:know|find|tell|say|answer)\b",
    re.IGNORECASE,
)


class Claim(NamedTuple):
    """`answer[start:end]`, markers included; `text` is it in one line without them."""

    text: str
    start: int
    end: int
    markers: tuple[int, ...]


def split_claims(answer: str) -> list[Claim]:
    """Headings, questions, code, talk, sources and "the documents don't say" are no statements."""
    found = [claim for claim in sentences(answer) if not claim.text.endswith(("?", "？", ":", "："))]
    return [claim for claim in found if content_terms(claim.text) and not _NO_STATEMENT.match(claim.text)]


def sentences(text: str) -> Iterator[Claim]:
    """All sentences and rows of an answer or a passage. Markers behind a full stop belong to the sentence before it."""
    for start, end in _blocks(text):
        masked = _HIDDEN.sub(lambda match: match[0][0] + "x" * (len(match[0]) - 2) + match[0][-1], text[start:end])
        cuts = [0]
        for match in _END.finditer(masked) if not _row(masked) else ():
            cut = (_MARKERS.match(masked, match.end()) or match).end()
            goes_on = _ABBREVIATION.search(masked[: match.start() + 1]) or masked[cut:].lstrip()[:1].islower()
            cuts += [] if match[0][0] == "." and goes_on else [cut]
        for first, last in pairwise([*cuts, len(masked)]):
            piece = masked[first:last].strip().rstrip(" ;；,，")
            at = start + masked.index(piece, first)
            said = text[at : at + len(piece)]
            for match in reversed(list(_MARKERS.finditer(piece))):
                said = said[: match.start()] + said[match.end() :]
            if re.search(r"\w", said):
                markers = "".join(match[0] for match in _MARKERS.finditer(piece))
                numbers = dict.fromkeys(map(int, re.findall(r"\d+", markers)))
                yield Claim(" ".join(re.sub(r"\n[ \t>]*", " ", said).split()), at, at + len(piece), tuple(numbers))


def _blocks(text: str) -> list[tuple[int, int]]:
    """Paragraphs, list items and rows, without headings and code. A line that begins nothing goes on with the last."""
    found: list[tuple[int, int]] = []
    fence, before, offset = "", 0, 0
    for raw in text.splitlines(keepends=True):
        match = _LINE.match(raw)
        line = raw[match.end() if match else 0 :].rstrip()
        start = offset + len(raw.rstrip()) - len(line)
        offset += len(raw)
        ticks = _FENCE.match(line)
        if fence or ticks:
            fence = ticks[0] if ticks and not fence else "" if ticks and ticks[0].startswith(fence) else fence
        elif _UNDER_HEAD.match(line):
            found = found[:-1]
        elif line and not _HEADING.match(line):
            own = _row(line) or (match and match["bullet"]) or line.startswith(("—", "–", "--"))
            first = start if own or not before or (before < 40 and line[:1].isupper()) else found.pop()[0]
            found.append((first, start + len(line)))
            before = 0 if _row(line) else len(line)
            continue
        before = 0
    return found


def _row(line: str) -> bool:
    return line.startswith("|") or bool(cells(line))
