"""An answer's Markdown as the statements it makes, each with the markers of the passages it cites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cairn.text import CJK
from chains.checking.blocks import Block, blocks
from models.builtin.words import content_terms

MARKER = re.compile(r"[\[［【](\d{1,4}(?:\s*[,，、;；]\s*\d{1,4})*)[\]］】](?!\()")
_MARKERS = re.compile(rf"(?:\s*{MARKER.pattern})+")
_END = re.compile(r"[。！？][”」』）\"’*_]*|[.!?…]+[\"'”’)*_]*(?=\s|$|[\[［【])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|Mr|Mrs|Ms|Dr|Prof|No|approx|Inc|Ltd|St|[A-Z]|cf|p|pp|ca)\.)$")
_SEMICOLON = re.compile(
    rf"(?<=[\]］】])\s*[;；]\s*|(?<=[\]］】])\s*[,，]\s*(?=(?:[^\s,，.。;；{CJK}]+\s+){{4}}|[{CJK}]{{6}})"
)
_CODE = re.compile(r"`[^`\n]*`")
_QUOTED_QUESTION = re.compile(r"“[^“”\n]{0,500}[?？][^“”\n]{0,500}”")
_TALK = re.compile(
    r"\W*(?:sure|certainly|of course|here (?:is|are)|here['’]s|in (?:short|summary)|to sum up|i hope|let me know|"
    r"if you (?:have|need|would like)|feel free|please (?:let|ask|check|contact|consult)|based on|according to the "
    r"(?:passages|documents)\W*$|(?:当然|好的|以下是|总之|综上|希望|如果您|如需|请告诉|请咨询|根据(?:以上|上述)))",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"\bi (?:do not|don['’]?t|could not|couldn['’]?t|cannot|can['’]?t) (?:know|find|tell|say|answer)"
    r"|\b(?:documents?|passages?|sources?|texts?|handbook|materials?)\b(?: that were)?(?: provided| given| found)? "
    r"(?:(?:do|does|did)(?: not|n['’]?t) (?:say|mention|answer|contain|tell|state|give|cover|specify|provide|include)"
    r"|(?:contains?|says?|gives?) (?:no|nothing)\b)"
    r"|\bno (?:passages?|information|mention)\b|\bnothing (?:was|is|in)\b"
    r"|(?:文档|文件|资料|段落|手册|原文|材料)(?:中|里|内)?(?:并?没有|并?未|均?未|不)(?:提|说|包含|给出|找到|涉及|记载|回答)"
    r"|我不知道|没有找到|未找到|无法(?:回答|确定|得知)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """`answer[start:end]`, markers included; `text` is it in one line without them.

    `head`: of the table it is a row of. `quoted`: it stands in a block quote.
    """

    text: str
    start: int
    end: int
    markers: tuple[int, ...]
    head: str = ""
    quoted: bool = False


def split_claims(answer: str) -> list[Claim]:
    """Headings, questions, code, talk and "the documents don't say" are no statements.

    A statement without markers has those of the line that introduces it, if that ends in a colon; of the line that says
    where it is from; and in a block quote those of its paragraph.
    """
    claims: list[Claim] = []
    group, before = 0, ("gap", False)
    lead: tuple[int, ...] = ()
    for block in blocks(answer):
        markers = markers_in(block.text)
        bare = _MARKERS.sub("", block.text).strip()
        if block.kind == "gap":
            before = before if block.quoted or not before[1] else ("gap", False)
        elif not bare or block.attribution:
            _give(claims, markers, group if group < len(claims) else max(0, len(claims) - 1))
        elif bare.endswith((":", "：")) and not block.quoted:
            lead = markers
        else:
            lead = () if block.kind == "text" else lead
            if (block.kind, block.quoted) != before or (block.kind == "text" and not block.quoted):
                group, before = len(claims), (block.kind, block.quoted)
            first = len(claims)
            claims += _claims(block)
            _give(claims, markers if block.quoted else lead, first)
    return [claim for claim in claims if _says_something(claim)]


def _give(claims: list[Claim], markers: tuple[int, ...], first: int) -> None:
    """These markers to each claim from `first` on that has none."""
    claims[first:] = [claim if claim.markers else replace(claim, markers=markers) for claim in claims[first:]]


def sentences(text: str) -> list[Claim]:
    """All sentences and table rows of a passage; headings and code are none."""
    return [claim for block in blocks(text) if block.text for claim in _claims(block)]


def markers_in(text: str) -> tuple[int, ...]:
    found = [int(number) for match in MARKER.finditer(_blank_code(text)) for number in re.findall(r"\d+", match[1])]
    return tuple(dict.fromkeys(found))


def _claims(block: Block) -> Iterator[Claim]:
    spans = [(0, len(block.text))] if block.kind == "row" else _sentences(block.text)
    for start, end in spans:
        piece = block.text[start:end]
        start += len(piece) - len(piece.lstrip())
        end -= len(piece) - len(piece.rstrip())
        if start < end:
            text, markers = _without_markers(block.text[start:end]), markers_in(block.text[start:end])
            yield Claim(text, block.at[start], block.at[end - 1] + 1, markers, block.head, block.quoted)


def _without_markers(text: str) -> str:
    """In one line."""
    for match in reversed(list(_MARKERS.finditer(_blank_code(text)))):
        text = text[: match.start()] + text[match.end() :]
    return " ".join(text.split())


def _sentences(text: str) -> list[tuple[int, int]]:
    """Spans of sentences; markers behind a full stop belong to the sentence before it."""
    hidden = _QUOTED_QUESTION.sub(lambda match: "“" + "x" * (len(match[0]) - 2) + "”", _blank_code(text))
    cuts = [match.span() for match in _SEMICOLON.finditer(hidden)]
    for match in _END.finditer(hidden):
        markers = _MARKERS.match(hidden, match.end())
        end = markers.end() if markers else match.end()
        abbreviated = _ABBREVIATION.search(hidden[: match.start() + 1]) or hidden[end:].lstrip()[:1].islower()
        if match[0][0] != "." or not abbreviated:
            cuts.append((end, end))
    starts = [0, *(after for _, after in sorted(cuts))]
    ends = [*(before for before, _ in sorted(cuts)), len(text)]
    spans = [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
    return [(start, end) for start, end in spans if re.search(r"\w", MARKER.sub("", hidden[start:end]))]


def _blank_code(text: str) -> str:
    """`text`, as long as it is, with nothing in its code spans that could be a marker or an end."""
    return _CODE.sub(lambda match: "`" + "x" * (len(match[0]) - 2) + "`", text)


def _says_something(claim: Claim) -> bool:
    if claim.text.endswith(("?", "？")) or _UNKNOWN.search(claim.text):
        return False
    terms = content_terms(claim.text)
    if claim.markers:
        return bool(terms)
    figure = bool(re.search(r"\d", claim.text))
    return (len(terms) >= 2 or (figure and bool(terms))) and not _TALK.match(claim.text)
