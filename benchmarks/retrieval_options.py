"""What the options of retrieval are worth that are off by default, against the default that shows as many tokens.

    CAIRN_TEST_DATA=… CAIRN_MINILM_DIR=… python -m benchmarks.retrieval_options [context] [routing] [FILE]

`context`: how much of the gold answer do the passages hold? docs_qa: the share of its words; every ninth question of
CMRC 2018: 1 if it stands there. Split as `cairn add` does. An option is held against the two numbers of passages whose
tokens are next to its own, each question by their weighted mean. `routing`: docs_qa as collections by topic, and by
chance. FILE: pairs of questions, lines of {"language", "before", "follow_up", "standalone", "gold": [link or id]};
`standalone` is the follow-up if that is unrelated. Then the sets' own questions, each after an unrelated one.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.corpora import SETS, Corpus, Question
from benchmarks.homes import CachedEmbedder, Filled, filled
from benchmarks.ranking import METRICS, Scores, scores
from benchmarks.retrieval import ranked
from cairn.chains.rag.search_queries import complete
from cairn.core.clean_text import approximate_tokens, has_cjk
from cairn.core.passages import write_passages
from cairn.core.task import Retrieval
from cairn.models.embeddings import HashedEmbeddings
from cairn.models.minilm import MiniLM, minilm_folder
from cairn.retrieval.hit import as_documents
from cairn.retrieval.search_terms import terms

LONG = 10**9
DEFAULTS = (1, 2, 3, 4, 5, 6, 8, 10, 14, 20)
OPTIONS: dict[str, dict[str, Any]] = {
    **{f"gap {gap}, k 5": {"gap": gap, "k": 5} for gap in (0.1, 0.2, 0.3)},
    **{f"parents, k {k}": {"parents": True, "k": k} for k in (1, 2, 3, 5)},
    **{f"mmr, k {k}": {"rerank": ["mmr"], "k": k} for k in (3, 5, 10)},
}
WAYS: dict[str, Callable[[dict[str, Any]], str]] = {
    "alone": lambda row: row["follow_up"],
    "always with the one before": lambda row: f"{row['follow_up']} {row['before']}",
    "rewrite: thread": lambda row: complete(row["follow_up"], [row["before"]]),
    "asked as a whole": lambda row: row["standalone"],
}


class Asked(NamedTuple):
    """`answers`: any of them is right."""

    text: str
    answers: Sequence[str]


def docs_qa(data: Path) -> list[Asked]:
    rows = json.loads((data / "docs_qa" / "questions.json").read_text("utf-8"))
    return [Asked(row["question"], [row["correct_answer"]]) for row in rows]


def cmrc2018(data: Path) -> list[Asked]:
    articles = json.loads((data / "cmrc2018" / "dev.json").read_text("utf-8"))["data"]
    pairs = [qa for article in articles for paragraph in article["paragraphs"] for qa in paragraph["qas"]]
    return [Asked(qa["question"], [answer["text"] for answer in qa["answers"]]) for qa in pairs][::9]


def share_of_words(answer: str, text: str) -> float:
    wanted = set(terms(answer))
    return len(wanted & set(terms(text))) / max(1, len(wanted))


def stands_in(answer: str, text: str) -> float:
    return float("".join(answer.split()) in "".join(text.split()))


def shown(home: Filled, asked: Sequence[Asked], spec: Retrieval) -> Scores:
    """Of each question the tokens of its passages, and how much of the answer they hold."""
    rows: list[tuple[float, float]] = []
    for question in asked:
        hits = home.library.search(question.text, spec)
        held = stands_in if has_cjk(question.text) else share_of_words
        text = "\n".join(hit.text for hit in hits)
        rows.append(
            (
                approximate_tokens(write_passages(as_documents(hits))),
                max(held(answer, text) for answer in question.answers),
            )
        )
    return np.array(rows)


def at_tokens(defaults: Sequence[Scores], tokens: float) -> Scores:
    """What the default holds of each answer with so many tokens in the mean."""
    means = [float(made[:, 0].mean()) for made in defaults]
    above = next((place for place, mean in enumerate(means) if mean >= tokens), len(means) - 1)
    below = max(0, above - 1)
    span = means[above] - means[below]
    weight = min(1.0, max(0.0, (tokens - means[below]) / span)) if span else 1.0
    return (1 - weight) * defaults[below][:, 1] + weight * defaults[above][:, 1]


def difference(values: Scores) -> str:
    half = 1.96 * values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():+.3f} [{values.mean() - half:+.3f} {values.mean() + half:+.3f}]"


def context(data: Path, embedder: CachedEmbedder) -> None:
    for name, read in {"docs_qa": docs_qa, "cmrc2018": cmrc2018}.items():
        asked = read(data)
        with filled({name: SETS[name](data)}, embedder, whole=False) as home:
            defaults = [shown(home, asked, Retrieval(k=k, max_tokens=LONG)) for k in DEFAULTS]
            for k, made in zip(DEFAULTS, defaults, strict=True):
                print(f"{name:9} k {k:<14} {made[:, 0].mean():5.0f} tokens hold {made[:, 1].mean():.3f}", flush=True)
            for option, patch in OPTIONS.items():
                made = shown(home, asked, Retrieval(max_tokens=LONG, **patch))
                gained = difference(made[:, 1] - at_tokens(defaults, float(made[:, 0].mean())))
                print(f"{name:9} {option:16} {made[:, 0].mean():5.0f} tokens hold {made[:, 1].mean():.3f}: {gained}")


def routing(data: Path, embedder: CachedEmbedder) -> None:
    corpus = SETS["docs_qa"](data)
    links = [chunk["chunk_link"] for chunk in json.loads((data / "docs_qa" / "chunks.json").read_text("utf-8"))]
    topics = {f"d{number:03}": "-".join(link.split("/")[4:6]).split("#")[0] for number, link in enumerate(links)}
    chance = {name: f"part {number % 3}" for number, name in enumerate(corpus.texts)}
    for way, place_of in {"by topic": topics, "by chance": chance}.items():
        with filled(parts(corpus, place_of), embedder) as home:
            off, on = (
                scores(ranked(home, corpus.questions, Retrieval(route=route)), corpus.questions)
                for route in (False, True)
            )
        for column, metric in enumerate(METRICS):
            print(f"routing {way}, {len(set(place_of.values()))} collections: {metric} {off[:, column].mean():.3f} "
                  f"{difference(on[:, column] - off[:, column])}", flush=True)  # fmt: skip


def parts(corpus: Corpus, place_of: Mapping[str, str]) -> dict[str, Corpus]:
    places = dict.fromkeys(place_of.values())
    return {
        place: Corpus({name: text for name, text in corpus.texts.items() if place_of[name] == place}, [])
        for place in places
    }


def follow_ups(data: Path, embedder: CachedEmbedder, file: Path) -> None:
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    for name, language in {"docs_qa": "en", "cmrc2018": "zh"}.items():
        with filled({name: SETS[name](data)}, embedder, whole=False) as home:
            names = _names(data, name)
            for unrelated in (False, True):
                some = [
                    row
                    for row in rows
                    if row["language"] == language and (row["follow_up"] == row["standalone"]) is unrelated
                ]
                for way, asked in WAYS.items():
                    ranks = [_rank(home, asked(row), {names[gold] for gold in row["gold"]}) for row in some]
                    recall = " ".join(f"R@{k} {np.mean([rank <= k for rank in ranks]):.3f}" for k in (1, 3, 5))
                    kind = "unrelated" if unrelated else "follow-up"
                    print(f"{language} {kind} n={len(some)} {way:28} {recall}", flush=True)
            after_unrelated(home, SETS[name](data).questions[:: 1 if language == "en" else 9])


def after_unrelated(home: Filled, asked: Sequence[Question]) -> None:
    completed = [complete(question.text, [asked[place - 37].text]) for place, question in enumerate(asked)]
    touched = sum(whole != question.text for whole, question in zip(completed, asked, strict=True))
    for way, queries in {"alone": [question.text for question in asked], "rewrite: thread": completed}.items():
        ranks = [_rank(home, query, set(question.gold)) for query, question in zip(queries, asked, strict=True)]
        recall = " ".join(f"R@{k} {np.mean([rank <= k for rank in ranks]):.3f}" for k in (1, 3, 5))
        print(f"{len(asked)} whole questions after another, {touched} touched: {way:15} {recall}", flush=True)


def _names(data: Path, name: str) -> dict[str, str]:
    """The corpus's names of texts by the sets' own."""
    if name == "docs_qa":
        chunks = json.loads((data / "docs_qa" / "chunks.json").read_text("utf-8"))
        return {chunk["chunk_link"]: f"d{number:03}" for number, chunk in enumerate(chunks)}
    articles = json.loads((data / "cmrc2018" / "dev.json").read_text("utf-8"))["data"]
    ids = [paragraph["id"] for article in articles for paragraph in article["paragraphs"]]
    return {id: f"z{number:03}" for number, id in enumerate(ids)}


def _rank(home: Filled, query: str, gold: set[str]) -> int:
    found = dict.fromkeys(hit.source for hit in home.library.search(query, Retrieval(k=20, max_tokens=LONG)))
    return next((place for place, name in enumerate(found, 1) if name in gold), LONG)


def main() -> None:
    data = Path(os.environ["CAIRN_TEST_DATA"])
    folder = minilm_folder(Path(os.environ["CAIRN_MINILM_DIR"]) if "CAIRN_MINILM_DIR" in os.environ else None)
    embedder = CachedEmbedder(MiniLM(folder) if folder else HashedEmbeddings())
    for part in sys.argv[1:] or ("context", "routing"):
        match part:
            case "context":
                context(data, embedder)
            case "routing":
                routing(data, embedder)
            case file:
                follow_ups(data, embedder, Path(file))


if __name__ == "__main__":
    main()
