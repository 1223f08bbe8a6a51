"""`rewrite: thread`: a question that leans on the one before it is searched for with it, without a model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cairn.core.clean_text import has_cjk
from cairn.core.filters import parse_filters
from cairn.retrieval.search_terms import content_terms

_MOST_TURNS = 5
_LONGEST = 400
_FEW = 1
_BEFORE = 2
_SHORT = 8
_LEANS = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|thanks|yes|no)\W+)?(?:and|or|but|so|then|also|what about|how about)\b"
    r"|\b(?:it|its|they|them|their|he|him|his|she|her|this|that|these|those|ones?|then|same|else|instead"
    r"|(?<!is )(?<!are )there)\b",
    re.IGNORECASE,
)
_LEANS_ZH = re.compile(
    r"^\W*(?:那|还有|另外|和|如果|要是)|呢(?:\W|$)|它|(?<!其)[他她]|[这那](?!么|样)|该|其(?![他它余中实])"
)


def complete(question: str, before: Sequence[str]) -> str:
    """`question` with the one it leans on behind it; where that leans too, with the one before, and so on.

    `before`: what was asked, oldest first. A filter such as `tag:hr` holds for its own question only.
    """
    whole = [question]
    for asked in reversed(before[-_MOST_TURNS:]):
        if not leans(whole[-1]):
            break
        whole.append(parse_filters(asked[:_LONGEST])[0])
    return " ".join(whole)


def leans(question: str) -> bool:
    """Whether it hardly says what it is about, or is short and opens as a second one or points early at the unsaid."""
    content = len(content_terms(question))
    match = (_LEANS_ZH if has_cjk(question) else _LEANS).search(question)
    if match is None or has_cjk(question):
        return match is not None or content <= _FEW
    return content <= (_SHORT if len(content_terms(question[: match.start()])) <= _BEFORE else _FEW)
