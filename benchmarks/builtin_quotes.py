"""What `builtin` quotes with the right passage given, and whether it declines what the passage does not tell.

    CAIRN_TEST_DATA=../shared/data python -m benchmarks.builtin_quotes [--half 0|1] [FILE.jsonl ...]

- `cmrc2018`: right when the best sentence that is quoted holds one of the gold answers (`any`: any of those quoted).
- `cmrc2018, swapped`: a number, a name (in title marks, quoted or Latin) or the article's name in the question is one
  of its kind that the passage does not hold. Each quote is one too many.
- `docs_qa`: right when the words of the quoted sentences hold a third of the gold answer's content words (stems).
- `docs_qa, found`: the same of the five passages that BM25 finds, every other question; and of those that it finds
  when the right ones are taken away, where a quote is one too many.
- Each FILE: lines of `{"language", "passage", "passage_id", "title", "question", "answer"}`; where the answer is `null`
  a quote is one too many; where the passage is empty, `passage_id` is the id of one of CMRC's paragraphs.

`--half` takes every other passage of CMRC. An older checkout: `cd OLD && PYTHONPATH=. python THIS/benchmarks/….py`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.corpora import Corpus, docs_qa
from cairn.language.words import content_terms
from cairn.models.builtin.prompt_conversation import ShownPassage
from cairn.models.builtin.quoting import find_quotes
from cairn.retrieval.search_terms import query_terms, terms

_NAMED = re.compile(r"(?<=《)[^《》]{2,15}(?=》)|(?<=“)[^“”]{2,12}(?=”)|[A-Z][A-Za-z]{2,}")


class Case(NamedTuple):
    question: str
    passage: ShownPassage
    answers: tuple[str, ...]  # none when the passage tells nothing of it


# A year or number; what is in title marks, quoted or Latin; the article's own name.
_KINDS: list[Callable[[Case], list[str]]] = [
    lambda case: re.findall(r"\d{2,}", case.question),
    lambda case: _NAMED.findall(case.question),
    lambda case: [case.passage.label] if case.passage.label in case.question else [],
]


def cmrc(data: Path) -> dict[str, list[Case]]:
    """By the ids of the paragraphs."""
    found: dict[str, list[Case]] = {}
    for article in json.loads((data / "cmrc2018" / "dev.json").read_text("utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            passage = ShownPassage(1, article["title"], "text.md", paragraph["context"])
            asked = [(row["question"], tuple(one["text"] for one in row["answers"])) for row in paragraph["qas"]]
            found[paragraph["id"]] = [Case(question, passage, answers) for question, answers in asked]
    return found


def swapped(cases: Sequence[Case]) -> Iterator[Case]:
    """The first thing of a kind that the passage tells of replaced by one from further on; the kinds take turns."""
    for n, case in enumerate(cases):
        told = f"{case.passage.label} {case.passage.text}"
        for named in [*_KINDS[n % len(_KINDS) :], *_KINDS[: n % len(_KINDS)]]:
            old = next((one for one in named(case) if one in told), None)
            far = (cases[(n + step) % len(cases)] for step in range(50, len(cases)))
            if old and (new := next((one for other in far for one in named(other) if one not in told), None)):
                yield Case(case.question.replace(old, new), case.passage, ())
                break


def written(file: Path, known: dict[str, list[Case]]) -> Iterator[tuple[str, Case]]:
    """The cases of a file, by their language."""
    for line in file.read_text("utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        own = ShownPassage(1, str(row.get("title") or ""), "text.md", str(row["passage"]))
        passage = own if row["passage"] else known[str(row["passage_id"])][0].passage
        answers = (str(row["answer"]),) if row["answer"] else ()
        yield f"{file.name} {row['language']}", Case(str(row["question"]), passage, answers)


def holds(quotes: Sequence[str], answers: Iterable[str]) -> bool:
    plain = "".join("".join(quotes).split())
    return any("".join(answer.split()) in plain for answer in answers)


def told(name: str, cases: Sequence[Case]) -> None:
    """One line for the cases that have an answer, one for those that have none."""
    asked = [(case, [quote.text for quote in find_quotes(case.question, [case.passage])]) for case in cases]
    answerable = [(quotes, case.answers) for case, quotes in asked if case.answers]
    if n := len(answerable):
        right, among = (sum(holds(q[:m], answers) for q, answers in answerable) / n for m in (1, None))
        declined = sum(not quotes for quotes, _ in answerable) / n
        print(f"{name:34} {n:5} right {right:.3f} any {among:.3f} declined {declined:.3f}")
    if n := len(others := [quotes for case, quotes in asked if not case.answers]):
        print(f"{name + ', no answer':34} {n:5} quoted {sum(map(bool, others)) / n:.3f}")


def english(data: Path) -> None:
    """docs_qa, with the first of the chunks that answer a question given."""
    corpus = docs_qa(data)
    rows = json.loads((data / "docs_qa" / "questions.json").read_text("utf-8"))
    shares: list[float | None] = []
    for row, question in zip(rows, corpus.questions, strict=True):
        if text := corpus.texts.get(min(question.gold)):
            quotes = find_quotes(row["question"], [ShownPassage(1, text.title, "text.md", text.body)])
            gold, said = (set(content_terms(one)) for one in (row["correct_answer"], " ".join(q.text for q in quotes)))
            shares.append(len(gold & said) / len(gold) if quotes else None)
    right, declined = sum((share or 0) >= 1 / 3 for share in shares), shares.count(None)
    print(f"{'docs_qa':34} {len(shares):5} right {right / len(shares):.3f} declined {declined / len(shares):.3f}")


def found(data: Path, half: int) -> None:
    """What a user sees: passages are searched for, and may all be wrong."""
    corpus = docs_qa(data)
    rows = json.loads((data / "docs_qa" / "questions.json").read_text("utf-8"))
    counts = {name: Counter(terms(f"{text.title} {text.body}")) for name, text in corpus.texts.items()}
    right = declined = quoted = 0
    asked = list(zip(rows, corpus.questions, strict=True))[half::2]
    for row, question in asked:
        gold = set(content_terms(row["correct_answer"]))
        said = {term for text in _quoted(question.text, counts, corpus) for term in content_terms(text)}
        right += len(gold & said) >= len(gold) / 3
        declined += not said
        without = {name: count for name, count in counts.items() if name not in question.gold}
        quoted += bool(_quoted(question.text, without, corpus))
    shares = [f"{count / len(asked):.3f}" for count in (right, declined, quoted)]
    print(
        f"docs_qa, found, half {half:13} {len(asked):5} right {shares[0]} declined {shares[1]} no answer: {shares[2]}"
    )


def _quoted(question: str, counts: Mapping[str, Counter[str]], corpus: Corpus) -> list[str]:
    best = nlargest(5, counts, key=bm25(query_terms(question), counts).__getitem__)
    texts = [corpus.texts[name] for name in best]
    passages = [ShownPassage(n, text.title, "text.md", text.body) for n, text in enumerate(texts, 1)]
    return [quote.text for quote in find_quotes(question, passages)]


def bm25(asked: Sequence[str], counts: Mapping[str, Counter[str]]) -> dict[str, float]:
    """Each text's score (k1 = 1.2, b = .75)."""
    lengths = {name: sum(count.values()) for name, count in counts.items()}
    mean = sum(lengths.values()) / len(lengths)
    scores = dict.fromkeys(counts, 0.0)
    for term in asked:
        holding = [name for name, count in counts.items() if term in count]
        rarity = math.log(1 + (len(counts) - len(holding) + 0.5) / (len(holding) + 0.5))
        for name in holding:
            often = counts[name][term]
            scores[name] += rarity * often * 2.2 / (often + 1.2 * (0.25 + 0.75 * lengths[name] / mean))
    return scores


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--half", type=int)
    options = parser.parse_args()
    data = Path(os.environ["CAIRN_TEST_DATA"])
    known = cmrc(data)
    own = list(known.values())[options.half or 0 :: 1 if options.half is None else 2]
    cases = [case for paragraph in own for case in paragraph]
    told("cmrc2018", cases)
    told("cmrc2018, swapped", list(swapped(cases)))
    english(data)
    for half in (0, 1):
        found(data, half)
    for file in options.files:
        rows = list(written(file, known))
        for name in dict.fromkeys(name for name, _ in rows):
            told(name, [case for own, case in rows if own == name])


if __name__ == "__main__":
    main()
