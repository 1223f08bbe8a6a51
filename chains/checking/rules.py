"""`check: rules`: whether the words of a statement stand in a passage, in one sentence or in neighbouring ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from cairn.events import StatementState
from cairn.passages import Passage
from cairn.text import has_cjk
from chains.checking.claims import Claim, sentences
from chains.checking.fit import negates, objection, share
from chains.checking.tokens import DENIES, Token, tokens
from models.builtin.words import content_terms

_LONGEST_PASSAGE = 20_000
_ASKED, _BEYOND, _BEYOND_ZH = 0.6, 0.7, 0.5
"""Share of the question's words about a fragment, and of those that are not in the title; Chinese ones by character."""
_AGREES = re.compile(r"^\W*(?:yes|是的?|对的?|可以|有)\s*[,，.。:：]\s*", re.IGNORECASE)
_FRAGMENT, _FRAGMENT_ZH, _WHOLE = 4, 14, 3
"""Fewer tokens say nothing by themselves, unless they are most of a sentence and not fewer than the last."""


class Verdict(NamedTuple):
    """`quote` stands in the passage word for word; `near`: how much of the statement does."""

    state: StatementState
    reason: str | None = None
    passage: Passage | None = None
    quote: str | None = None
    near: float = 0


class _Span(NamedTuple):
    """A sentence of a passage, or two on end. `subject`: the words of the headings and of the sentence before it."""

    text: str
    tokens: Sequence[Token]
    subject: frozenset[str]


def judge(claim: Claim, passages: Sequence[Passage], question: str = "") -> Verdict:
    """The first passage that it is quoted from, else the one that is most like it. A fragment needs its question."""
    verdicts = [_judge(_AGREES.sub("", claim.text), passage, question) for passage in passages]
    return max(verdicts, key=lambda one: (one.state == "quoted", one.near))


def _judge(text: str, passage: Passage, question: str) -> Verdict:
    said = tokens(text)
    fragment = len(said) < (_FRAGMENT_ZH if has_cjk(text) else _FRAGMENT)
    if not said:
        return Verdict("not_checked", "it says nothing that can be looked for")
    if has_cjk(text) != has_cjk(passage.text) and not fragment:
        return Verdict("not_checked", "the passage is in another language, which rules can't compare")
    alone, pairs = _spans(passage)
    like = [one for one in alone if not fragment or _is_most_of(said, one.tokens)]
    if quoted := next((one for one in (like if fragment else alone + pairs) if _fits(said, one)), None):
        return Verdict("quoted", None, passage, quoted.text)
    pieces = (one for one in alone if _fits(said, one, piece=True))
    if quoted := next((one for one in pieces if _answers(text, question, one.text, passage.label)), None):
        return Verdict("quoted", None, passage, quoted.text)
    about = like or [one for one in alone if _answers(text, question, one.text, passage.label)]
    best = max(about, key=lambda one: share(said, one.tokens), default=None)
    why = objection(said, best.tokens, best.subject, not like) if best else None
    if best is None or why is None:
        return Verdict("not_checked", "no sentence of the passage answers the question with it")
    return Verdict("differs" if why.differs else "not_checked", why.text, passage, best.text, share(said, best.tokens))


def _is_most_of(said: Sequence[Token], there: Sequence[Token]) -> bool:
    return bool(there) and len(said) >= max(_WHOLE, len(there) / 2) and said[0].key == there[0].key


def _fits(said: Sequence[Token], one: _Span, piece: bool = False) -> bool:
    stands = share(said, one.tokens, one.subject) == 1
    return stands and objection(said, one.tokens, one.subject, piece) is None


@lru_cache(maxsize=64)
def _spans(passage: Passage) -> tuple[list[_Span], list[_Span]]:
    """Its sentences, and each two on end."""
    text = passage.text[:_LONGEST_PASSAGE]
    before = tokens(" ".join([passage.label, *re.findall(r"^#{1,6}\s+(.+)$", text, re.MULTILINE)]))
    headings = {token.key for token in before}
    claims, alone = sentences(text), list[_Span]()
    for claim in claims:
        subject = frozenset(headings.union(token.key for token in before))
        before = tokens(claim.text)
        alone.append(_Span(text[claim.start : claim.end], before, subject))
    pairs = [
        _Span(text[claims[n].start : claims[n + 1].end], [*one.tokens, *other.tokens], one.subject)
        for n, (one, other) in enumerate(pairwise(alone))
    ]
    return alone, pairs


def _answers(text: str, question: str, sentence: str, label: str) -> bool:
    """Whether a fragment stands where the question's words do, which deny nothing that the question doesn't."""
    clauses = [clause for clause in re.split("[，；]", sentence) if "".join(text.split()) in "".join(clause.split())]
    asked, title = _words(question) - _words(text), _words(label)
    known = {token.key for token in tokens(f"{question} {text}")}
    least = (_BEYOND_ZH if has_cjk(question) else _BEYOND) * len(asked - title)
    for clause in clauses or [sentence]:
        there = _words(clause)
        absent = asked - there - title
        opposed = any(word.isdigit() or negates(word, other) for word in absent for other in there)
        denied = any(token.key in DENIES and token.key not in known for token in tokens(clause))
        enough = len(absent) <= (1 - _ASKED) * len(asked) and len(asked & there - title) >= least > 0
        if enough and not opposed and not denied:
            return True
    return False


def _words(text: str) -> set[str]:
    """Stems without function and question words; single CJK characters."""
    return {word for term in content_terms(text) for word in (term if has_cjk(term) else [term])}
