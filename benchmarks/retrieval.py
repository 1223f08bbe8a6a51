"""How well search finds: recall@1/3/5/10, MRR and milliseconds a query, on two published sets of questions.

docs_qa: 232 passages of product documentation, 100 questions; recall is the share of a question's gold passages among
the first k, averaged over questions (as its authors define it). CMRC 2018: 848 Chinese passages, 3219 questions.
Each passage is a file of its own, the heading as its Markdown heading; a hit counts for its file. `whole`: the passage
is one chunk, as in published figures; `added`: split as `cairn add` does. Milliseconds are of searches for 5 passages.

    CAIRN_TEST_DATA=… [CAIRN_MINILM_DIR=…] python -m benchmarks.retrieval [docs_qa|cmrc2018 …]
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from cairn.database import Database, open_database
from cairn.home import Home
from cairn.settings import load_settings
from cairn.task import RetrievalMode
from models.embeddings import make_embeddings
from models.minilm import minilm_folder
from retrieval.catalog import Catalog
from retrieval.library import Library
from retrieval.load import load
from retrieval.split import Piece

AT = (1, 3, 5, 10)
TIMED = 200


class Question(NamedTuple):
    text: str
    gold: list[str]


def docs_qa(data: Path) -> tuple[dict[str, str], list[Question]]:
    chunks = json.loads((data / "docs_qa" / "chunks.json").read_text())
    names = {chunk["chunk_link"]: f"{number:03}.md" for number, chunk in enumerate(chunks)}
    files = {
        names[chunk["chunk_link"]]: f"# {chunk['chunk_heading']}\n{chunk['text'].removeprefix(chunk['chunk_heading'])}"
        for chunk in chunks
    }
    asked = json.loads((data / "docs_qa" / "questions.json").read_text())
    return files, [Question(q["question"], [names.get(link, link) for link in q["correct_chunks"]]) for q in asked]


def cmrc2018(data: Path) -> tuple[dict[str, str], list[Question]]:
    files: dict[str, str] = {}
    asked: list[Question] = []
    for article in json.loads((data / "cmrc2018" / "dev.json").read_text())["data"]:
        for paragraph in article["paragraphs"]:
            name = f"{len(files):03}.txt"
            files[name] = paragraph["context"]
            asked += [Question(question["question"], [name]) for question in paragraph["qas"]]
    return files, asked


SETS = {"docs_qa": docs_qa, "cmrc2018": cmrc2018}


def found(library: Library, question: str, mode: RetrievalMode) -> list[str]:
    hits = library.search(question, mode=mode, k=100, max_tokens=10**9)
    return list(dict.fromkeys(Path(hit.source).name for hit in hits))


def measure(library: Library, questions: list[Question], mode: RetrievalMode) -> list[float]:
    """Recall at each of AT, MRR, milliseconds a query."""
    ranked = [(found(library, question.text, mode), question.gold) for question in questions]
    recalls = [mean(len(set(names[:k]) & set(gold)) / len(gold) for names, gold in ranked) for k in AT]
    firsts = [next((1 / rank for rank, name in enumerate(names, 1) if name in gold), 0.0) for names, gold in ranked]
    started = time.perf_counter()
    for question in questions[:TIMED]:
        library.search(question.text, mode=mode)
    return [*recalls, mean(firsts), (time.perf_counter() - started) * 1000 / min(TIMED, len(questions))]


def fill(library: Library, database: Database, documents: Path, unit: str) -> int:
    """How many chunks there are now."""
    if unit == "added":
        return library.add([documents]).chunks
    for path in sorted(documents.iterdir()):
        document = load(path.read_bytes(), path.name)
        piece = Piece(document.text, 0, len(document.text), None, None)
        Catalog(database).store("default", str(path), document, [piece], "", "whole")
    library.rebuild()
    return len(library.sources())


def run(name: str, data: Path, embedding: str, unit: str) -> None:
    files, questions = SETS[name](data)
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "documents"
        documents.mkdir()
        for file, text in files.items():
            (documents / file).write_text(text)
        home = Home(Path(folder) / "home")
        settings = load_settings(home.root, embeddings=embedding)
        database = open_database(settings.app_database)
        library = Library(home, settings, database, make_embeddings(settings))
        chunks = fill(library, database, documents, unit)
        modes: list[RetrievalMode] = ["lexical", "dense", "fused"] if embedding == "hash" else ["dense", "fused"]
        for mode in modes:
            label = mode if mode == "lexical" else f"{mode} {embedding}"
            cells = " ".join(f"{value:6.3f}" for value in measure(library, questions, mode))
            print(f"{name:9} {unit:6} {chunks:6} {label:14} {cells}", flush=True)
        library.close()


def main() -> None:
    data = Path(os.environ["CAIRN_TEST_DATA"])
    minilm = minilm_folder(Path(os.environ["CAIRN_MINILM_DIR"]) if "CAIRN_MINILM_DIR" in os.environ else None)
    heads = " ".join(f"{head:>6}" for head in (*(f"R@{k}" for k in AT), "MRR", "ms"))
    print(f"{'set':9} {'unit':6} {'chunks':>6} {'mode':14} {heads}")
    for name in sys.argv[1:] or SETS:
        for unit in ("whole", "added"):
            for embedding in ("hash", "minilm") if minilm else ("hash",):
                run(name, data, embedding, unit)


if __name__ == "__main__":
    main()
