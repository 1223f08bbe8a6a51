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
"""Share of the question's words about a fragment, and of those that the title doesn't have; Chinese ones by character."""
_AGREES = re.compile(r"^\W*(?:yes|是的?|对的?|可以|有)\s*[,，.。:：]\s*", re.IGNORECASE)
_SAYS = re.compile(r"\b(?:is|are|was|were|ha[sd]|have|can|may|must|will|does?|not|\w+ed)\b|[是为有在了于由被不可能会应须]", re.I)
_BARE, _BARE_ZH, _VERBLESS, _VERBLESS_ZH, _WHOLE = 12, 8, 60, 14, 3


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
    said, fragment = tokens(text), _fragment(text)
    if has_cjk(text) != has_cjk(passage.text) and not fragment:
        return Verdict("not_checked", "the passage is in another language, which rules can't compare")
    alone, pairs = _spans(passage)
    wholes = [one for one in alone if len(one.tokens) == len(said) >= _WHOLE] if fragment else [*alone, *pairs]
    about = [one for one in alone if _stands(said, one) and _answers(text, question, one.text, passage.label)]
    for spans, piece in ((wholes, False), (about, True)):
        for one in spans:
            if _stands(said, one) and objection(said, one.tokens, one.subject, piece) is None:
                return Verdict("quoted", None, passage, one.text)
    if fragment:
        alone = [one for one in alone if _answers(text, question, one.text, passage.label)]
    best = max(alone, key=lambda one: share(said, one.tokens), default=None)
    why = objection(said, best.tokens, best.subject, fragment) if best else None
    if best is None or why is None:
        return Verdict("not_checked", "no sentence of the passage answers the question with it")
    return Verdict("differs" if why.differs else "not_checked", why.text, passage, best.text, share(said, best.tokens))


def _stands(said: Sequence[Token], one: _Span) -> bool:
    return share(said, one.tokens, one.subject) == 1


@lru_cache(maxsize=64)
def _spans(passage: Passage) -> tuple[list[_Span], list[_Span]]:
    """Its sentences, and each two on end."""
    text = passage.text[:_LONGEST_PASSAGE]
    headings = tokens(" ".join([passage.label, *re.findall(r"^#{1,6}\s+(.+)$", text, re.MULTILINE)]))
    claims = sentences(text)
    said: list[list[Token]] = [[], *(tokens(claim.text) for claim in claims)]
    subjects = [frozenset(token.key for token in [*headings, *before]) for before in said]
    alone = [_Span(text[c.start : c.end], own, subject) for c, own, subject in zip(claims, said[1:], subjects, strict=False)]
    pairs = [
        _Span(text[c.start : d.end], [*one.tokens, *other.tokens], one.subject)
        for (c, d), (one, other) in zip(pairwise(claims), pairwise(alone), strict=True)
    ]
    return alone, pairs


def _fragment(text: str) -> bool:
    """`12 working days`: it says nothing by itself."""
    bare, verbless = (_BARE_ZH, _VERBLESS_ZH) if has_cjk(text) else (_BARE, _VERBLESS)
    return len(text) <= bare or (len(text) <= verbless and not _SAYS.search(text))


def _answers(text: str, question: str, sentence: str, label: str) -> bool:
    """Whether a fragment stands where the question's words do, which deny nothing that the question doesn't."""
    clauses = re.split("[，；]", sentence) if has_cjk(text) else []
    near = [clause for clause in clauses if _bare(text) in _bare(clause)] or [sentence]
    asked, title = _words(question) - _words(text), _words(label)
    known = {token.key for token in tokens(f"{question} {text}")}
    least = (_BEYOND_ZH if has_cjk(question) else _BEYOND) * len(asked - title)
    for clause in near:
        there = _words(clause)
        absent = asked - there - title
        opposed = any(word.isdigit() or negates(word, other) for word in absent for other in there)
        denied = any(token.key in DENIES and token.key not in known for token in tokens(clause))
        enough = len(absent) <= (1 - _ASKED) * len(asked) and len(asked & there - title) >= least > 0
        if enough and not opposed and not denied:
            return True
    return False


def _bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


def _words(text: str) -> set[str]:
    """Stems without function and question words; single CJK characters."""
    return {word for term in content_terms(text) for word in (term if has_cjk(term) else [term])}
