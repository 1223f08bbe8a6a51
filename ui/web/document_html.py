"""A document opened at a passage: rendered as what it is, with the passage marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePath

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.core.source import Source
from cairn.ui.web import safe
from cairn.ui.web.html_pieces import Words, one_line
from cairn.ui.web.markdown_html import blocks
from cairn.ui.web.page_hints import hint_here, said_here

AROUND = 6_000
"""Characters before and after a passage that are shown with it."""
_MARKDOWN = frozenset((".md", ".markdown", ".docx", ".odt", ".html", ".htm", ".pptx", ".epub"))
"""What is Markdown, or is read as such by its loader."""
_BEGIN, _END = "\ue000", "\ue001"
_WORD = re.compile(r"\w")
_TAG = re.compile(r"(<[^>]*>)")


def document_html(home: Cairn, source: Source, quotes: Sequence[str], say: Words) -> str:
    """The document around the passage with the quotes marked, else the passage as it was found.

    Args:
        home: Whose document it is.
        source: The passage as the answer carries it.
        quotes: What the answer's statements rest on in it, word for word.
        say: The page's texts.
    """
    head = ""
    if notices := source.get("notices"):
        told = say("document.notices", notices="; ".join(said_here(one, say) for one in notices))
        head = safe.verbatim(told, "note")
    try:
        text = home.workspace.library.text(source["source"])
    except CairnError as error:
        found = safe.passage(source["quote"].strip("\n"), quotes)
        return head + safe.note(f"{said_here(error.message, say)} {hint_here(error.hint, say)}", "problem") + found
    start, end = span_of(text, source)
    spans = safe.spans_of(text[:end], quotes, start) or [(start, end)]
    first, last = _window(text, start, end)
    shown = _marked(text[first:last], [(a - first, b - first) for a, b in spans], _suffix(source), say)
    return head + _left_out(say, "document.before", first) + shown + _left_out(say, "document.after", len(text) - last)


def span_of(text: str, source: Source) -> tuple[int, int]:
    """Where the passage stands now; the document may have changed since the answer."""
    quote, start, end = source["quote"], source["start"], source["end"]
    if start is not None and end is not None and text[start:end].strip() == quote.strip():
        return start, end
    found = text.find(quote)
    return (found, found + len(quote)) if found >= 0 else (0, 0)


def _window(text: str, start: int, end: int) -> tuple[int, int]:
    """From a paragraph's beginning to one's end, of very long paragraphs less."""
    least, most = max(0, start - 2 * AROUND), min(len(text), end + 2 * AROUND)
    first = text.rfind("\n\n", least, max(0, start - AROUND)) + 2
    last = text.find("\n\n", end + AROUND, most)
    return first if first > 1 else least, most if last < 0 else last


def _left_out(say: Words, key: str, count: int) -> str:
    return safe.note(say(key, count=f"{count:,}"), "note") if count > 0 else ""


def _suffix(source: Source) -> str:
    return PurePath(source["source"].partition("?")[0]).suffix.lower()


def _marked(text: str, spans: Sequence[tuple[int, int]], suffix: str, say: Words) -> str:
    def folded(count: int) -> str:
        return say("document.folded", count=f"{count:,}")

    if suffix not in _MARKDOWN or _BEGIN in text or _END in text:
        return safe.marked(text, spans, folded)
    signed = _with_signs(text, spans)
    rendered = "".join(blocks(signed))
    if any(rendered.count(sign) != signed.count(sign) for sign in (_BEGIN, _END)):
        return safe.marked(text, spans, folded)
    return f'<div class="cairn-markdown cairn-rendered">{_signs_as_marks(rendered)}</div>'


def _with_signs(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """A sign before the first and after the last letter of each span: before a letter it changes no Markdown."""
    parts, done = list[str](), 0
    for start, end in sorted(spans):
        first = _WORD.search(text, max(start, done), end)
        if first is None:
            continue
        last = end - next(n for n, letter in enumerate(reversed(text[:end])) if _WORD.match(letter))
        parts += [text[done : first.start()], _BEGIN, text[first.start() : last], _END]
        done = last
    return "".join([*parts, text[done:]])


def _signs_as_marks(html: str) -> str:
    """Every text between the signs in a `mark` of its own, so that they never cross an element."""
    made, inside = list[str](), False
    for piece in _TAG.split(html):
        if piece.startswith("<"):
            made.append(piece)
            continue
        for part in re.split(f"([{_BEGIN}{_END}])", piece):
            if part in (_BEGIN, _END):
                inside = part == _BEGIN
            elif part:
                made.append(f"<mark>{part}</mark>" if inside and part.strip() else part)
    return "".join(made)


def question_about(home: Cairn, file: Path, say: Words) -> str | None:
    """A question that a document can answer: about its first section, else its first words; None without text."""
    try:
        text = home.workspace.library.text(str(file))
    except CairnError:
        return None
    headings = [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]
    lines = [line for line in text.splitlines() if _WORD.search(line)]
    subjects = headings[1:] or headings or lines
    return say("ask.about", name=file.stem, subject=one_line(subjects[0], 60)) if subjects else None
