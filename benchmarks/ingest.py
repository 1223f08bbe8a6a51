"""Adding documents, end to end, beside LangChain's default path with the same model file, in turns in one run.

The documents are the texts of docs_qa and Cranfield as Markdown files. Cairn: `Library.add`, as `cairn add` does.
LangChain: the files read as they are, RecursiveCharacterTextSplitter (1000 characters, 200 overlap), Chroma's own
ONNXMiniLM_L6_V2 class on the same folder, `Chroma.add_documents` of langchain-chroma. Both write to an empty folder
each round. Seconds of the processor count all processes, and tell more than the clock when others use the machine too.

    pip install langchain-chroma langchain-text-splitters    # for this comparison only
    CAIRN_TEST_DATA=… CAIRN_MINILM_DIR=… python -m benchmarks.ingest [documents] [rounds]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.corpora import cranfield, docs_qa
from cairn.core.app_database import open_database
from cairn.core.settings import Home, load_settings
from cairn.models.embeddings import make_embeddings
from cairn.retrieval.library import Library


class Cost(NamedTuple):
    chunks: int
    seconds: float
    processor: float


def written(folder: Path, count: int) -> Path:
    """The same share of both sets as files."""
    folder.mkdir()
    data = Path(os.environ["CAIRN_TEST_DATA"])
    texts = {**docs_qa(data).texts, **cranfield(data).texts}
    step = max(1, len(texts) // count)
    for name in list(texts)[::step][:count]:
        (folder / f"{name}.md").write_text(f"# {texts[name].title}\n\n{texts[name].body}\n", "utf-8")
    return folder


def cairn(documents: Path, home: Path, _model: Path) -> int:
    place, settings = Home(home), load_settings(home, embeddings="minilm")
    database = open_database(settings.app_database)
    library = Library(place, settings, database, make_embeddings(settings))
    report = library.add([documents])
    library.close()
    database.close()
    assert not report.failed
    return report.chunks


def langchain(documents: Path, home: Path, model: Path) -> int:
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    files = sorted(documents.iterdir())
    loaded = [Document(page_content=path.read_text("utf-8"), metadata={"source": str(path)}) for path in files]
    chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(loaded)
    store = Chroma("documents", chromas_own(model), persist_directory=str(home))
    for start in range(0, len(chunks), 5000):
        store.add_documents(chunks[start : start + 5000])
    store.similarity_search("the first query ends the writing", 1)
    return len(chunks)


def chromas_own(model: Path) -> Any:
    from chromadb.utils.embedding_functions.onnx_mini_lm_l6_v2 import ONNXMiniLM_L6_V2
    from langchain_core.embeddings import Embeddings

    class There(ONNXMiniLM_L6_V2):
        DOWNLOAD_PATH = model.parent
        EXTRACTED_FOLDER_NAME = model.name

    class Own(Embeddings):
        function = There(preferred_providers=["CPUExecutionProvider"])

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [vector.tolist() for vector in self.function(texts)]

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    return Own()


def measured(way: Callable[[Path, Path, Path], int], documents: Path, model: Path) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        began, before = time.perf_counter(), sum(os.times()[:4])
        chunks = way(documents, Path(folder) / "home", model)
        return Cost(chunks, time.perf_counter() - began, sum(os.times()[:4]) - before)


def main() -> None:
    count, rounds = ([*map(int, sys.argv[1:3]), 600, 3][:2]) if len(sys.argv) > 2 else (600, 3)
    if find_spec("langchain_chroma") is None or find_spec("langchain_text_splitters") is None:
        print("Skipped: install langchain-chroma and langchain-text-splitters for this comparison.")
        return
    model = Path(os.environ["CAIRN_MINILM_DIR"])
    with tempfile.TemporaryDirectory() as folder:
        few, documents = written(Path(folder) / "few", 5), written(Path(folder) / "documents", count)
        for way in (cairn, langchain):
            measured(way, few, model)
        costs: dict[str, list[Cost]] = {"cairn": [], "langchain": []}
        print(f"{count} documents; {'way':>10} {'chunks':>7} {'seconds':>8} {'cpu s':>7} {'chunks/s':>9}")
        for _ in range(rounds):
            for way in (cairn, langchain):
                cost = measured(way, documents, model)
                costs[way.__name__].append(cost)
                rate = cost.chunks / cost.seconds
                print(
                    f"{'':14} {way.__name__:>10} {cost.chunks:7} {cost.seconds:8.1f} {cost.processor:7.1f} {rate:9.1f}",
                    flush=True,
                )
    pairs = list(zip(costs["cairn"], costs["langchain"], strict=True))
    for unit in ("seconds", "processor"):
        whole = median(getattr(theirs, unit) / getattr(ours, unit) for ours, theirs in pairs)
        each = whole * costs["cairn"][0].chunks / costs["langchain"][0].chunks
        print(f"{unit}: the same documents {whole:.2f} times as fast as LangChain's way, {each:.2f} times in chunks/s")


if __name__ == "__main__":
    main()
