"""What `builtin` quotes, with the right passage given, and whether it declines what the passage does not tell.

    CAIRN_TEST_DATA=../shared/data python -m benchmarks.builtin_quotes [--half 0|1] [--show N] [FILE.jsonl …]

- `cmrc2018`: right when the best sentence that is quoted holds one of the gold answers (`any`: any of those quoted).
- `cmrc2018, swapped`: a name, number or term of the question that its passage tells is replaced by one of the same
  kind out of another article, which neither the passage nor its title holds: each quote is one too many.
- `docs_qa`: right when the words of the quoted sentences hold a third of the gold answer's content words (stems).
- Each FILE: lines of `{"language", "passage", "title", "question", "answer"}`; without an answer (`null`) a quote is one
  too many. Where the passage is empty, `id` names a question of CMRC whose passage is meant.

`--half` takes every other passage of CMRC. Run with PYTHONPATH set to another checkout, this file measures that one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.corpora import docs_qa
from cairn.passages import Passage
from models.builtin.quote import find_quotes
from models.builtin.words import content_terms

_NAMED = re.compile(r"(?<=《)[^《》]{2,15}(?=》)|(?<=“)[^“”]{2,12}(?=”)|[A-Z][A-Za-z]{2,}")
_OVERLAP = 1 / 3


class Case(NamedTuple):
    """`answers`: none when the passage tells nothing of it."""

    question: str
    passage: Passage
    answers: tuple[str, ...]


# A year or number; what is in title marks, quoted or Latin; the article's own name.
_KINDS: list[Callable[[Case], list[str]]] = [
    lambda case: re.findall(r"\d{2,}", case.question),
    lambda case: _NAMED.findall(case.question),
    lambda case: [case.passage.label] if case.passage.label in case.question else [],
]


class Counts(NamedTuple):
    cases: int = 0
    right: int = 0
    any_right: int = 0
    quoted: int = 0

    def add(self, right: bool, any_right: bool, quoted: bool) -> Counts:
        return Counts(self.cases + 1, self.right + right, self.any_right + any_right, self.quoted + quoted)


def cmrc(data: Path) -> list[tuple[str, Case]]:
    """By their ids."""
    found: list[tuple[str, Case]] = []
    for article in json.loads((data / "cmrc2018" / "dev.json").read_text("utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            passage = Passage(1, article["title"], "text.md", paragraph["context"])
            for asked in paragraph["qas"]:
                answers = tuple(answer["text"] for answer in asked["answers"])
                found.append((asked["id"], Case(asked["question"], passage, answers)))
    return found


def swapped(cases: Sequence[Case]) -> Iterator[Case]:
    """One thing that the passage tells of is replaced by one of its kind; the kinds take turns."""
    for n, case in enumerate(cases):
        told = f"{case.passage.label} {case.passage.text}"
        found = [swap for kind in range(len(_KINDS)) if (swap := _swap(cases, n, (n + kind) % len(_KINDS), told))]
        if found:
            yield Case(found[0], case.passage, ())


def _swap(cases: Sequence[Case], n: int, kind: int, told: str) -> str | None:
    """The question with the first thing of its kind that is told replaced by one from further on in the set."""
    case = cases[n]
    old = next((one for one in _KINDS[kind](case) if one in told), None)
    far = (cases[(n + step) % len(cases)] for step in range(50, len(cases)))
    new = next((one for other in far for one in _KINDS[kind](other) if one not in told), None)
    return case.question.replace(old, new) if old and new else None


def written(file: Path, known: dict[str, Case]) -> Iterator[tuple[str, Case]]:
    """The lines of a file, by language and whether there is an answer."""
    for line in file.read_text("utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        own = Passage(1, str(row.get("title") or ""), "text.md", str(row["passage"]))
        passage = own if row["passage"] else known[f"{row['passage_id']}_QUERY_0"].passage
        answers = (str(row["answer"]),) if row["answer"] else ()
        yield f"{file.name} {row['language']}", Case(str(row["question"]), passage, answers)


def holds(quote: str, answers: Iterable[str]) -> bool:
    plain = "".join(quote.split())
    return any("".join(answer.split()) in plain for answer in answers)


def told(name: str, cases: Sequence[Case], show: int) -> None:
    """One line for the cases that have an answer, one for those that have none."""
    counts = {True: Counts(), False: Counts()}
    for case in cases:
        quotes = [quote.text for quote in find_quotes(case.question, [case.passage])]
        right = bool(quotes) and holds(quotes[0], case.answers)
        counts[bool(case.answers)] = counts[bool(case.answers)].add(right, holds("\n".join(quotes), case.answers), bool(quotes))
        if bool(case.answers) != right and counts[bool(case.answers)].cases % max(1, len(cases) // (show or 1)) == 0 and show:
            print(f"  {case.question} -> {case.answers[:1]}: {quotes[:1] or 'declined'}")
    for answerable, (n, right, any_right, quoted) in counts.items():
        if n and answerable:
            print(f"{name:34} {n:5} right {right / n:.3f} any {any_right / n:.3f} wrong {(quoted - right) / n:.3f} declined {1 - quoted / n:.3f}")
        elif n:
            print(f"{name + ', no answer':34} {n:5} quoted {quoted / n:.3f}")


def english(data: Path) -> None:
    """docs_qa, with the first of the chunks that answer a question given."""
    corpus = docs_qa(data)
    rows = json.loads((data / "docs_qa" / "questions.json").read_text("utf-8"))
    given = [(row, corpus.texts[min(q.gold)]) for row, q in zip(rows, corpus.questions, strict=True) if min(q.gold) in corpus.texts]
    shares: list[float | None] = []
    for row, text in given:
        quotes = find_quotes(row["question"], [Passage(1, text.title, "text.md", text.body)])
        gold, said = set(content_terms(row["correct_answer"])), set(content_terms(" ".join(q.text for q in quotes)))
        shares.append(len(gold & said) / len(gold) if quotes else None)
    n, good = len(shares), sum(share is not None and share >= _OVERLAP for share in shares)
    print(f"{'docs_qa':34} {n:5} right {good / n:.3f} declined {sum(share is None for share in shares) / n:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--half", type=int)
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    data = Path(os.environ["CAIRN_TEST_DATA"])
    known = dict(cmrc(data))
    places = list(dict.fromkeys(case.passage.text for case in known.values()))
    half = {text for n, text in enumerate(places) if options.half is None or n % 2 == options.half}
    cases = [case for case in known.values() if case.passage.text in half]
    told("cmrc2018", cases, options.show)
    told("cmrc2018, swapped", list(swapped(cases)), options.show)
    english(data)
    for file in options.files:
        rows = list(written(file, known))
        for name in dict.fromkeys(name for name, _ in rows):
            told(name, [case for own, case in rows if own == name], options.show)


if __name__ == "__main__":
    main()
