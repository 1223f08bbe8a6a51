"""An answer's statements held against the passages they cite, and what becomes of those that are not borne out."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cairn.events import Statement, emit
from cairn.passages import read_passages
from cairn.task import Citations
from cairn.text import has_cjk
from chains.checking.claims import Claim, split_claims
from chains.checking.model import BATCH, MOST_CALLS, ask_model
from chains.checking.quotes import Passage
from chains.checking.rules import Verdict, judge
from chains.helper import Helper, HelperError

_UNCITED = "no passage is cited for it"
_MARK, _MARK_ZH = " *(unverified)*", "*（未核实）*"
_NOTHING_LEFT = "Nothing of the answer could be verified in the documents."
_NOTHING_LEFT_ZH = "答案中没有任何内容能在文档中得到核实。"


@dataclass(frozen=True, slots=True)
class Checked:
    """One statement with what is to be said of it."""

    claim: Claim
    statement: Statement


async def check(
    answer: str, passages: Sequence[Passage], spec: Citations, helper: Helper, *, cited_only: bool = False
) -> str:
    """The answer as the task wants to show it; says what it found as an event `checked`. Never fails.

    `cited_only`: what cites nothing may rest on a sum or a table, and is passed over.
    """
    if spec.check == "none":
        return answer
    began = time.perf_counter()
    claims = [claim for claim in split_claims(answer) if claim.markers or not cited_only]
    verdicts = await _verdicts(claims, passages, spec, helper)
    checked = [Checked(claim, _statement(claim, verdict)) for claim, verdict in zip(claims, verdicts, strict=True)]
    if checked:
        emit("checked", {"statements": [one.statement for one in checked]})
    verified = sum(one.statement["state"] == "supported" for one in checked)
    took = (time.perf_counter() - began) * 1000
    emit("rung", {"name": f"check by {spec.check}", "detail": f"{verified} of {len(checked)}", "milliseconds": took})
    return shown(answer, checked, spec)


def passages_in(results: Iterable[str]) -> list[Passage]:
    """The passages that tools returned, by their numbers."""
    found = {one.number: one for text in results for one in read_passages(text)}
    return [Passage(one.number, one.label, one.text) for one in found.values()]


async def _verdicts(
    claims: Sequence[Claim], passages: Sequence[Passage], spec: Citations, helper: Helper
) -> list[Verdict | None]:
    """None for a statement that cites nothing."""
    asked = [claim for claim in claims if claim.markers]
    found: dict[Claim, Verdict] = {}
    if spec.check == "judge":
        found = await _by_model(asked, passages, helper)
    left = [claim for claim in asked if claim not in found]
    found |= dict(zip(left, await asyncio.to_thread(_by_rules, left, passages), strict=True))
    return [found.get(claim) for claim in claims]


def _by_rules(claims: Sequence[Claim], passages: Sequence[Passage]) -> list[Verdict]:
    return [judge(claim, [passage for passage in passages if passage.number in claim.markers]) for claim in claims]


async def _by_model(claims: Sequence[Claim], passages: Sequence[Passage], helper: Helper) -> dict[Claim, Verdict]:
    """What the model says, as far as it can be asked; the rules judge the rest."""
    found: dict[Claim, Verdict] = {}
    try:
        for start in range(0, min(len(claims), BATCH * MOST_CALLS), BATCH):
            batch = claims[start : start + BATCH]
            found |= dict(zip(batch, await ask_model(batch, passages, helper), strict=True))
    except HelperError as error:
        emit("notice", {"text": f"Statements were checked by rules instead of the model: {error}."})
    return found


def _statement(claim: Claim, verdict: Verdict | None) -> Statement:
    if verdict is None:
        return Statement(text=claim.text, state="uncited", source=None, quote=None, reason=_UNCITED)
    state = "unverified" if verdict.reason else "supported"
    quote = verdict.quote
    return Statement(
        text=claim.text,
        state=state,
        source=quote.passage.number - 1 if quote else None,
        quote=quote.text if quote else None,
        reason=verdict.reason,
    )


def shown(answer: str, checked: Sequence[Checked], spec: Citations) -> str:
    """The answer with what is not borne out marked or dropped; with `only_documents`, what cites nothing as well."""
    states = {"unverified", "uncited"} if spec.only_documents else {"unverified"}
    doubtful = [one.claim for one in checked if one.statement["state"] in states]
    if spec.unverified == "keep" or not doubtful:
        return answer
    if spec.unverified == "drop":
        return _without(answer, doubtful, all_of_it=len(doubtful) == len(checked))
    for claim in reversed(doubtful):
        at = _mark_at(answer, claim)
        answer = answer[:at] + (_MARK_ZH if has_cjk(claim.text) else _MARK) + answer[at:]
    return answer


def _mark_at(answer: str, claim: Claim) -> int:
    """Behind the statement; in a table's row inside its last cell."""
    text = answer[claim.start : claim.end]
    return claim.start + len(text.rstrip().rstrip("|").rstrip()) if claim.head else claim.end


def _without(answer: str, claims: Sequence[Claim], all_of_it: bool) -> str:
    if all_of_it:
        return _NOTHING_LEFT_ZH if has_cjk(answer) else _NOTHING_LEFT
    for claim in reversed(claims):
        answer = _cut(answer, claim)
    return re.sub(r"\n{3,}", "\n\n", answer).strip()


def _cut(answer: str, claim: Claim) -> str:
    """Without the statement, nor the bullet or line that held nothing else."""
    start, end = claim.start, claim.end
    line = answer.rfind("\n", 0, start) + 1
    rest = answer.find("\n", end)
    rest = len(answer) if rest < 0 else rest
    alone = not re.sub(r"[-*+•>\s]|\d{1,3}[.)、]", "", answer[line:start]) and not answer[end:rest].strip()
    if alone:
        return answer[:line] + answer[min(rest + 1, len(answer)) :]
    return answer[:start] + answer[end:].lstrip(" ")
