"""`check: judge`: the chat model says of each statement whether its passages bear it out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cairn.events import emit
from cairn.passages import INDENT, Passage
from chains.checking.claims import Claim
from chains.checking.rules import Verdict, judge
from chains.helper import Helper, HelperError

_BATCH, _MOST_CALLS = 8, 3
_CHARACTERS = 2_000
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LINE = re.compile(r"^\W*([A-Z])\W{1,4}(yes|no|是|否)\b[ \t,.:;，。：；-]*(.*)$", re.IGNORECASE | re.MULTILINE)


async def by_model(claims: Mapping[Claim, Sequence[Passage]], helper: Helper) -> dict[Claim, Verdict]:
    """What the model says, as far as it can be asked; what it leaves out or garbles ends it, with a notice."""
    found: dict[Claim, Verdict] = {}
    asked = list(claims)[: _BATCH * _MOST_CALLS]
    try:
        for start in range(0, len(asked), _BATCH):
            found |= await _ask({claim: claims[claim] for claim in asked[start : start + _BATCH]}, helper)
    except HelperError as error:
        emit("notice", {"text": f"Statements were checked by rules instead of the model: {error}."})
    return found


async def _ask(claims: Mapping[Claim, Sequence[Passage]], helper: Helper) -> dict[Claim, Verdict]:
    shown = {passage.number: passage for passages in claims.values() for passage in passages}
    written = [f"{one.text} {' '.join(f'[{passage.number}]' for passage in of)}" for one, of in claims.items()]
    said = await helper.ask(
        "check",
        passages="\n\n".join(map(_write, shown.values())),
        statements="\n".join(f"{letter}: {one}" for letter, one in zip(_LETTERS, written, strict=False)),
    )
    told = {match[1].upper(): match for match in _LINE.finditer(said)}
    lettered = dict(zip(_LETTERS, claims, strict=False))
    if missing := lettered.keys() - told.keys():
        raise HelperError(f"its answer said nothing of statement {min(missing)}")
    return {claim: _verdict(judge(claim, claims[claim]), told[letter]) for letter, claim in lettered.items()}


def _verdict(nearest: Verdict, match: re.Match[str]) -> Verdict:
    """With the span that the rules find nearest."""
    if match[2].lower() in ("yes", "是"):
        return nearest._replace(state="supported", reason=None)
    reason = " ".join(match[3].split()).strip(' .。"“”')[:200] or "the passage does not bear it out"
    return nearest._replace(state="unsupported", reason=reason)


def _write(passage: Passage) -> str:
    lines = passage.text[:_CHARACTERS].splitlines()
    return "\n".join([f"[{passage.number}] {' '.join(passage.label.split())}", *(INDENT + line for line in lines)])
