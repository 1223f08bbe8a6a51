"""An answer's text as it is compared: without citation markers and emphasis, in words of any language."""

from __future__ import annotations

import re

from cairn.core.answer import Answer
from cairn.core.clean_text import CJK, normalise

_MARKUP = re.compile(r"\s*\[\d{1,4}\]|\*\*|__|`")
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_WORDS = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:[.,](?=\d)\d+)*")


def text_of(answer: Answer) -> str:
    """What was said, without `[2]`, `**` and backticks."""
    return _MARKUP.sub("", answer.answer or "").strip()


def words_of(text: str) -> list[str]:
    """As SQuAD's official script compares texts: no case, punctuation or articles; Chinese by characters.

    A comma or a point between digits belongs to the number.
    """
    return _WORDS.findall(_ARTICLES.sub(" ", normalise(text)))
