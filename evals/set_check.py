"""What is wrong with a question set or makes its figures worth less, found before a model is asked anything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from cairn.core.clean_text import normalise
from cairn.core.errors import CairnError
from cairn.evals.cases import Case, SourceGold
from cairn.evals.metrics.execution_accuracy import Execution
from cairn.evals.metrics.passage_matching import holds, is_file
from cairn.language.words import content_terms

if TYPE_CHECKING:
    from cairn.agents.workspace import Workspace

ALIKE = 0.8
"""Of the content words of two questions so many are the same where the one gives the other away."""
SHORTEST = 4
"""Questions with fewer content words are alike only where they are the same."""
_NEXT = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. `wrong`: a figure would be wrong by it; else it is only to be known."""

    kind: str
    told: str
    cases: tuple[str, ...] = ()
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class SetCheck:
    """How many cases there are, how many have each gold, of how many groups; and what was found."""

    cases: int
    golds: Mapping[str, int]
    groups: int | None
    findings: tuple[Finding, ...]

    @property
    def wrong(self) -> bool:
        return any(finding.wrong for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "wrong": self.wrong}


def check_set(cases: Sequence[Case], home: Workspace) -> SetCheck:
    """Try every gold, and look for rows that are there twice.

    `case.database` has to be the database's name where a case has a query.
    """
    checks: list[Callable[[], Iterable[Finding]]] = [
        lambda: _without_gold(cases),
        lambda: _queries(cases, home),
        lambda: _sources(cases, home),
        lambda: _twins(cases),
        lambda: _near_twins(cases),
        lambda: _groups(cases),
    ]
    groups = {case.group for case in cases if case.group}
    golds = Counter(gold for case in cases for gold in case.golds)
    findings = tuple(finding for check in checks for finding in check())
    return SetCheck(len(cases), dict(golds.most_common()), len(groups) or None, findings)


def _without_gold(cases: Sequence[Case]) -> Iterable[Finding]:
    if bare := [case.id for case in cases if not case.golds]:
        yield Finding("no gold", "nothing says what is right: they count as answered or not, no more", tuple(bare))


def _queries(cases: Sequence[Case], home: Workspace) -> Iterable[Finding]:
    """That each gold query runs, and how many give nothing: any empty result equals those."""
    asked = [case for case in cases if case.query]
    if not asked:
        return
    execution = Execution(home.databases.open)
    empty: list[str] = []
    for case in asked:
        judged = execution.judge(case.database or "", case.query or "", None)
        if judged.gold is None:
            yield Finding("gold query", (judged.error or "it can't be run").split("\n")[0], (case.id,), wrong=True)
        elif not judged.gold.rows:
            empty.append(case.id)
    if empty:
        told = f"{len(empty)} of {len(asked)} gold queries give no row: any query without a row is right there"
        yield Finding("empty gold result", told, tuple(empty))


def _sources(cases: Sequence[Case], home: Workspace) -> Iterable[Finding]:
    """That each gold source is among the documents, and its text in it."""
    if not any(case.sources for case in cases):
        return
    known = [(info.source, info.title) for info in home.library.sources() if not info.error]
    texts: dict[str, str] = {}

    def text(source: str) -> str:
        if source not in texts:
            texts[source] = home.library.text(source)
        return texts[source]

    for case in cases:
        for gold in case.sources:
            if told := _lacking(gold, known, text):
                yield Finding("gold source", f"{gold}: {told}", (case.id,), wrong=True)


def _lacking(gold: SourceGold, known: Sequence[tuple[str, str | None]], text: Callable[[str], str]) -> str | None:
    """In what no document is the gold source."""
    there = [source for source, title in known if gold.file is None or is_file(gold.file, source, title)]
    if not there:
        return "no such document; `cairn sources` lists them"
    if gold.text is not None and gold.file is not None:
        try:
            return None if any(holds(gold.text, text(source)) for source in there) else "it does not hold the gold text"
        except CairnError as error:
            return error.message
    return None


def _twins(cases: Sequence[Case]) -> Iterable[Finding]:
    """Rows that ask the same; those that say something else of it are wrong."""
    found: dict[Any, list[Case]] = defaultdict(list)
    for case in cases:
        found[_asked(case)].append(case)
    for twins in found.values():
        if len(twins) > 1:
            differ = any(_gold(case) != _gold(twins[0]) for case in twins)
            told = "the same question with other golds" if differ else "the same question, counted several times"
            yield Finding("duplicate", told, tuple(case.id for case in twins), wrong=differ)


def _asked(case: Case) -> Any:
    return normalise(case.question).strip(" ?？.。!！"), case.history, (case.database or "").lower()


def _gold(case: Case) -> Any:
    return [repr(getattr(case, gold)) for gold in case.golds]


def _near_twins(cases: Sequence[Case]) -> Iterable[Finding]:
    """Questions that share 4 of 5 content words with another of them; those that ask the same count once."""
    unlike = list({_asked(case): case for case in reversed(cases)}.values())[::-1]
    terms = [frozenset(content_terms(normalise(case.question))) for case in unlike]
    twins = list(range(len(unlike)))

    def first(number: int) -> int:
        while twins[number] != number:
            twins[number] = number = twins[twins[number]]
        return number

    for number, other in _maybe_twins(unlike, terms):
        if first(number) != first(other) and jaccard(terms[number], terms[other]) >= ALIKE:
            twins[first(other)] = first(number)
    found: dict[int, list[str]] = defaultdict(list)
    for number, case in enumerate(unlike):
        found[first(number)].append(case.id)
    for ids in found.values():
        if len(ids) > 1:
            yield Finding("near-duplicate", "almost the same words: give them one group", tuple(ids))


def _maybe_twins(cases: Sequence[Case], terms: Sequence[frozenset[str]]) -> Iterable[tuple[int, int]]:
    """Pairs of numbers that may be alike: two sets of which 4 of 5 words are the same share one of their few rarest.

    Prefix filtering (Chaudhuri et al. 2006). A word of very many questions would still give every pair of them: each
    is held against the next `_NEXT` only.
    """
    counts = Counter(term for words in terms for term in words)
    by_term: dict[Any, list[int]] = defaultdict(list)
    for number, words in enumerate(terms):
        rarest = sorted(words, key=lambda term: (counts[term], term)) if len(words) >= SHORTEST else []
        for term in rarest[: len(words) - ceil(ALIKE * len(words)) + 1]:
            by_term[cases[number].database, term].append(number)
    for shared in by_term.values():
        for place, number in enumerate(shared):
            yield from ((number, other) for other in shared[place + 1 : place + 1 + _NEXT])


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _groups(cases: Sequence[Case]) -> Iterable[Finding]:
    """Few groups carry little, however many cases they have."""
    sizes = Counter(case.group for case in cases if case.group)
    if sizes and len(sizes) < 10:
        yield Finding("few groups", f"{len(sizes)} groups: intervals rest on them alone, and are wide")
    if sizes and len(without := [case.id for case in cases if not case.group]) > 0:
        yield Finding("no group", "each of these counts as a group of its own", tuple(without))
