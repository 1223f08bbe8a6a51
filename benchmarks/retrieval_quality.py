"""How well search finds: recall@1/3/5/10, MRR and milliseconds a query, on two published sets of questions.

docs_qa: 232 passages of product documentation, 100 questions; recall is the share of a question's gold passages among
the first k, averaged over questions (as its authors define it). CMRC 2018: 848 Chinese passages, 3219 questions.
Each passage is added as a file of its own, the heading as its Markdown heading; a hit counts for its file.

    CAIRN_TEST_DATA=… [CAIRN_MINILM_DIR=…] python benchmarks/retrieval_quality.py [docs_qa|cmrc2018 …]
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cairn.database import open_database
from cairn.home import Home
from cairn.settings import load_settings
from cairn.task import RetrievalMode
from models.embeddings import make_embeddings
from models.minilm import minilm_folder
from retrieval.library import Library

AT = (1, 3, 5, 10)


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
    found(library, questions[0].text, mode)
    started = time.perf_counter()
    results = [found(library, question.text, mode) for question in questions]
    milliseconds = (time.perf_counter() - started) * 1000 / len(questions)
    recalls = [
        sum(
            len(set(names[:k]) & set(question.gold)) / len(question.gold)
            for names, question in pairs(results, questions)
        )
        / len(questions)
        for k in AT
    ]
    first = [
        next((1 / rank for rank, name in enumerate(names, 1) if name in question.gold), 0.0)
        for names, question in pairs(results, questions)
    ]
    return [*recalls, sum(first) / len(first), milliseconds]


def pairs(results: list[list[str]], questions: list[Question]) -> Iterator[tuple[list[str], Question]]:
    return zip(results, questions, strict=True)


def run(name: str, data: Path, embeddings: list[str]) -> None:
    files, questions = SETS[name](data)
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "documents"
        documents.mkdir()
        for file, text in files.items():
            (documents / file).write_text(text)
        for number, embedding in enumerate(embeddings):
            home = Home(Path(folder) / f"home-{embedding}")
            settings = load_settings(home.root, embeddings=embedding)
            library = Library(home, settings, open_database(settings.app_database), make_embeddings(settings))
            started = time.perf_counter()
            report = library.add([documents])
            print(f"# {name}, {embedding}: {report.chunks} chunks in {time.perf_counter() - started:.1f} s")
            modes: list[RetrievalMode] = ["dense", "fused"] if number else ["lexical", "dense", "fused"]
            for mode in modes:
                label = mode if mode == "lexical" else f"{mode} {embedding}"
                cells = " ".join(f"{value:7.3f}" for value in measure(library, questions, mode))
                print(f"{name:9} {label:14} {cells}", flush=True)
            library.close()


def main() -> None:
    data = Path(os.environ["CAIRN_TEST_DATA"])
    minilm = minilm_folder(Path(os.environ["CAIRN_MINILM_DIR"]) if "CAIRN_MINILM_DIR" in os.environ else None)
    print(f"{'set':9} {'mode':14} " + " ".join(f"{head:>7}" for head in (*(f"R@{k}" for k in AT), "MRR", "ms")))
    for name in sys.argv[1:] or SETS:
        run(name, data, ["minilm", "hash"] if minilm else ["hash"])


if __name__ == "__main__":
    main()
