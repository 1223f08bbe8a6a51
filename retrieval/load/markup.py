"""Marks in Markdown that change what its text means: ~~struck out~~, <del>, <sup>, <sub>, comments."""

from __future__ import annotations

import re

from retrieval.load.inline import HIDDEN, STRUCK
from retrieval.load.notation import superscript, subscript

_CODE = r"(?P<code>^(?P<fence> {0,3}(?:`{3,}|~{3,}))[^\n]*\n(?:.*?\n)??(?P=fence)[`~]*[ \t]*$|(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
_MARKS = re.compile(
    _CODE
    + r"|<!--(?P<hidden>.*?)-->|~~(?=\S)(?P<struck>[^\n]*?\S)~~|<(?P<gone>s|del|strike)>(?P<deleted>.*?)</(?P=gone)>"
    r"|<sup>(?P<raised>[^<]*)</sup>|<sub>(?P<lowered>[^<]*)</sub>",
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
        return ""

    return _MARKS.sub(write, text), tuple(told)
