"""Text from models, documents and people, made ready for the page: as it is, as a label, or as Markdown.

Streamlit's own Markdown is for the page's own words only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape

from cairn.core.clean_text import clean
from cairn.ui.web.markdown_html import blocks

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_CODE = re.compile(r"`([^`\n]+)`")
_TURNED = re.compile(r"(?<=:)|(?<=[<>~-])(?=\\*[=>-])")
_JOINER = "\u2060"

_SCROLLED = ("arguments", "result")
"""What may be longer than its box: keys scroll what can be focused only."""


def html(text: str) -> str:
    """Markdown as harmless HTML. Raw HTML, entities and reference definitions in it are shown as they are written."""
    return _box("markdown", "".join(blocks(text)))


def verbatim(text: str, style: str) -> str:
    """`text` as it is, byte for byte, as HTML of the page's class `style`."""
    return _box(style, escape(clean(text)))


def note(text: str, style: str) -> str:
    """One of Cairn's own messages: as it is, but for `code`."""
    return _box(style, _CODE.sub(r"<code>\1</code>", escape(clean(text))))


def marked(text: str, spans: Sequence[tuple[int, int]], folded: Callable[[int], str], before: int = 500) -> str:
    """A document with `spans` of it marked; what is far before the first one is `folded`, as so many characters."""
    start = min((start for start, _ in spans), default=0)
    cut = text.rfind("\n\n", 0, start - before) + 2 if start > 2 * before else 0
    fold = f"<details><summary>{escape(folded(cut))}</summary>{escape(text[:cut])}</details>" if cut else ""
    return _box("document", fold + _with_marks(text, spans, cut))


def passage(text: str, quotes: Sequence[str]) -> str:
    """A found passage, as it is, with what was quoted from it marked."""
    text = clean(text)
    return _box("quote", _with_marks(text, spans_of(text, quotes)))


def spans_of(text: str, quotes: Sequence[str], start: int = 0) -> list[tuple[int, int]]:
    """Where the quotes stand in `text` from `start` on; those that do not are left out."""
    found = [(at, at + len(quote)) for quote in quotes if quote and (at := text.find(quote, start)) >= 0]
    return sorted(set(found))


def _with_marks(text: str, spans: Sequence[tuple[int, int]], begin: int = 0) -> str:
    """From `begin` on; of spans that overlap, the later one marks what is left."""
    parts: list[str] = []
    for start, end in sorted(spans):
        start = max(start, begin)
        if end >= start:
            parts.append(f"{escape(text[begin:start])}<mark>{escape(text[start:end])}</mark>")
            begin = end
    return "".join(parts) + escape(text[begin:])


def label(text: str, limit: int = 90) -> str:
    """One line for a widget's label, whose Markdown can't be switched off: every sign stands for itself.

    `:icon:`, `->` and `>=` are looked for after Markdown's escapes are gone; an invisible joiner keeps them apart.
    """
    line = " ".join(clean(text).split())
    line = line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
    return _PUNCTUATION.sub(r"\\\1", _TURNED.sub(_JOINER, line))


def _box(style: str, body: str) -> str:
    """Line breaks as references, since Streamlit strips and dedents what it is given."""
    keys = ' tabindex="0"' if style in _SCROLLED else ""
    return f'<div class="cairn-{style}"{keys}>{body}</div>'.replace("\n", "&#10;")
