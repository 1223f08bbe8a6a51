"""How fast passages are added and found when there are many: with `hash` embeddings, on texts made of random words.

Each document has four passages of about 60 words; words are drawn by Zipf's law, and each passage has a word of its
own. Tags let 1 % and 50 % of the documents through. A search is the whole of it: `Library.search` for five passages,
fused, the filter in the question; and each retriever alone, for 100 passages. `first` is in a process that has just
opened the library.

    python -m benchmarks.scale [--keep FOLDER] [passages …]
    python -m benchmarks.scale --files 5000

With `--keep` the home stays in that folder, and only the searches are measured when it is there already. With `--files`
`cairn add` adds so many small files, each with a word of its own, while this process is asked by `ASKING` threads, at
least 200 questions and until the adding ends, of task `documents` with `builtin`, about documents that were there
before. Counted are answers without the right figure, and files that their own word does not find first.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any, Literal

import numpy as np
import psutil

from cairn.agents.service import Cairn
from cairn.core.app_database import open_database
from cairn.core.filters import Filters
from cairn.core.settings import Home, load_settings
from cairn.core.task import Retrieval
from cairn.models.embeddings import make_embeddings
from cairn.retrieval.catalog_records import Entry
from cairn.retrieval.library import Library
from cairn.retrieval.load import Document, Section
from cairn.retrieval.splitting import Piece

WORDS, LENGTH, PASSAGES, QUERIES = 30_000, 60, 4, 200
ASKING = 2
SETTINGS = {"CAIRN_EMBEDDINGS": "hash", "CAIRN_SAMPLES": "false"}
QUAYS = ("Amber", "Birch", "Cedar", "Delta", "Ember")


def documents(passages: int) -> list[Entry]:
    random = np.random.default_rng(1)
    made: list[Entry] = []
    for number in range(passages // PASSAGES):
        texts = [
            " ".join(f"w{word}" for word in random.zipf(1.3, LENGTH) % WORDS) + f" own{number}x{part}"
            for part in range(PASSAGES)
        ]
        text = "\n\n".join(texts)
        starts = np.cumsum([0, *(len(part) + 2 for part in texts)]).tolist()
        pieces = tuple(
            Piece(part, start, start + len(part), None, None, 0, len(text))
            for part, start in zip(texts, starts, strict=False)
        )
        tags = {"every", *(["half"] if number % 2 else []), *(["hundredth"] if number % 100 == 0 else [])}
        document = Document(f"Document {number}", text, [Section(0, len(text))])
        made.append(Entry(f"/docs/{number}.md", str(number), "scale", document, pieces, tags=frozenset(tags)))
    return made


def opened(folder: Path) -> Library:
    home, settings = Home(folder), load_settings(folder, embeddings="hash")
    return Library(home, settings, open_database(settings.app_database), make_embeddings(settings))


def questions() -> list[str]:
    random = np.random.default_rng(2)
    return [" ".join(f"w{word}" for word in random.zipf(1.3, 8) % WORDS) for _ in range(QUERIES)]


def timed(search: Callable[[str], Any], asked: list[str]) -> str:
    """Milliseconds: the first, p50 and p99 of the others."""
    spans: list[float] = []
    for question in asked:
        began = time.perf_counter()
        search(question)
        spans.append((time.perf_counter() - began) * 1000)
    return f"{spans[0]:9.1f} {np.percentile(spans[1:], 50):8.1f} {np.percentile(spans[1:], 99):8.1f}"


def run(passages: int, folder: Path) -> None:
    if not folder.exists():
        fill(passages, folder)
    search(folder)


def fill(passages: int, folder: Path) -> None:
    made = documents(passages)
    library = opened(folder)
    began, before = time.perf_counter(), time.process_time()
    for start in range(0, len(made), 50):
        library._catalog.put("default", made[start : start + 50])
    stored = time.perf_counter() - began
    library._follow(None)
    seconds, processor = time.perf_counter() - began, time.process_time() - before
    print(f"\n{passages} passages: added in {seconds:.0f} s ({passages / seconds:.0f}/s, processor {processor:.0f} s),")
    print(f"of which the catalog {stored:.0f} s", flush=True)
    library.close()


def search(folder: Path) -> None:
    process, library = psutil.Process(), opened(folder)
    catalog, birth, asked = library._catalog, library._catalog.position().birth, questions()
    print(f"{'ms':24} {'first':>9} {'p50':>8} {'p99':>8}")
    for name, tag in (("no filter", None), ("1 % pass", "hundredth"), ("50 % pass", "half")):
        suffix = f" tag:{tag}" if tag else ""
        print(f"{'search, ' + name:24} {timed(lambda q, s=suffix: library.search(q + s), asked)}")
        sources = catalog.matching(Filters(tags=(tag,)), ["default"]) if tag else None
        words = timed(lambda q, s=sources: library._lexical.search(q, ["default"], 100, s), asked)
        print(f"{'  words':24} {words}")
        dense = timed(lambda q, s=sources: library._dense.search(birth, q, ["default"], 100, s), asked)
        print(f"{'  vectors':24} {dense}", flush=True)
    print(f"memory of the process: {process.memory_info().rss >> 20} MB")
    library.close()


def beside(files: int, folder: Path) -> None:
    """Files are added by another process while questions are asked of this one."""
    before, added, home = folder / "before", folder / "added", folder / "home"
    before.mkdir()
    added.mkdir()
    for number, name in enumerate(QUAYS):
        (before / f"{name}.md").write_text(f"# {name} quay\n\nThe fee at the {name} quay is {40 + number} crowns.\n")
    for number in range(files):
        (added / f"{number}.md").write_text(f"# Note {number}\n\nThe note is about matter{number}x today.\n")
    app = Cairn(load_settings(home, embeddings="hash", model="builtin", samples=False))
    app.workspace.library.add([before])
    command = [sys.executable, "-m", "cairn", "--home", str(home), "add", str(added)]
    began = time.perf_counter()
    adding = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **SETTINGS})
    numbers = count()

    def ask_on() -> list[tuple[float, bool]]:
        asked: list[tuple[float, bool]] = []
        while (number := next(numbers)) < QUERIES or adding.poll() is None:
            started = time.perf_counter()
            answer = app.ask(f"What is the fee at the {QUAYS[number % len(QUAYS)]} quay?", task="documents")
            right = answer.error is None and f"{40 + number % len(QUAYS)} crowns" in (answer.answer or "")
            asked.append(((time.perf_counter() - started) * 1000, right))
        return asked

    with ThreadPoolExecutor(ASKING) as pool:
        working = [pool.submit(ask_on) for _ in range(ASKING)]
    asked = [one for work in working for one in work.result()]
    failed = adding.wait()
    seconds = time.perf_counter() - began
    spans = [span for span, _ in asked]
    library = app.workspace.library
    birth = library._catalog.position().birth
    entries = {type(index).__name__: index.count(birth) for index in (library._lexical, library._dense)}
    lost = {
        mode: sum(not _is_first(library, mode, f"matter{number}x", f"/{number}.md") for number in range(files))
        for mode in ("lexical", "dense")
    }
    app.close()
    print(f"{files} files added in {seconds:.0f} s (exit code {failed}) beside {len(asked)} questions,")
    middle, last = np.percentile(spans, [50, 99])
    wrong = sum(not right for _, right in asked)
    print(f"{wrong} without the right figure; ms a question p50 {middle:.0f}, p99 {last:.0f}")
    print(f"passages in the indexes {entries}; files that their own word does not find first {lost}")


def _is_first(library: Library, mode: Literal["lexical", "dense"], word: str, path: str) -> bool:
    found = library.search(word, Retrieval(mode=mode, k=1, filters=False))
    return bool(found) and found[0].source.endswith(path)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("passages", nargs="*", type=int, default=[10_000, 100_000])
    options = parser.parse_args()
    if options.files:
        with tempfile.TemporaryDirectory() as folder:
            beside(options.files, Path(folder))
        return
    for passages in options.passages:
        with tempfile.TemporaryDirectory() as folder:
            run(passages, (options.keep or Path(folder)) / f"home-{passages}")


if __name__ == "__main__":
    main()
