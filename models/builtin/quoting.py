"""The sentences of found passages that answer a question, quoted word for word with their source, or none."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from cairn.core.filters import parse_filters
from cairn.core.passages import cells
from cairn.language.words import all_terms
from cairn.models.builtin.asked_relation import Asked, fits, known, read_asked, relations
from cairn.models.builtin.prompt_conversation import ShownPassage

MAX_QUOTES = 3
MAX_QUOTE = 600
_ITEMS = 8
_BOUNDARY = re.compile(
    r"(?:(?<=[.!?])|(?<=[.!?][\"'”’)\]]))\s+(?=[\"'“(\[]?[A-Z0-9À-Þ一-鿿])"
    r"|(?<=[。！？])(?![”」』）])|(?<=[。！？][”」』）])|\n+"
)
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|Mr|Mrs|Ms|Dr|No|approx|Inc|Ltd|St|[A-Z])\.)$")
_BULLET = re.compile(r"^(?:[-*+•]|\d{1,2}[.)])\s+")
_HEADING = re.compile(r"^#{1,6}\s+|^[=\-_*]{3,}$")
_FEW = 8
# Chosen on half of CMRC 2018 and on questions by somebody else: what its place counts beside the sentence, what the
# sentence has to cover, what a further one has to reach and to add.
_NEAR, _OWN, _NEARLY, _NEW = 0.5, 0.1, 0.7, 0.2


@dataclass(frozen=True)
class Sentence:
    """`near` are its terms, those of the sentence before, and of what names a subject: label and first sentence."""

    text: str
    passage: ShownPassage
    terms: frozenset[str]
    near: frozenset[str]


def find_quotes(question: str, passages: Sequence[ShownPassage]) -> list[Sentence]:
    """The best sentence, and up to two nearly as good that tell of a further part; none where none bears it out.

    A term weighs by its rarity among the sentences. Filters such as `tag:hr` in the question were for the search.
    """
    asked = read_asked(parse_filters(question)[0])
    sentences = [sentence for passage in passages for sentence in _sentences(passage)]
    if not sentences or all(term.isdigit() for term in asked.terms):
        return []
    weights = _weights(asked.terms, sentences)
    ranked: list[tuple[float, Sentence]] = []
    for sentence in sentences:
        own, near = (_covered(weights, terms) for terms in (sentence.terms, sentence.near))
        if own >= _OWN and _bears_out(asked, sentence):
            ranked.append((own + _NEAR * (near - own), sentence))
    chosen: list[Sentence] = []
    seen: frozenset[str] = frozenset()
    ranked.sort(key=lambda one: -one[0])
    for score, sentence in ranked:
        new = _covered(weights, sentence.terms - seen) >= _NEW
        told = any(sentence.text in quote.text for quote in chosen)
        if not chosen or (new and not told and score >= _NEARLY * ranked[0][0]):
            chosen.append(sentence)
            seen |= sentence.terms
    return chosen[:MAX_QUOTES]


def _bears_out(asked: Asked, sentence: Sentence) -> bool:
    """Whether it is this subject that the sentence tells of, by this relation and with this kind of thing."""
    return (
        len(asked.needed - sentence.near) <= asked.spare
        and asked.relations <= sentence.terms
        and known(asked.pieces, sentence.near)
        and fits(asked.text, sentence.text)
    )


def _covered(weights: Mapping[str, float], terms: frozenset[str]) -> float:
    return sum(weight for term, weight in weights.items() if term in terms) / sum(weights.values())


def _weights(asked: Sequence[str], sentences: Sequence[Sentence]) -> dict[str, float]:
    n = max(len(sentences), _FEW)
    found = {term: sum(term in sentence.terms for sentence in sentences) for term in asked}
    return {term: math.log(1 + (n - df + 0.5) / (df + 0.5)) for term, df in found.items()}


def _sentences(passage: ShownPassage) -> list[Sentence]:
    texts = quotable(passage.text)
    terms = [_terms(text) for text in texts]
    opening = _terms(f"{passage.label} {passage.source}").union(*terms[:1])
    rows = zip(texts, terms, [opening, *terms], strict=False)
    return [Sentence(text, passage, own, own | before | opening) for text, own, before in rows]


def _terms(text: str) -> frozenset[str]:
    return frozenset(all_terms(text)) | relations(text)


def quotable(text: str) -> list[str]:
    """The sentences of a passage; a row of a table stands under its head, a question before what answers it."""
    found: list[str] = []
    head = question = ""
    for sentence in split_sentences(text):
        row = sentence.startswith("|")
        if row and not head:
            head = sentence
        elif row:
            found.append(f"{head}\n{'|---' * (head.count('|') - 1)}|\n{sentence}")
        elif sentence.endswith(("?", "？")):
            question = sentence
        else:
            found.append(f"{question} {sentence}".strip())
            question = ""
        head = head if row else ""
    return found


def split_sentences(text: str) -> list[str]:
    """Sentences, list items and table rows, verbatim but for bullets; what announces a list comes with the list."""
    lines = [line for paragraph in re.split(r"\n\s*\n", text) for line in _lines(paragraph)]
    found: list[str] = []
    for n, line in enumerate(lines):
        pieces = _cut(_BULLET.sub("", line))
        if pieces and pieces[-1].endswith((":", "：")):
            items = takewhile(_BULLET.match, lines[n + 1 : n + 1 + _ITEMS])
            pieces[-1] = "\n".join([pieces[-1], *items])[:MAX_QUOTE]
        found += pieces
    return [sentence for sentence in found if re.search(r"\w", sentence)]


def _lines(paragraph: str) -> list[str]:
    """Lines of wrapped prose are joined again; list items, table rows and headings stay on their own."""
    lines: list[str] = []
    for line in map(str.strip, paragraph.splitlines()):
        own = bool(_BULLET.match(line) or _HEADING.match(line) or line.startswith("|") or cells(line))
        if lines and not own and not lines[-1].startswith(("#", "|")) and _wraps(lines[-1]):
            lines[-1] = f"{lines[-1]} {line}"
        elif line:
            lines.append(line)
    return [line for line in lines if not _HEADING.match(line)]


def _wraps(line: str) -> bool:
    """Whether a line was broken by an editor, and not ended by its writer."""
    return len(line) > 50 and line[-1] not in ".!?。！？；:：" and not cells(line)


def _cut(line: str) -> list[str]:
    if line.startswith("|"):
        return [] if re.fullmatch(r"[|\s:-]+", line) else [line[:MAX_QUOTE]]
    pieces: list[str] = []
    for piece in filter(str.strip, _BOUNDARY.split(line)):
        if pieces and _ABBREVIATION.search(pieces[-1]):
            pieces[-1] = f"{pieces[-1]} {piece}"
        else:
            pieces.append(piece.strip())
    return [piece for piece in pieces if len(piece) <= MAX_QUOTE] or [piece[:MAX_QUOTE] for piece in pieces[:1]]


def write_quotes(quotes: Sequence[Sentence]) -> str:
    """Block quotes with their markers, each followed by where it stands."""
    return "\n\n".join(map(_write, quotes))


def _write(quote: Sentence) -> str:
    text = quote.text.replace("\n", "\n> ")
    file = re.split(r"[/\\]", quote.passage.source.rstrip("/"))[-1]
    marker = f"[{quote.passage.number}]"
    where = f"— {quote.passage.label} ({file})"
    if text.endswith("|"):  # behind a table's row it would be a cell too many, which Markdown drops
        return f"> {text}\n>\n> {where} {marker}"
    return f"> {text} {marker}\n>\n> {where}"
