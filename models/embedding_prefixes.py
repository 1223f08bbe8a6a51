"""What embedding models want before a query and before a passage, by their names, as their model cards say."""

from __future__ import annotations

import re

INSTRUCTION = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "
_KNOWN = (
    (re.compile(r"\be5\b.*(instruct|mistral)"), (INSTRUCTION, "")),
    (re.compile(r"\be5\b"), ("query: ", "passage: ")),
    (re.compile(r"\bbge\b.*\bzh\b"), ("为这个句子生成表示以用于检索相关文章：", "")),
    (re.compile(r"\bbge\b.*\ben\b"), ("Represent this sentence for searching relevant passages: ", "")),
)


def prefixes_of(name: str) -> tuple[str, str]:
    """Of a query and of a passage; empty for a model that wants none, or that is not known."""
    words = re.sub(r"[_/:]", " ", name.lower())
    return next((prefixes for pattern, prefixes in _KNOWN if pattern.search(words)), ("", ""))
