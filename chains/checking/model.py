"""`check: judge`: the chat model says of each statement whether its passages bear it out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cairn.passages import INDENT
from chains.checking.claims import Claim
from chains.checking.quotes import Passage, found_in
from chains.checking.rules import NOT_FOUND, Verdict
from chains.helper import Helper, HelperError

BATCH = 8
"""Statements in one call."""
MOST_CALLS = 3
_CHARACTERS = 2_000
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LINE = re.compile(r"^\W*([A-Z])\W{1,4}(yes|no|是|否)\b[ \t,.:;，。：；-]*(.*)$", re.IGNORECASE | re.MULTILINE)


async def ask_model(claims: Sequence[Claim], passages: Sequence[Passage], helper: Helper) -> list[Verdict]:
    """One verdict a claim, at most `BATCH` of them. Raises HelperError for an answer that leaves one out."""
    cited = {number for claim in claims for number in claim.markers}
    shown = [passage for passage in passages if passage.number in cited]
    said = await helper.ask(
        "check",
        passages="\n\n".join(map(_write_passage, shown)),
        statements="\n".join(map(_write_claim, _LETTERS, claims)),
    )
    told = {match[1].upper(): match for match in _LINE.finditer(said)}
    if missing := [letter for letter, _ in zip(_LETTERS, claims, strict=False) if letter not in told]:
        raise HelperError(f"its answer said nothing of statement {missing[0]}")
    return [_verdict(claim, told[letter], shown) for letter, claim in zip(_LETTERS, claims, strict=False)]


def _verdict(claim: Claim, match: re.Match[str], passages: Sequence[Passage]) -> Verdict:
    quotes = found_in(claim, [passage for passage in passages if passage.number in claim.markers])
    if not quotes:
        return Verdict(None, NOT_FOUND)
    quote = quotes[0]
    if match[2].lower() in ("yes", "是"):
        return Verdict(quote, None)
    reason = " ".join(match[3].split()).strip(' .。"“”')[:200]
    return Verdict(quote, reason or "the model says that the passage does not bear it out")


def _write_passage(passage: Passage) -> str:
    lines = passage.text[:_CHARACTERS].splitlines()
    return "\n".join([f"[{passage.number}] {' '.join(passage.label.split())}", *(INDENT + line for line in lines)])


def _write_claim(letter: str, claim: Claim) -> str:
    head = f" (of the table {claim.head})" if claim.head else ""
    return f"{letter}: {claim.text}{head} {' '.join(f'[{number}]' for number in claim.markers)}"
