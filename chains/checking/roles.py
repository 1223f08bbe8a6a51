"""Whether two texts with the same words say them of the same things: `A trains B` is not `B trains A`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations, pairwise

from cairn.text import CJK, has_cjk
from chains.checking.facts import negations, plain
from chains.checking.numbers import numbers
from models.builtin.words import STOP, listed, stem

_CLAUSE = re.compile(
    r"[;!?。、|\n]|,(?!\d{3}(?!\d))|(?<!\d):|:(?!\d)|\.(?=\s|$)|\b(?:and|but|while|whereas)\b|但是?|而(?!且)"
)
_STRONG = re.compile(r"[;!?。|\n]|\.(?=\s|$)|\b(?:but|while|whereas)\b|但是?|而(?!且)")
_WORD = re.compile(rf"#[\w.:]+|[{CJK}]|[^\W_{CJK}]+(?:['-][^\W_{CJK}]+)*|_+")
_RELATIONS = frozenset(listed("than before after from to by over under"))
_SENTENCE = re.compile(r"[.!?](?=\s)|[。！？]|\n")
_PASSIVE = re.compile(
    r"\b(?:is|are|was|were|be|been|being|gets?|got)\s+(?:\w+ly\s+)?\w+(?:ed|en|wn|ught|ilt|id|de|nt|pt|ne|ld|und|ng)\b|被"
)
_BETWEEN = "向比给对从由在"
_NEAR = 4
_ALIGNED = 0.34
_NEARLY, _NEARLY_CJK = 0.75, 0.5  # a Chinese clause has more terms: its characters and their pairs
_LONGEST = 400


def clauses(text: str) -> list[str]:
    return [part.strip() for part in _CLAUSE.split(plain(text)) if re.search(r"\w", part)]


def terms(text: str) -> frozenset[str]:
    """Stems, single capital letters, numbers as `#18`; CJK characters alone and in pairs."""
    words = _words(text)
    pairs = {a + b for a, b in pairwise(words) if has_cjk(a) and has_cjk(b)}
    return frozenset(words) | pairs


def best_clause(clause: str, others: Sequence[str]) -> tuple[str, float]:
    """The one of `others` that says most of `clause`, and how much, from 0 to 1."""
    wanted = terms(clause)
    scored = [(len(wanted & terms(other)) / max(len(wanted), 1), -len(other), other) for other in others]
    score, _, other = max(scored, default=(0.0, 0, ""))
    return other, score


def assertions(text: str) -> list[str]:
    """What `but`, semicolons and full stops part: within one, a negation may hold for a whole list."""
    return [part for part in _STRONG.split(plain(text)) if re.search(r"\w", part)]


def alike(clause: str, others: Sequence[str]) -> list[str]:
    """Those of `others` that say about as much of `clause` as the best one does; none says little.

    For what denies nothing only those count that have its last word, which mostly is what it comes down to, if any has.
    """
    wanted = terms(clause)
    scored = [(len(wanted & terms(other)) / max(len(wanted), 1), other) for other in others]
    if negations(clause) % 2:
        return [other for score, other in scored if score >= _ALIGNED]
    best = max((score for score, _ in scored), default=0.0)
    last = set(_words(clause)[-1:])
    nearly = (_NEARLY_CJK if has_cjk(clause) else _NEARLY) * best
    ends_so = [other for score, other in scored if score >= nearly and last <= terms(other)]
    return ends_so or [other for score, other in scored if score >= max(_ALIGNED, _NEARLY * best)]


def about(clause: str, others: Sequence[str]) -> str:
    """Whatever of `others` has a good part of the clause."""
    wanted = terms(clause)
    return "\n".join(other for other in others if len(wanted & terms(other)) >= _ALIGNED * len(wanted))


def mixed(statement: str, evidence: str) -> tuple[str, str] | None:
    """Two terms that stand in one clause of the statement and in two parallel ones of the evidence.

    Parallel are clauses that share a word: `adults pay 18, children pay 7` bears out no `children pay 18`.
    """
    there = [found for clause in clauses(evidence) if (found := terms(clause))]
    for clause in clauses(statement):
        said = terms(clause)
        if any(said <= one for one in there):
            continue
        for one, other in combinations(there, 2):
            if len(one & other) < (2 if has_cjk(clause) else 1):
                continue
            mine, its = _telling(said & one - other), _telling(said & other - one)
            if mine and its and one - other - said and other - one - said and _figures(mine, its, one, other):
                return max(mine, key=len), max(its, key=len)
    return None


def _telling(found: frozenset[str]) -> frozenset[str]:
    """Without single CJK characters, which most words share with some other word."""
    return frozenset(term for term in found if len(term) > 1 or not has_cjk(term))


def _figures(mine: frozenset[str], its: frozenset[str], one: frozenset[str], other: frozenset[str]) -> bool:
    """Both clauses give a number and the statement has one of these with as much of the other; or neither does."""
    own, others = _numbers(one - other), _numbers(other - one)
    if not (own and others):
        return not own and not others
    if _numbers(mine) and _numbers(its):
        return True
    with_it, without = (mine, its) if _numbers(mine) else (its, mine)
    return bool(_numbers(with_it)) and len(without) >= len(with_it - _numbers(with_it))


def _numbers(found: frozenset[str]) -> set[str]:
    return {term for term in found if term.startswith("#")}


def turned(statement: str, evidence: str) -> tuple[str, str] | None:
    """Two words that have changed places around a third one between them, both texts being in the same voice."""
    evidence = plain(evidence)[:_LONGEST]
    parts = clauses(evidence) if has_cjk(evidence) else [part for part in _SENTENCE.split(evidence) if part.strip()]
    for said in clauses(plain(statement)[:_LONGEST]):
        there, _ = best_clause(said, parts)
        if _voice(said) != _voice(there):
            continue
        mine, its = _order(said, there)
        for middle in mine:
            left, right = _sides(mine, middle), _sides(its, middle)
            before, after = left[0] & right[1], left[1] & right[0]
            if before and after and not middle.startswith("#"):
                return max(before, key=len), max(after, key=len)
    return None


def _order(said: str, there: str) -> tuple[list[str], list[str]]:
    """The words that both texts have once, in the order of each."""
    if has_cjk(said):
        mine = _tiles(said, there)
        return mine, sorted(mine, key=there.find)
    first, second = _words(said, _RELATIONS), _words(there, _RELATIONS)
    once = [word for word in first if first.count(word) == 1 and second.count(word) == 1]
    return once, [word for word in second if word in once]


def _sides(order: Sequence[str], middle: str) -> tuple[set[str], set[str]]:
    at = order.index(middle)
    return set(order[max(0, at - _NEAR) : at]), set(order[at + 1 : at + 1 + _NEAR])


def _voice(text: str) -> int:
    return len(_PASSIVE.findall(text.casefold()))


def _tiles(said: str, there: str) -> list[str]:
    """The longest common pieces of two texts, none overlapping, in the order of the first (greedy string tiling)."""
    pieces: list[tuple[int, str]] = []
    free = [bool(re.match(r"\w", char)) for char in said]
    single = "比" in said and "比" in there
    rest = there
    for size in range(min(12, len(said)), 0, -1):
        for start in range(len(said) - size + 1):
            piece = said[start : start + size]
            if all(free[start : start + size]) and rest.count(piece) == 1 and (size > 1 or single or piece in _BETWEEN):
                pieces.append((start, piece))
                free[start : start + size] = [False] * size
                rest = rest.replace(piece, "\0" * size)
    return [piece for _, piece in sorted(pieces)]


def _words(text: str, kept: frozenset[str] = frozenset()) -> list[str]:
    """Content words as stems, in order; of the function words only `kept`."""
    found: list[str] = []
    for word in _WORD.findall(_with_numbers(plain(text))):
        single = len(word) == 1 and word.isupper() and word != "I"
        if word.startswith("#") or single:
            found.append(word)
        elif (low := word.casefold()) in kept or (
            low not in STOP and stem(low) not in STOP and word not in "的了在是有"
        ):
            found.append(stem(low))
    return found


def _with_numbers(text: str) -> str:
    for number in reversed(numbers(text)):
        text = f"{text[: number.start]} #{number.value} {text[number.end :]}"
    return text
