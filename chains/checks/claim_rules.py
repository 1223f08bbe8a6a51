"""`check: rules`: whether the words of a statement stand in a passage, in one sentence or in neighbouring ones."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

from langchain_core.documents import Document

from cairn.chains.checks.claims import CONDITIONS, DENIES, GUARDS, LIMITS, Token, sentences, tokens
from cairn.core.clean_text import has_cjk
from cairn.core.events import StatementState
from cairn.core.passages import label_of
from cairn.language.words import content_terms, listed

_FRAGMENT, _FRAGMENT_ZH, _WHOLE = 4, 14, 3  # fewer tokens say nothing alone, unless 3 are most of a sentence
_ASKED, _BEYOND, _BEYOND_ZH = 0.6, 0.7, 0.5  # share of a question's words about a fragment; of those not in the title
_NEAR, _NEAR_FRAGMENT = 0.75, 0.5  # share of a statement in a sentence; what doesn't fit is then a contradiction
_COUNTS = re.compile(r"(?i)\d|何时|时间|日期|几|多[少长大远高久]|哪一?[年天日月]|\b(?:when|year|date|how [mlof]\w+)\b")
_AGREES = re.compile(r"^\W*(?:yes|是的?|对的?|可以|有)\s*[,，.。:：]\s*", re.IGNORECASE)
_NEGATIVE = listed("un in im ir il non non- dis")
_Tokens = Sequence[Token]


class Verdict(NamedTuple):
    """`quote` stands in the passage word for word; `near`: how much of the statement does."""

    state: StatementState
    reason: str | None = None
    passage: Document | None = None
    quote: str | None = None
    near: float = 0


class _Span(NamedTuple):
    """A sentence of a passage, or two on end. `subject`: the words of the headings and of the sentence before it."""

    text: str
    tokens: _Tokens
    subject: Collection[str]


def judge(statement: str, passages: Sequence[Document], question: str = "") -> Verdict:
    """The first passage that it is quoted from, else the one that is most like it. A fragment needs its question."""
    verdicts = [_judge(_AGREES.sub("", statement), passage, question) for passage in passages]
    return max(verdicts, key=lambda one: (one.state == "quoted", one.near))


def _judge(text: str, passage: Document, question: str) -> Verdict:
    said = tokens(text)
    fragment = len(said) < (_FRAGMENT_ZH if has_cjk(text) else _FRAGMENT)
    if has_cjk(text) != has_cjk(passage.page_content) and not fragment:
        return Verdict("not_checked", "the passage is in another language, which rules can't compare")
    label = label_of(passage)
    alone, pairs = _spans(label, passage.page_content)
    enough = [one for one in alone if not fragment or len(said) >= max(_WHOLE, len(one.tokens) / 2)]
    like = [one for one in enough if not fragment or said[0].key == one.tokens[0].key]
    for piece, spans in ((False, like if fragment else alone + pairs), (True, alone)):
        for one in spans:
            quoted = _share(said, one, one.subject) == 1 and _objection(said, one, piece) is None
            if quoted and (not piece or _answers(text, question, one.text, label)):
                return Verdict("quoted", None, passage, one.text)
    about = like or [one for one in alone if _answers(text, question, one.text, label)]
    best = max(about, key=lambda one: _share(said, one), default=None)
    if not said or best is None or (why := _objection(said, best, not like)) is None:
        return Verdict("not_checked", "no sentence of the passage answers the question with it")
    return Verdict("differs" if why[1] else "not_checked", why[0], passage, best.text, _share(said, best))


def _share(said: _Tokens, span: _Span, subject: Collection[str] = ()) -> float:
    known = {token.key for token in span.tokens}
    return sum(token.key in known or token.key in subject for token in said) / max(len(said), 1)


@lru_cache(maxsize=64)
def _spans(label: str, text: str) -> tuple[list[_Span], list[_Span]]:
    """A passage's sentences, and each two on end."""
    text = text[:20_000]
    before = tokens(" ".join([label, *re.findall(r"^#{1,6}\s+(.+)$", text, re.MULTILINE)]))
    headings = {token.key for token in before}
    claims = [claim for claim in sentences(text) if tokens(claim.text)]
    alone: list[_Span] = []
    for claim in claims:
        subject = headings.union(token.key for token in before)
        before = tokens(claim.text)
        alone += [_Span(text[claim.start : claim.end], before, subject)]
    both = zip(pairwise(claims), pairwise(alone), strict=True)
    return alone, [_Span(text[c.start : d.end], [*one.tokens, *two.tokens], one.subject) for (c, d), (one, two) in both]


def _objection(said: _Tokens, span: _Span, piece: bool) -> tuple[str, bool] | None:
    """Why it is not quoted from there, in the same order, and whether the two contradict each other; None if it is.

    What it begins with may be said by the `subject`. `piece`: it need not be a whole clause.
    """
    there = span.tokens
    matcher = SequenceMatcher(None, [token.key for token in there], [token.key for token in said], autojunk=False)
    places = {b + n: a + n for a, b, size in matcher.get_matching_blocks() for n in range(size)}
    missing = [n for n in range(len(said)) if n not in places]
    given = all(said[n].key in span.subject and said[n].key not in GUARDS and not said[n].number for n in missing)
    begins = given and missing == list(range(len(missing))) and bool(places) and there[min(places.values())].fresh
    if missing and not begins:
        reason, differs = _unfit(said, missing, there, places)
        return reason, differs and len(places) >= (_NEAR_FRAGMENT if piece else _NEAR) * len(said)
    for n, at in places.items():
        if said[n].number and said[n].unit and there[at].unit not in ("", said[n].unit):
            return f"the passage says {there[at].word} {there[at].unit}", False
    out = _left_out(there, set(places.values()), piece)
    denied = len(out) == 1 and out[0].key in DENIES and not piece
    return (f"the passage says it with “{out[0].word}”, which is left out", denied) if out else None


def _left_out(there: _Tokens, taken: Collection[int], piece: bool) -> list[Token]:
    """What the statement leaves out and should not: all but asides between commas, and what follows a preposition."""
    first, last = min(taken), max(taken)
    start = next((n for n in range(first, 0, -1) if there[n].fresh), 0)
    end = next((n for n in range(last + 1, len(there)) if there[n].fresh), len(there))
    after = there[last + 1 : end]
    found = [token for token in [*there[:start], *there[end:]] if token.key in CONDITIONS]
    found += [token for token in there[start:first] if token.key in GUARDS or not (piece or there[first].lead)]
    found += [token for token in after if token.key in GUARDS or not (piece or after[0].lead)]
    for out, run in groupby(range(first, last), lambda n: n not in taken):
        if out:
            places = list(run)
            between, then = [there[n] for n in places], there[places[-1] + 1]
            other = then.number and any(token.number and token.unit == then.unit for token in between)
            aside = between[0].fresh and then.fresh and not other
            found += [token for token in between if token.key in GUARDS or not aside]
    return found


def _unfit(said: _Tokens, missing: list[int], there: _Tokens, places: dict[int, int]) -> tuple[str, bool]:
    """Why words of the statement have no counterpart in the sentence, and whether others stand in their place."""
    left = [token for n, token in enumerate(there) if n not in places.values()]
    for n, token in [(n, said[n]) for n in missing]:
        if n - 1 in places and said[n - 1].number and (unit := there[places[n - 1]].unit):
            return f"the passage says {said[n - 1].word} {unit}", len(missing) <= 2
        other = next((one for one in left if _opposed(token, one)), None)
        if other and all(one.key != token.key for one in left):
            return f"it says “{token.word}”, the passage “{other.word}”", len(missing) <= 2
        if token.key in DENIES and len(missing) == 1:
            return f"it denies what the passage says ({token.word})", True
    return f"“{said[missing[0]].word}” does not stand in the passage like this", False


def _opposed(one: Token, other: Token) -> bool:
    if one.number:
        return other.number and one.unit == other.unit and one.key != other.key
    return {one.key, other.key} <= LIMITS or _negates(one.word, other.word)


def _negates(one: str, other: str) -> bool:
    """`unpaid` and `paid`."""
    short, long = sorted((one, other), key=len)
    return len(short) > 2 and long in [prefix + short for prefix in _NEGATIVE]


def _answers(text: str, question: str, sentence: str, label: str) -> bool:
    """Whether a fragment stands where the question's words do, which deny nothing that the question doesn't."""
    clauses = [clause for clause in re.split("[，；]", sentence) if "".join(text.split()) in "".join(clause.split())]
    asked, title = _words(question) - _words(text), _words(label)
    known = {token.key for token in tokens(f"{question} {text}")}
    least = (_BEYOND_ZH if has_cjk(question) else _BEYOND) * len(asked - title)
    fits = bool(_COUNTS.search(question)) == any(token.number for token in tokens(text))
    for clause in clauses or [sentence]:
        there = _words(clause)
        absent = asked - there - title
        opposed = any(word.isdigit() or _negates(word, other) for word in absent for other in there)
        denied = any(token.key in DENIES and token.key not in known for token in tokens(clause))
        enough = len(absent) <= (1 - _ASKED) * len(asked) and len(asked & there - title) >= least > 0
        if fits and enough and not opposed and not denied:
            return True
    return False


def _words(text: str) -> set[str]:
    """Stems without function and question words; single CJK characters."""
    return {word for term in content_terms(text) for word in (term if has_cjk(term) else [term])}
