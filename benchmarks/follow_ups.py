"""How well a follow-up question finds its passage: alone, completed by `rewrite: thread`, and asked as a whole one.

`data/follow_ups.jsonl`: 50 pairs of questions written for this benchmark, 32 English and 8 Chinese ones over the sample
handbook, 10 Chinese ones over two pages in `data/follow_ups`. `gold` stands in the passage that answers. All are
searched in one library, handbook and pages together; recall is the share of questions whose passage is among the first
k. `left alone`: the share of the first and of the standalone questions that the rewriting does not touch.

    [CAIRN_MINILM_DIR=…] python -m benchmarks.follow_ups [--missed]
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import samples
from cairn.database import open_database
from cairn.home import Home
from cairn.settings import load_settings
from cairn.task import Retrieval
from chains.rag.follow_up import complete
from models.embeddings import make_embeddings
from models.minilm import minilm_folder
from retrieval.library import Library

DATA = Path(__file__).parent / "data"
AT = (1, 3, 5)
WAYS: dict[str, Callable[[dict[str, Any]], str]] = {
    "follow-up alone": lambda row: row["follow_up"],
    "rewrite: thread": lambda row: complete(row["follow_up"], [row["first"]]),
    "standalone": lambda row: row["standalone"],
}


def main() -> None:
    rows = [json.loads(line) for line in (DATA / "follow_ups.jsonl").read_text("utf-8").splitlines()]
    for embeddings in ("hash", "minilm") if minilm_folder(None) else ("hash",):
        with tempfile.TemporaryDirectory() as folder:
            _report(rows, Path(folder), embeddings)
    untouched = [
        complete(question, ["Who heads the people team?", "图书馆几点开门？"]) == question
        for row in rows
        for question in (row["first"], row["standalone"])
    ]
    print(f"left alone: {sum(untouched) / len(untouched):.2f} of {len(untouched)} whole questions")


def _report(rows: list[dict[str, Any]], folder: Path, embeddings: str) -> None:
    settings = load_settings(folder, embeddings=embeddings, model="builtin")
    database = open_database(settings.app_database)
    library = Library(Home(folder), settings, database, make_embeddings(settings))
    library.add([samples.DOCUMENTS, DATA / "follow_ups"])
    for name, way in WAYS.items():
        ranks = [_rank(library, way(row), row["gold"]) for row in rows]
        for language, chosen in (("en", ranks[:32]), ("zh", ranks[32:]), ("all", ranks)):
            recall = " ".join(f"R@{k} {sum(r <= k for r in chosen) / len(chosen):.2f}" for k in AT)
            print(f"{embeddings:6} {name:16} {language:3} n={len(chosen)} {recall}")
        if "--missed" in sys.argv:
            for row, rank in zip(rows, ranks, strict=True):
                if rank > 3:
                    print(f"    {rank} {way(row)}")
    library.close()
    database.close()


def _rank(library: Library, query: str, gold: str) -> int:
    hits = library.search(query, Retrieval(k=max(AT)))
    return next((n for n, hit in enumerate(hits, 1) if gold in hit.text), 99)


if __name__ == "__main__":
    main()
