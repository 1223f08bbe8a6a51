"""How a statement fits a sentence: whether its words stand there in the same order, with nothing decisive left out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

from chains.checking.tokens import CONDITIONS, DENIES, GUARDS, LIMITS, Token

_NEGATIVE = ("un", "in", "im", "ir", "il", "non", "non-", "dis")
_NEAR, _NEAR_PIECE = 0.75, 0.5
"""Share of a statement's words that a sentence has before what doesn't fit in it is a contradiction."""


class Objection(NamedTuple):
    """Why a statement is not quoted from a sentence; `differs`: the two contradict each other."""

    text: str
    differs: bool = False


def share(said: Sequence[Token], there: Sequence[Token], subject: Collection[str] = ()) -> float:
    """How much of the statement stands there, in whatever order."""
    known = {token.key for token in there}
    return sum(token.key in known or token.key in subject for token in said) / max(len(said), 1)


def objection(
    said: Sequence[Token], there: Sequence[Token], subject: Collection[str], piece: bool = False
) -> Objection | None:
    """None for what is quoted. `subject`: what it may begin with where the sentence has a pronoun or nothing.

    `piece`: it need not be a whole clause, as an answer of a few words isn't.
    """
    matcher = SequenceMatcher(None, [token.key for token in there], [token.key for token in said], autojunk=False)
    places = {b + n: a + n for a, b, size in matcher.get_matching_blocks() for n in range(size)}
    missing = [n for n in range(len(said)) if n not in places]
    given = all(said[n].key in subject and said[n].key not in GUARDS and not said[n].number for n in missing)
    begins = given and missing == list(range(len(missing))) and bool(places) and there[min(places.values())].fresh
    if missing and not begins:
        near = len(places) >= (_NEAR_PIECE if piece else _NEAR) * len(said)
        found = _unfit(said, missing, there, places)
        return found._replace(differs=found.differs and near)
    for n, at in places.items():
        if said[n].number and said[n].unit and there[at].unit not in ("", said[n].unit):
            return Objection(f"the passage says {there[at].word} {there[at].unit}")
    out = _left_out(there, set(places.values()), piece)
    denied = bool(out) and out[0].key in DENIES and len(out) == 1 and not piece
    return Objection(f"the passage says it with “{out[0].word}”, which is left out", denied) if out else None


def negates(one: str, other: str) -> bool:
    """`unpaid` and `paid`."""
    short, long = sorted((one, other), key=len)
    return len(short) > 2 and long.endswith(short) and long.removesuffix(short) in _NEGATIVE


def _left_out(there: Sequence[Token], taken: Collection[int], piece: bool) -> list[Token]:
    """What the statement leaves out and should not: all but asides between commas, and what follows a preposition."""
    first, last = min(taken), max(taken)
    start = next((n for n in range(first, 0, -1) if there[n].fresh), 0)
    end = next((n for n in range(last + 1, len(there)) if there[n].fresh), len(there))
    before, after = there[start:first], there[last + 1 : end]
    found = [token for token in [*there[:start], *there[end:]] if token.key in CONDITIONS]
    found += [token for token in before if token.key in GUARDS or not (piece or there[first].lead)]
    found += [token for token in after if token.key in GUARDS or not (piece or after[0].lead)]
    for out, run in groupby(range(first, last), lambda n: n not in taken):
        between = list(run) if out else []
        if between:
            then = there[between[-1] + 1]
            other = then.number and any(there[n].number and there[n].unit == then.unit for n in between)
            aside = there[between[0]].fresh and then.fresh and not other
            found += [there[n] for n in between if there[n].key in GUARDS or not aside]
    return found


def _unfit(said: Sequence[Token], missing: Sequence[int], there: Sequence[Token], places: dict[int, int]) -> Objection:
    """Why words of the statement have no counterpart in the sentence, and whether others stand in their place."""
    left = [token for n, token in enumerate(there) if n not in places.values()]
    moved = {token.key for token in left}
    few = len(missing) <= 2
    for n in missing:
        token = said[n]
        if n - 1 in places and said[n - 1].number and (unit := there[places[n - 1]].unit):
            return Objection(f"the passage says {said[n - 1].word} {unit}", few)
        other = next((one for one in left if _opposed(token, one)), None)
        if other and token.key not in moved:
            return Objection(f"it says “{token.word}”, the passage “{other.word}”", few)
        if token.key in DENIES and len(missing) == 1:
            return Objection(f"it denies what the passage says ({token.word})", True)
    return Objection(f"“{said[missing[0]].word}” does not stand in the passage like this")


def _opposed(one: Token, other: Token) -> bool:
    if one.number:
        return other.number and one.unit == other.unit and one.key != other.key
    return {one.key, other.key} <= LIMITS or negates(one.word, other.word)
