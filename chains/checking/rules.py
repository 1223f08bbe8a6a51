"""`check: rules`: a statement is supported when numbers, names, negations and enough words agree with the quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cairn.text import has_cjk
from chains.checking.claims import Claim
from chains.checking.facts import missing_names, names, negations, opening, opposite
from chains.checking.numbers import numbers
from chains.checking.quotes import Passage, Quote, found_in
from chains.checking.roles import about, alike, assertions, best_clause, clauses, mixed, terms, turned
from chains.checking.rows import elsewhere, without_rows

ENOUGH = 0.5
"""Share of a statement's words that the quote and its headings must have."""
NOT_FOUND = "the passage it cites is not among those that were found"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is None for what is supported."""

    quote: Quote | None
    reason: str | None


def judge(claim: Claim, passages: Sequence[Passage]) -> Verdict:
    """Held against the cited passages one by one, then against their best quotes together."""
    quotes = found_in(claim, passages)
    if not quotes:
        return Verdict(None, NOT_FOUND)
    reasons = [objection(claim, quote) for quote in quotes]
    for quote, reason in zip(quotes, reasons, strict=True):
        if reason is None:
            return Verdict(quote, None)
    if len(quotes) > 1:
        joined = Quote(quotes[0].passage, "\n".join(q.text for q in quotes), " ".join(q.around for q in quotes))
        if objection(claim, joined) is None:
            return Verdict(quotes[0], None)
    best = max(range(len(quotes)), key=lambda n: covered(claim, quotes[n]))
    return Verdict(quotes[best], reasons[best])


def objection(claim: Claim, quote: Quote) -> str | None:
    """Why the quote does not bear the statement out, in a few words; None if it does."""
    if quote.verbatim:
        return None
    if has_cjk(claim.text) != has_cjk(quote.text):
        return "it is in another language than the passage, which rules can't compare"
    return (
        _number(claim, quote)
        or _name(claim, quote)
        or _polarity(claim, quote)
        or _roles(claim, quote)
        or _words(claim, quote)
    )


def covered(claim: Claim, quote: Quote) -> float:
    """The share of the statement's terms that the quote has, or the headings above it."""
    wanted = terms(claim.text)
    return len(wanted & (terms(quote.text) | terms(quote.around))) / max(len(wanted), 1)


def _number(claim: Claim, quote: Quote) -> str | None:
    there = numbers(f"{quote.text}\n{quote.around}")
    for number in numbers(claim.text):
        if not number.weak and not any(number.agrees(other) for other in there):
            return f"the passage does not say {number.value}{f' {number.unit}' if number.unit else ''} here"
    return None


def _name(claim: Claim, quote: Quote) -> str | None:
    evidence = f"{quote.text} {quote.around}"
    if missing := missing_names(names(claim.text), evidence):
        return f"the passage does not name {missing[0]} here"
    first = opening(claim.text)
    if first and missing_names([first], evidence) and missing_names(names(quote.text), claim.text):
        return f"the passage does not name {first} here"
    return None


def _polarity(claim: Claim, quote: Quote) -> str | None:
    there = clauses(quote.text)
    for part in assertions(claim.text):
        whole, _ = best_clause(part, assertions(quote.text))
        agree = negations(part) > 0 and negations(part) % 2 == negations(whole) % 2
        for clause in clauses(part):
            near = alike(clause, there)
            if near and not agree and all(negations(clause) % 2 != negations(other) % 2 for other in near):
                return "one of statement and passage denies what the other says"
            if pair := opposite(clause, about(clause, there)):
                return f"it says {pair[0]}, the passage {pair[1]}"
    return None


def _roles(claim: Claim, quote: Quote) -> str | None:
    if row := elsewhere(claim.text, quote.text):
        return f"the passage says it of something else ({row})"
    prose = without_rows(quote.text)
    if pair := mixed(claim.text, prose) or turned(claim.text, prose):
        return f"the passage says it of something else ({', '.join(word.lstrip('#') for word in pair)})"
    return None


def _words(claim: Claim, quote: Quote) -> str | None:
    return None if covered(claim, quote) >= ENOUGH else "the passage says too little of it"
