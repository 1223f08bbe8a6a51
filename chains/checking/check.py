"""An answer's statements held against passages, and what becomes of those that don't fit."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence

from cairn.events import Statement, emit
from cairn.passages import Passage
from cairn.task import Citations
from cairn.text import has_cjk
from chains.checking.claims import Claim, split_claims
from chains.checking.model import by_model
from chains.checking.rules import Verdict, judge
from chains.helper import Helper

_MARKS = {
    "differs": ("differs from the passage", "与原文不符"),
    "unsupported": ("unsupported, says {judge}", "{judge} 认为没有依据"),
    "no passage": ("no passage {numbers}", "没有段落 {numbers}"),
    "uncited": ("no passage", "没有出处"),
}
_NOTHING_LEFT = ("Nothing of the answer fits the documents.", "答案的内容与文档均不相符。")


async def check(
    answer: str,
    passages: Sequence[Passage],
    spec: Citations,
    helper: Helper,
    *,
    question: str,
    cited_only: bool = False,
) -> str:
    """The answer as the task wants to show it; says what it found as an event `checked`. Never fails.

    What cites nothing is held against all passages; with `cited_only` it may rest on a sum or a table, and is passed
    over where it isn't quoted.
    """
    if spec.check == "none":
        return answer
    began = time.perf_counter()
    claims = {claim: _cited(claim, passages) for claim in split_claims(answer)}
    verdicts = await asyncio.to_thread(lambda: {one: _by_rules(one, claims[one], question) for one in claims})
    asked = {claim: cited for claim, cited in claims.items() if claim.markers and cited and spec.check == "judge"}
    judged = await by_model(asked, helper)
    found = {
        claim: _statement(claim, judged.get(claim, verdict), helper.model if claim in judged else None)
        for claim, verdict in verdicts.items()
        if claim.markers or verdict.state == "quoted" or not cited_only
    }
    if found:
        emit("checked", {"statements": list(found.values())})
    good = sum(statement["state"] in ("quoted", "supported") for statement in found.values())
    took = (time.perf_counter() - began) * 1000
    emit("rung", {"name": f"check by {spec.check}", "detail": f"{good} of {len(found)}", "milliseconds": took})
    return answer if spec.unverified == "keep" else _shown(answer, found, {one.number for one in passages}, spec)


def _cited(claim: Claim, passages: Sequence[Passage]) -> Sequence[Passage]:
    return [one for one in passages if one.number in claim.markers] if claim.markers else passages


def _by_rules(claim: Claim, passages: Sequence[Passage], question: str) -> Verdict:
    if not passages:
        return Verdict(
            "not_checked", "the passage that it cites is not there" if claim.markers else "there is no passage"
        )
    verdict = judge(claim, passages, question)
    uncited = verdict.state == "not_checked" and not claim.markers
    return Verdict("not_checked", "it cites no passage, and none says it like this") if uncited else verdict


def _statement(claim: Claim, verdict: Verdict, judge: str | None) -> Statement:
    state, reason, passage, quote, _ = verdict
    source = passage.number - 1 if passage else None
    return Statement(text=claim.text, state=state, source=source, quote=quote, reason=reason, judge=judge)


def _shown(answer: str, found: dict[Claim, Statement], known: set[int], spec: Citations) -> str:
    """What doesn't fit is marked or dropped; with `only_documents`, what has no passage as well."""
    marks = {claim: _mark(claim, statement, known, spec) for claim, statement in found.items()}
    dropped = [claim for claim, mark in marks.items() if spec.unverified == "drop" and mark not in ("", "no passage")]
    if dropped and len(dropped) == len(found):
        return _NOTHING_LEFT[has_cjk(answer)]
    for claim, mark in reversed(marks.items()):
        if claim in dropped:
            answer = _without(answer, claim)
        elif mark:
            chinese = has_cjk(claim.text)
            numbers = ", ".join(str(number) for number in claim.markers if number not in known)
            text = _MARKS[mark][chinese].format(judge=found[claim]["judge"], numbers=numbers)
            at = claim.start + len(answer[claim.start : claim.end].rstrip("| "))  # in a row inside its last cell
            answer = answer[:at] + (f"*（{text}）*" if chinese else f" *({text})*") + answer[at:]
    return re.sub(r"\n{3,}", "\n\n", answer).strip() if dropped else answer


def _mark(claim: Claim, statement: Statement, known: set[int], spec: Citations) -> str:
    if statement["state"] in ("differs", "unsupported"):
        return statement["state"]
    if set(claim.markers) - known:
        return "no passage"
    return "uncited" if spec.only_documents and statement["source"] is None else ""


def _without(answer: str, claim: Claim) -> str:
    """Nor the bullet or line that held nothing else."""
    line, rest = answer.rfind("\n", 0, claim.start) + 1, answer.find("\n", claim.end) + 1 or len(answer)
    around = re.sub(r"[-*+•>\s]|\d{1,3}[.)、]", "", answer[line : claim.start]) + answer[claim.end : rest].strip()
    return answer[: claim.start] + answer[claim.end :].lstrip(" ") if around else answer[:line] + answer[rest:]
