"""Embedded Chroma under 4 writing and 2 reading processes at once, then under damage.

Every run: each writer adds its own random vectors in batches while the readers query; afterwards a fresh process looks
every vector up by itself. Then files of the index are damaged, one kind a run, and a library must answer again.

    python -m benchmarks.index_processes [runs]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from cairn.core.app_database import open_database
from cairn.core.settings import Home, load_settings
from cairn.core.task import Retrieval
from cairn.models.embeddings import make_embeddings
from cairn.retrieval.chroma_index import Chroma, collection, made_collection, owner
from cairn.retrieval.library import Library

WRITERS, READERS, BATCHES, BATCH, DIMENSION = 4, 2, 10, 60, 64
NAME = "vectors"
CONTEXT = get_context("spawn")


def chroma_of(folder: str) -> Chroma:
    return owner(Home(Path(folder)), load_settings(folder))


def vectors_of(writer: int) -> Any:
    """Around one direction, as the vectors of similar texts are."""
    common = np.random.default_rng(99).normal(size=DIMENSION)
    return (common + np.random.default_rng(writer).normal(size=(BATCHES * BATCH, DIMENSION))).astype("float32")


def write(folder: str, writer: int) -> None:
    chroma, vectors = chroma_of(folder), vectors_of(writer)
    for start in range(0, len(vectors), BATCH):
        ids = [f"{writer}-{row}" for row in range(start, start + BATCH)]
        chroma.write(partial(upsert, ids=ids, vectors=vectors[start : start + BATCH]))


def upsert(client: Any, ids: list[str], vectors: Any) -> None:
    made_collection(client, NAME).upsert(ids=ids, embeddings=vectors)


def read(folder: str, stop: str, results: Any) -> None:
    chroma, vector, queries = chroma_of(folder), vectors_of(0)[:1], 0
    try:
        while not Path(stop).exists():
            chroma.read(partial(nearest, vectors=vector))
            queries += 1
    except BaseException as error:
        results.put(f"{type(error).__name__}: {error}")
        raise
    results.put(queries)


def nearest(client: Any, vectors: Any) -> list[str]:
    found = collection(client, NAME)
    if found is None or not found.count():
        return []
    return [row[0] for row in found.query(query_embeddings=vectors, n_results=1, include=[])["ids"]]


def check(folder: str, results: Any) -> None:
    chroma, lost = chroma_of(folder), 0
    for writer in range(WRITERS):
        found = chroma.read(partial(nearest, vectors=vectors_of(writer)))
        lost += sum(1 for row in range(BATCHES * BATCH) if row >= len(found) or found[row] != f"{writer}-{row}")
    results.put(lost)


def one_run(folder: str) -> tuple[int, list[Any]]:
    """Vectors that don't find themselves, and each reader's number of queries or its error."""
    results, stop = CONTEXT.Queue(), f"{folder}/stop"
    writers = [CONTEXT.Process(target=write, args=(folder, number)) for number in range(WRITERS)]
    readers = [CONTEXT.Process(target=read, args=(folder, stop, results)) for _ in range(READERS)]
    for process in [*writers, *readers]:
        process.start()
    for process in writers:
        process.join()
    Path(stop).touch()
    queries = [results.get(timeout=120) for _ in readers]
    for process in readers:
        process.join()
    checker = CONTEXT.Process(target=check, args=(folder, results))
    checker.start()
    lost = results.get(timeout=120)
    checker.join()
    assert all(process.exitcode == 0 for process in writers), "a writer failed"
    return lost, queries


def damaged_run(folder: Path, harm: str) -> bool:
    """Whether a library answers after a file of its index was harmed."""
    home = Home(folder / "home")
    settings = load_settings(home.root, embeddings="hash")
    library = Library(home, settings, open_database(settings.app_database), make_embeddings(settings))
    documents = folder / "documents"
    documents.mkdir()
    for number in range(300):
        (documents / f"{number}.txt").write_text(f"Note {number} is about topic {number} and nothing else.")
    library.add([documents])
    library.close()
    for path in (path for path in (home.index / "chroma").rglob(harm) if path.is_file()):
        path.write_bytes(os.urandom(path.stat().st_size))
    found = [library.search(f"topic {number}", Retrieval(mode="dense"))[0].source for number in range(0, 300, 7)]
    library.close()
    return len(found) == len(range(0, 300, 7))


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    lost = failed = queries = 0
    started = time.perf_counter()
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            missing, readers = one_run(folder)
            lost += missing
            failed += sum(1 for result in readers if not isinstance(result, int))
            queries += sum(result for result in readers if isinstance(result, int))
    seconds = time.perf_counter() - started
    total = runs * WRITERS * BATCHES * BATCH
    print(f"{runs} runs, {WRITERS} writers, {READERS} readers, {seconds:.0f} s: {total} vectors, {lost} lost;")
    print(f"{queries} queries meanwhile, {failed} readers failed")
    for harm in ("chroma.sqlite3", "data_level0.bin", "header.bin", "index_metadata.pickle"):
        with tempfile.TemporaryDirectory() as folder:
            print(f"{harm} overwritten with noise: {'rebuilt' if damaged_run(Path(folder), harm) else 'NOT rebuilt'}")


if __name__ == "__main__":
    main()
