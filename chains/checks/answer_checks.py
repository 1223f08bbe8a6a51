"""An answer's statements held against passages, by rules or by a model, and what becomes of those that don't fit."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from textwrap import indent

from langchain_core.documents import Document

from cairn.chains.bounded_calls import Helper, HelperError
from cairn.chains.checks.claim_rules import Verdict, judge
from cairn.chains.checks.claims import Claim, split_claims
from cairn.core.clean_text import has_cjk
from cairn.core.events import Statement, emit
from cairn.core.passages import INDENT, label_of, number_of
from cairn.core.run_traces import traced
from cairn.core.task import Citations
from cairn.models.answer_forms import verdicts_on

_MARKS = {
    "differs": ("differs from the passage", "与原文不符"),
    "unsupported": ("unsupported, says {judge}", "{judge} 认为没有依据"),
    "no passage": ("no passage {numbers}", "没有段落 {numbers}"),
    "uncited": ("no passage", "没有出处"),
}
NOTHING_LEFT = ("Nothing of the answer fits the documents.", "答案的内容与文档均不相符。")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWX"
_JUDGED = re.compile(r"^\W*([A-X])\W{1,4}(yes|no|是|否)\b[ \t,.:;，。：；-]*(.*)$", re.IGNORECASE | re.MULTILINE)
_Verdicts = dict[Claim, Verdict]


@traced("check")
async def check(
    answer: str, passages: Sequence[Document], spec: Citations, helper: Helper, question: str, cited_only: bool = False
) -> str:
    """The answer as the task wants to show it; says what it found as an event `checked`. Never fails.

    `cited_only`: what cites nothing may rest on a sum, and counts only if it is quoted.
    """
    if spec.check == "none":
        return answer
    began = time.perf_counter()
    numbers = {number_of(one) for one in passages}
    cited = {one: [p for p in passages if number_of(p) in (one.markers or numbers)] for one in split_claims(answer)}
    verdicts = await asyncio.to_thread(lambda: {claim: _by_rules(claim, of, question) for claim, of in cited.items()})
    asked = {claim: of for claim, of in cited.items() if claim.markers and of and spec.check == "judge"}
    judged = await _by_model(asked, verdicts, helper) if asked else {}
    found: dict[Claim, Statement] = {}
    for claim, by_rules in verdicts.items():
        state, reason, passage, quote, _ = judged.get(claim, by_rules)
        source, name = number_of(passage) - 1 if passage else None, helper.model if claim in judged else None
        one = Statement(text=claim.text, state=state, source=source, quote=quote, reason=reason, judge=name)
        found |= {claim: one} if claim.markers or state == "quoted" or not cited_only else {}
    if found:
        emit("checked", {"statements": list(found.values())})
    good = sum(statement["state"] in ("quoted", "supported") for statement in found.values())
    took = (time.perf_counter() - began) * 1000
    emit("stage", {"name": f"check by {spec.check}", "detail": f"{good} of {len(found)}", "milliseconds": took})
    return answer if spec.unverified == "keep" else _shown(answer, found, numbers, spec)


def _by_rules(claim: Claim, passages: Sequence[Document], question: str) -> Verdict:
    verdict = judge(claim.text, passages, question) if passages else None
    if verdict and (claim.markers or verdict.state != "not_checked"):
        return verdict
    reason = "the passage that it cites is not there" if claim.markers else "it cites no passage, and stands in none"
    return Verdict("not_checked", reason)


async def _by_model(cited: dict[Claim, list[Document]], verdicts: _Verdicts, helper: Helper) -> _Verdicts:
    """What the model says of the first statements, all in one call; each with the span that the rules found nearest."""
    asked = dict(zip(_LETTERS, cited, strict=False))
    shown = {number_of(one): one for claim in asked.values() for one in cited[claim]}
    passages = [f"[{n}] {label_of(one)}\n{indent(one.page_content[:2_000], INDENT)}" for n, one in shown.items()]
    numbers = {claim: " ".join(f"[{number_of(one)}]" for one in of) for claim, of in cited.items()}
    statements = [f"{letter}: {claim.text} {numbers[claim]}" for letter, claim in asked.items()]
    try:
        form = verdicts_on(list(asked))
        said = await helper.ask("check", form, passages="\n\n".join(passages), statements="\n".join(statements))
        told = {match[1].upper(): match for match in _JUDGED.finditer(said)}
        if missing := asked.keys() - told.keys():
            raise HelperError(f"its answer said nothing of statement {min(missing)}")
    except HelperError as error:
        emit("notice", {"text": f"Statements were checked by rules instead of the model: {error}."})
        return {}
    found: _Verdicts = {}
    for letter, claim in asked.items():
        yes, why = told[letter][2].lower() in ("yes", "是"), " ".join(told[letter][3].split()).strip(' .。"“”')[:200]
        reason = None if yes else why or "the passage does not bear it out"
        found[claim] = verdicts[claim]._replace(state="supported" if yes else "unsupported", reason=reason)
    return found


def _shown(answer: str, found: Mapping[Claim, Statement], known: set[int], spec: Citations) -> str:
    """What doesn't fit is marked or dropped; with `only_documents`, what has no passage as well."""
    marks = {claim: _mark(claim, statement, known, spec) for claim, statement in found.items()}
    dropped = [claim for claim, mark in marks.items() if spec.unverified == "drop" and mark not in ("", "no passage")]
    if dropped and len(dropped) == len(found):
        return NOTHING_LEFT[has_cjk(answer)]
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
