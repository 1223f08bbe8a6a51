"""`cairn add` killed (kill -9) at random moments, again and again, until it comes to its end; then nothing is missing.

Each run: a home with a first version of the documents; some are changed, vanish, are new, can't be read. A process adds
them with `--prune` and is killed after a random time, as often as the kills last; one that is left alone ends the work.
The catalog must then say exactly what an undisturbed run's says, each passage must be the first to be found by its own
words, and nothing may be in an index twice. Then processes add different folders at the same time, while this one
keeps searching: each passage must be found by the reader that was open all along.

    python -m benchmarks.ingest_kills [runs]
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import select

from cairn.core.app_database import open_database
from cairn.core.app_tables import ChunkRow, SourceRow, TagRow
from cairn.core.settings import Home, load_settings
from cairn.core.task import Retrieval
from cairn.models.embeddings import make_embeddings
from cairn.retrieval.library import Library

DOCUMENTS, KILLS, WRITERS, EACH = 60, 8, 4, 30
ADD = """
import sys
from cairn.core.app_database import open_database
from cairn.core.settings import Home
from cairn.core.settings import load_settings
from cairn.models.embeddings import make_embeddings
from cairn.retrieval.dense_index import Dense
from cairn.retrieval.library import Library
from cairn.retrieval.lexical_index import Lexical
Dense.batch = Lexical.batch = 40
home, folder = sys.argv[1:]
settings = load_settings(home, embeddings="hash")
library = Library(Home(settings.home), settings, open_database(settings.app_database), make_embeddings(settings))
print("ready", flush=True)
library.add([folder], prune=True)
"""


def opened(home: Path) -> Library:
    place, settings = Home(home), load_settings(home, embeddings="hash")
    return Library(place, settings, open_database(settings.app_database), make_embeddings(settings))


def write(folder: Path, name: str, version: int = 1) -> None:
    text = f"# Note {name}\n\nIt is about topic{name}v{version}.\n\n## Also\n\nAnd about matter{name}v{version}.\n"
    (folder / f"{name}.md").write_text(text)


def first_version(folder: Path) -> None:
    folder.mkdir()
    for number in range(DOCUMENTS):
        write(folder, str(number))


def second_version(folder: Path) -> None:
    for number in range(DOCUMENTS):
        match number % 4:
            case 0:
                write(folder, str(number), 2)
            case 1:
                (folder / f"{number}.md").unlink()
            case 2:
                write(folder, f"new{number}")
            case _:
                (folder / f"bad{number}.md").write_bytes(b"\x00\x01")


def content(home: Path) -> list[str]:
    database = open_database(load_settings(home).app_database)
    about = (SourceRow.source, SourceRow.digest, SourceRow.state, SourceRow.error, SourceRow.date)
    with database.session() as session:
        rows: list[Any] = [
            *session.execute(select(*about)),
            *session.execute(select(SourceRow.source, ChunkRow.position, ChunkRow.text).join(ChunkRow)),
            *session.execute(select(SourceRow.source, TagRow.tag).join(TagRow)),
        ]
    return sorted(map(repr, rows))


def missing(library: Library, home: Path) -> int:
    """Passages that are not the first to be found by their own words, and entries too many in an index."""
    database = open_database(load_settings(home).app_database)
    with database.session() as session:
        texts = {row.id: row.text for row in session.execute(select(ChunkRow.id, ChunkRow.text))}
    birth = library._catalog.position().birth
    wrong = sum(abs(index.count(birth) - len(texts)) for index in (library._lexical, library._dense))
    for mode in ("lexical", "dense"):
        for id, text in texts.items():
            found = library.search(text, Retrieval(mode=mode, k=1, filters=False))
            wrong += not found or found[0].chunk != id
    return wrong


def adding(home: Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", ADD, str(home), str(folder)], stdout=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=600)
    assert process.returncode == 0, "an undisturbed process failed"


def started(process: subprocess.Popen[str]) -> float:
    assert process.stdout is not None
    process.stdout.readline()
    return time.perf_counter()


def kills(runs: int, root: Path) -> None:
    folder, first, wanted = root / "documents", root / "first", root / "wanted"
    first_version(folder)
    finished(adding(first, folder))
    second_version(folder)
    shutil.copytree(first, wanted)
    process = adding(wanted, folder)
    began = started(process)
    finished(process)
    span, expected = time.perf_counter() - began, content(wanted)
    killed = ended = wrong = 0
    for run in range(runs):
        home = root / f"home{run}"
        shutil.copytree(first, home)
        for _ in range(KILLS):
            process = adding(home, folder)
            started(process)
            time.sleep(random.uniform(0, 2 * span / KILLS))
            ended += process.poll() is not None
            killed += process.poll() is None
            process.kill()
            process.communicate()
        finished(adding(home, folder))
        library = opened(home)
        wrong += missing(library, home) + (content(home) != expected)
        library.close()
        shutil.rmtree(home)
    print(f"{runs} runs: {killed} kills at random moments of {span:.1f} s, {ended} came too late; {wrong} things wrong")


def together(root: Path) -> None:
    home, folders = root / "together", [root / f"folder{number}" for number in range(WRITERS)]
    for number, folder in enumerate(folders):
        folder.mkdir()
        for note in range(EACH):
            write(folder, f"{number}x{note}")
    (root / "seed").mkdir()
    write(root / "seed", "seed")
    library = opened(home)
    library.add([root / "seed"])
    processes = [adding(home, folder) for folder in folders]
    searches = 0
    while any(process.poll() is None for process in processes):
        assert library.search("topicseedv1")[0].source.endswith("seed.md")
        searches += 1
    for process in processes:
        finished(process)
    wrong = missing(library, home)
    library.close()
    print(f"{WRITERS} processes added {WRITERS * EACH} documents at once, {searches} searches meanwhile; {wrong} wrong")


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        kills(runs, Path(folder))
        together(Path(folder))


if __name__ == "__main__":
    main()
