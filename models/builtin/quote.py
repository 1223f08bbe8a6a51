"""The sentences of found passages that answer a question, quoted word for word with their source, or none."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from cairn.filters import parse_filters
from cairn.passages import Passage
from cairn.rows import cells
from models.builtin.expected import fits, names_a_part, wants_a_fact
from models.builtin.topic import topic_of
from models.builtin.words import all_terms, content_terms, has_cjk

MAX_QUOTES = 3
MAX_QUOTE = 600
_ITEMS = 8
_FEW = 8
_MANY = 100
_BOUNDARY = re.compile(
    r"(?:(?<=[.!?])|(?<=[.!?][\"'”’)\]]))\s+(?=[\"'“(\[]?[A-Z0-9À-Þ一-鿿])"
    r"|(?<=[。！？])(?![”」』）])|(?<=[。！？][”」』）])|\n+"
)
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|Mr|Mrs|Ms|Dr|No|approx|Inc|Ltd|St|[A-Z])\.)$")
_BULLET = re.compile(r"^(?:[-*+•]|\d{1,2}[.)])\s+")
_HEADING = re.compile(r"^#{1,6}\s+|^[=\-_*]{3,}$")
_FIGURE = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|hundred|"
    r"thousand)\b|[一二三四五六七八九十百千两]",
    re.IGNORECASE,
)
_WANTS_FIGURE = re.compile(
    r"\bhow (?:many|much|long|often|old|far|big|large|tall|late|early|soon)\b|\bwhen\b|\bwhat (?:time|year|"
    r"date|age|percentage)\b|"
    r"多少|几|多久|多长|多大|多远|什么时候|何时|哪一?年|比例|百分",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\bhow (?:many|much) ([^\W\d_]+)", re.IGNORECASE)
_HERE = 1.0
_AROUND = 0.35
# Chosen on questions over documents that hold the answer and on the same questions over others that don't.
_COVERED = 0.5
_OWN = 0.3
_NEARLY = 0.7
_NEW = 0.2
_SHORT_TOPIC = 2
_MOST_OF_TOPIC = 0.7


@dataclass(frozen=True)
class Quote:
    """One sentence; `score` is the share of the question's terms, by weight, that it and its place cover."""

    text: str
    passage: Passage
    score: float


@dataclass(frozen=True)
class _Sentence:
    text: str
    passage: Passage
    terms: frozenset[str]
    around: frozenset[str]
    label: frozenset[str]


def find_quotes(question: str, passages: Sequence[Passage]) -> list[Quote]:
    """Up to three sentences, the best first; empty when nothing covers enough of the question.

    A term weighs by its rarity among the sentences and their headings (BM25's idf); terms in the heading or elsewhere
    in the passage count in part. Asked for a figure, a sentence with one goes first; asked for the number of something,
    a passage has to speak of it. Filters such as `tag:hr` were for the search.
    """
    question, _ = parse_filters(question)
    asked = list(dict.fromkeys(content_terms(question)))
    sentences = [sentence for passage in passages for sentence in _sentences(passage)]
    if topic := topic_of(question):
        return _about(list(dict.fromkeys(content_terms(topic))), sentences)
    if not sentences or all(term.isdigit() for term in asked):
        return []
    weights = _weights(asked, sentences)
    total = sum(weights.values())
    figure = bool(_WANTS_FIGURE.search(question))
    counted = {term for match in _COUNTED.finditer(question) for term in content_terms(match[1])}
    part = {max(weights, key=lambda term: weights[term])} if names_a_part(question) else set[str]()
    subjects = _subjects(asked, sentences) if wants_a_fact(question) else set[str]()
    ranked: list[tuple[float, int, Quote]] = []
    for order, sentence in enumerate(sentences):
        if not counted | subjects <= sentence.around or not fits(question, sentence.text) or part - sentence.terms:
            continue
        own = sum(weight for term, weight in weights.items() if term in sentence.terms) / total
        around = sum(w for term, w in weights.items() if term in sentence.around - sentence.terms) / total
        covered = own + around
        if own >= _OWN and covered >= _COVERED:
            score = _HERE * own + _AROUND * around + (0.12 if figure and _FIGURE.search(sentence.text) else 0)
            ranked.append((-score, order, Quote(sentence.text, sentence.passage, covered)))
    ranked.sort(key=lambda item: item[:2])
    return _distinct(ranked, weights, total)


def _about(topic: Sequence[str], sentences: Sequence[_Sentence]) -> list[Quote]:
    """Sentences that speak of the topic or stand under a heading that does, those of the best passage first."""
    if not topic or all(term.isdigit() for term in topic):
        return []
    wanted = len(topic) if len(topic) <= _SHORT_TOPIC else _MOST_OF_TOPIC * len(topic)
    ranked: list[tuple[float, int, _Sentence]] = []
    for order, sentence in enumerate(sentences):
        own = sum(term in sentence.terms for term in topic)
        headed = sum(term in sentence.label for term in topic)
        if sum(term in sentence.terms | sentence.label for term in topic) >= wanted:
            ranked.append((-(own + headed) / len(topic), order, sentence))
    ranked.sort(key=lambda item: item[:2])
    best = ranked[0][2].passage if ranked else None
    here = [one for one in ranked if one[2].passage is best]
    texts = [sentence.text for _, _, sentence in here]
    apart = [one for one in here if not any(one[2].text in text and one[2].text != text for text in texts)]
    chosen = sorted(apart[:MAX_QUOTES], key=lambda item: item[1])
    return [Quote(sentence.text, sentence.passage, -score) for score, _, sentence in chosen]


def _distinct(ranked: Sequence[tuple[float, int, Quote]], weights: dict[str, float], total: float) -> list[Quote]:
    """The best, then those nearly as good that say something about a further term of the question."""
    chosen: list[Quote] = []
    seen: set[str] = set()
    for score, _, quote in ranked:
        terms = all_terms(quote.text)
        new = sum(weight for term, weight in weights.items() if term in terms - seen) / total
        if not chosen or (-score >= -_NEARLY * ranked[0][0] and new >= _NEW):
            chosen.append(quote)
            seen |= terms
        if len(chosen) == MAX_QUOTES:
            break
    return chosen


def _subjects(asked: Sequence[str], sentences: Sequence[_Sentence]) -> set[str]:
    """Terms that a document is headed with: a question about the museum is not answered by the bakery's history."""
    return {term for term in asked if len(term) > 1 and any(term in s.label for s in sentences)}


def _weights(asked: Sequence[str], sentences: Sequence[_Sentence]) -> dict[str, float]:
    # Of a question's bigrams some are no words and absent everywhere: they must not outweigh the rest.
    n = max(len(sentences), _MANY if any(map(has_cjk, asked)) else _FEW)
    found = {term: sum(term in s.terms or term in s.label for s in sentences) for term in asked}
    return {term: math.log(1 + (n - df + 0.5) / (df + 0.5)) for term, df in found.items()}


def _sentences(passage: Passage) -> list[_Sentence]:
    around = frozenset(all_terms(f"{passage.label} {passage.source} {passage.text}"))
    label = frozenset(all_terms(passage.label))
    texts = _with_heads(_with_answers(split_sentences(passage.text)))
    return [_Sentence(text, passage, frozenset(all_terms(text)), around, label) for text in texts]


def _with_answers(texts: Sequence[str]) -> list[str]:
    """A question in a document is quoted with what follows it, or not at all: it answers nothing."""
    found: list[str] = []
    question = ""
    for text in texts:
        if text.endswith(("?", "？")):
            question = text
        else:
            found.append(f"{question} {text}" if question and not text.startswith("|") else text)
            question = ""
    return found


def _with_heads(texts: Sequence[str]) -> list[str]:
    """A row of a table is quoted under the table's head: alone it says little."""
    found: list[str] = []
    head = ""
    for text in texts:
        if not text.startswith("|"):
            head = ""
        elif not head:
            head = text
            continue
        found.append(f"{head}\n{'|---' * (head.count('|') - 1)}|\n{text}" if head else text)
    return found


def split_sentences(text: str) -> list[str]:
    """Sentences, list items and table rows, each verbatim but for its bullet; headings are left out."""
    lines = [line for paragraph in re.split(r"\n\s*\n", text) for line in _lines(paragraph)]
    found: list[str] = []
    for n, line in enumerate(lines):
        pieces = _cut(_BULLET.sub("", line))
        if pieces and pieces[-1].endswith((":", "：")):
            pieces[-1] = _with_items(pieces[-1], lines[n + 1 : n + 1 + _ITEMS])
        found += pieces
    return [sentence for sentence in found if re.search(r"\w", sentence)]


def _with_items(intro: str, following: Sequence[str]) -> str:
    """A sentence that announces a list, with the list."""
    items = list(takewhile(_BULLET.match, following))
    text = "\n".join([intro, *items])
    return text if len(text) <= MAX_QUOTE else intro


def _lines(paragraph: str) -> list[str]:
    """Lines of wrapped prose are joined again; list items, table rows and headings stay on their own."""
    lines: list[str] = []
    for raw in paragraph.splitlines():
        line = raw.strip()
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
    for piece in _BOUNDARY.split(line):
        if pieces and _ABBREVIATION.search(pieces[-1]):
            pieces[-1] = f"{pieces[-1]} {piece}"
        elif piece.strip():
            pieces.append(piece.strip())
    return [piece for piece in pieces if len(piece) <= MAX_QUOTE] or [piece[:MAX_QUOTE] for piece in pieces[:1]]


def write_quotes(quotes: Sequence[Quote]) -> str:
    """Block quotes with their markers, each followed by where it stands."""
    return "\n\n".join(map(_write, quotes))


def _write(quote: Quote) -> str:
    text = quote.text.replace("\n", "\n> ")
    file = re.split(r"[/\\]", quote.passage.source.rstrip("/"))[-1]
    marker = f"[{quote.passage.number}]"
    where = f"— {quote.passage.label} ({file})"
    if text.endswith("|"):  # behind a table's row it would be a cell too many, which Markdown drops
        return f"> {text}\n>\n> {where} {marker}"
    return f"> {text} {marker}\n>\n> {where}"
