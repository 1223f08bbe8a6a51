"""Search quality and time of every option that needs no generative model, on three public sets.

    CAIRN_TEST_DATA=../shared/data CAIRN_MINILM_DIR=FOLDER python -m benchmarks.retrieval [docs_qa cranfield cmrc2018]

Without MiniLM's files only words and `hash` are measured. Recall, MRR and nDCG count texts: the best passage of a text
is its place. Milliseconds are the median of one search with the default `k`, the question's embedding included.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.corpora import SETS, Corpus, Question, gsm8k
from benchmarks.homes import CachedEmbedder, Filled, filled
from benchmarks.ranking import METRICS, Scores, held_out, interval, scores
from cairn.core.task import Retrieval
from cairn.models.embeddings import HashedEmbeddings
from cairn.models.minilm import MiniLM, minilm_folder
from cairn.retrieval.library import Library
from cairn.retrieval.ranked_lists import confidence
from cairn.retrieval.retriever_candidates import Place

LONG = 10**9
TIMED = 60
MOST = 1000
WEIGHTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
_Rows = dict[str, Scores]


def options(name: str) -> dict[str, Retrieval]:
    """By their names in the table; `name` is the embedding model's."""
    made = {
        f"dense {name}": Retrieval(mode="dense"),
        f"fused {name}": Retrieval(),
        f"fused {name}, rrf": Retrieval(fusion="rrf"),
        f"fused {name}, mmr": Retrieval(rerank=["mmr"]),
    }
    return made | {f"fused {name}, weight {weight}": Retrieval(dense_weight=weight) for weight in WEIGHTS}


def ranked(home: Filled, questions: Sequence[Question], spec: Retrieval) -> list[list[str]]:
    """The texts that a search finds. Without reranking and routing the candidates are all there is."""
    if spec.rerank or spec.route:
        deep = spec.model_copy(update={"k": 30, "max_tokens": LONG})
        return [list(dict.fromkeys(hit.source for hit in home.library.search(q.text, deep))) for q in questions]
    place = Place(list({source.collection for source in home.library.sources()}))
    founds = [home.library.candidates.of(question.text, spec, place).scored for question in questions]
    return [list(dict.fromkeys(home.names[id] for id, _ in scored)) for scored in founds]


def milliseconds(library: Library, embedder: CachedEmbedder, questions: Sequence[Question], spec: Retrieval) -> float:
    spent: list[float] = []
    embedder.open = True
    for question in questions[:TIMED]:
        started = time.perf_counter()
        library.search(question.text, spec)
        spent.append((time.perf_counter() - started) * 1000)
    embedder.open = False
    return median(spent)


def table(name: str, corpus: Corpus, embedders: Mapping[str, CachedEmbedder]) -> _Rows:
    """Prints a row for each option, and gives the scores of each that stand for whole texts."""
    rows: _Rows = {}
    for model, embedder in embedders.items():
        covered = any(embedder.covers(question.text) for question in corpus.questions)
        dense, fused = Retrieval(mode="dense"), Retrieval()
        specs = options(model) if covered else {f"dense {model}": dense, f"fused {model}": fused}
        with filled({name: corpus}, embedder) as home:
            for option, spec in (({} if rows else {"lexical": Retrieval(mode="lexical")}) | specs).items():
                rows[option] = scores(ranked(home, corpus.questions, spec), corpus.questions)
                line(
                    name,
                    "whole",
                    option,
                    rows[option].mean(axis=0),
                    milliseconds(home.library, embedder, corpus.questions, spec),
                )
    model, embedder = next(iter(embedders.items()))
    with filled({name: corpus}, embedder, whole=False) as home:
        for option, spec in {"lexical": Retrieval(mode="lexical"), f"fused {model}": Retrieval()}.items():
            means = scores(ranked(home, corpus.questions, spec), corpus.questions).mean(axis=0)
            line(name, "split", option, means, milliseconds(home.library, embedder, corpus.questions, spec))
    return rows


def line(name: str, unit: str, option: str, means: Scores, spent: float) -> None:
    cells = " ".join(f"{value:6.3f}" for value in means)
    print(f"{name:9} {unit:5} {option:25} {cells} {spent:6.1f}", flush=True)


def split_halves(name: str, rows: _Rows) -> None:
    told, chosen = held_out(rows)
    best = max(chosen, key=lambda option: chosen[option])
    cells = " ".join(f"{m}={told[:, c].mean():.3f} [{low:.3f} {high:.3f}]" for c, m in enumerate(METRICS)
                     for low, high in [interval(told[:, c])])  # fmt: skip
    print(f"{name:9} {cells}; most often {best} ({chosen[best]} of {len(told)})", flush=True)
    single = {option: scored for option, scored in rows.items() if option.startswith(("lexical", "dense"))}
    lead = max(single, key=lambda option: single[option][:, -1].mean())
    for option in [option for option in rows if option.startswith("fused") and "," not in option]:
        gains = (rows[option] - single[lead]).mean(axis=0)
        cells = " ".join(f"{m}{gain:+.3f}" for m, gain in zip(METRICS, gains, strict=True))
        print(f"{name:9} default {option} against {lead}: {cells}")


def some(questions: Sequence[Question]) -> Sequence[Question]:
    """At most a thousand, evenly spread."""
    return questions[:: len(questions) // MOST + 1]


def routing(corpora: Mapping[str, Corpus], embedder: CachedEmbedder) -> None:
    """All sets as collections of one home."""
    corpora = {name: Corpus(corpus.texts, list(some(corpus.questions))) for name, corpus in corpora.items()}
    apart: dict[str, Scores] = {}
    for name, corpus in corpora.items():
        with filled({name: corpus}, embedder) as home:
            apart[name] = scores(ranked(home, corpus.questions, Retrieval()), corpus.questions)
    with filled(corpora, embedder) as home:
        for route in (False, True):
            for name, corpus in corpora.items():
                here = scores(ranked(home, corpus.questions, Retrieval(route=route)), corpus.questions)
                lost = (apart[name] - here).mean(axis=0)
                cells = " ".join(f"{metric}{-loss:+.3f}" for metric, loss in zip(METRICS, lost, strict=True))
                spent = milliseconds(home.library, embedder, corpus.questions, Retrieval(route=route))
                print(f"{name:9} {'routed' if route else 'all three':9} {cells} {spent:6.1f} ms", flush=True)


def none_found(corpora: Mapping[str, Corpus], others: Sequence[str], embedder: CachedEmbedder) -> None:
    """Questions of other sets, and the set's own when the texts that answer them are not there."""
    for name, corpus in corpora.items():
        with filled({name: corpus}, embedder) as home:
            asked = some(corpus.questions)
            own = confidences(home, name, [question.text for question in asked])
            floor = float(np.quantile(own, 0.05))
            print(f"{name:9} own questions: mean {own.mean():.2f}; 95 % are above {floor:.3f}", flush=True)
            for other, texts in foreign(name, corpora, others).items():
                tell_false(name, other, own, confidences(home, name, texts), floor)
            robbed = [confidences(home, name, [question.text], question.gold)[0] for question in asked]
            tell_false(name, "itself, answers gone", own, np.array(robbed), floor)


def foreign(name: str, corpora: Mapping[str, Corpus], others: Sequence[str]) -> dict[str, list[str]]:
    asked = {other: [q.text for q in some(corpus.questions)] for other, corpus in corpora.items() if other != name}
    return asked | {"gsm8k": list(others)[:MOST]}


def confidences(home: Filled, collection: str, texts: Sequence[str], without: frozenset[str] = frozenset()) -> Scores:
    candidates, sure = home.library.candidates, list[float]()
    for text in texts:
        lists = candidates.of(text, Retrieval(), Place([collection])).lists
        left = {
            name: [(id, score) for id, score in found if home.names[id] not in without] for name, found in lists.items()
        }
        ceiling = sum(candidates.rarities(text, [collection]).values())
        sure.append(confidence(left.get("lexical"), ceiling, left.get("dense")))
    return np.array(sure)


def tell_false(home: str, other: str, own: Scores, foreign: Scores, floor: float) -> None:
    over = (own[:, None] > foreign[None]).mean() + 0.5 * (own[:, None] == foreign[None]).mean()
    print(f"{home:9} asked by {other:21} {(foreign >= floor).mean():.3f} false, AUC {over:.4f}", flush=True)


def main() -> None:
    data = Path(os.environ["CAIRN_TEST_DATA"])
    minilm = minilm_folder(Path(os.environ["CAIRN_MINILM_DIR"]) if "CAIRN_MINILM_DIR" in os.environ else None)
    embedders = {"minilm": CachedEmbedder(MiniLM(minilm))} if minilm else {}
    embedders["hash"] = CachedEmbedder(HashedEmbeddings())
    corpora = {name: SETS[name](data) for name in sys.argv[1:] or SETS}
    print(f"{'set':9} {'unit':5} {'option':25} " + " ".join(f"{metric:>6}" for metric in METRICS) + f" {'ms':>6}")
    rows = {name: table(name, corpus, embedders) for name, corpus in corpora.items()}
    print("\nChosen on one half of the questions by nDCG, told on the other: mean and 95 % of 50 splits")
    for name, made in rows.items():
        split_halves(name, made)
    first = next(iter(embedders.values()))
    print("\nAll sets in one home: change against homes of their own")
    routing(corpora, first)
    print("\nNone found: questions without an answer above the floor that 95 % of the answerable ones pass")
    none_found(corpora, gsm8k(data), first)


if __name__ == "__main__":
    main()
