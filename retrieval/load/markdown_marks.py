"""Marks in Markdown that change what its text means: ~~struck out~~, <del>, <sup>, <sub>, comments."""

from __future__ import annotations

import re

from cairn.retrieval.load.html_marks import HIDDEN, STRUCK
from cairn.retrieval.load.math_notation import subscript, superscript

_CODE = (
    r"(?P<code>^(?P<fence> {0,3}(?:`{3,}|~{3,}))[^\n]*(?:\n|\Z).*?(?:^(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)(?P=ticks)(?!`))"
)
_LEFT_OUT = (
    r"(?:<!--(?P<hidden>.{0,20000}?)-->|~~(?=\S)(?P<struck>[^\n]*?\S)~~"
    r"|<(?P<tag>s|del|strike)>(?P<deleted>(?:(?!\n\s*\n).)*?)</(?P=tag)>)(?P<blank> ?)"
)
_MARKS = re.compile(
    rf"{_CODE}|{_LEFT_OUT}|<sup>(?P<raised>[^<]*)</sup>|<sub>(?P<lowered>[^<]*)</sub>",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_MARKED = re.compile(r"<!--|~~|<(?:s|del|strike|sup|sub)>", re.IGNORECASE)


def written_marks(text: str) -> tuple[str, tuple[str, ...]]:
    """The text as it is meant, outside of code, and what was left out of it."""
    if not _MARKED.search(text):
        return text, ()
    told: dict[str, None] = {}

    def write(match: re.Match[str]) -> str:
        if match["code"] is not None:
            return match[0]
        if match["raised"] is not None:
            return superscript(match["raised"], text[match.start() - 1 : match.start()])
        if match["lowered"] is not None:
            return subscript(match["lowered"])
        said = next(words for words in (match["hidden"], match["struck"], match["deleted"]) if words is not None)
        if re.search(r"\w", said):
            told[HIDDEN if match["hidden"] is not None else STRUCK] = None
        return "" if text[match.start() - 1 : match.start()].isspace() else match["blank"]

    return _MARKS.sub(write, text), tuple(told)
