"""What thread_context costs.

1. A thread of 100 turns with a scripted model that streams about 60 words a turn: bytes of the app database for each
   byte of its questions and answers, and how long the last turns take beside the first (medians of 10).
2. Searching 1,000 facts of one user for the best five.

    python -m benchmarks.memory [SECONDS_BETWEEN_WORDS]
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from cairn.agents.service import Cairn
from cairn.core.settings import load_settings
from cairn.memory.fact_store import Facts
from cairn.models.embeddings import HashedEmbeddings

TURNS = 100
ENDS = 10
QUESTION = "And what do the rules say about case number {}, if the customer asks for it in writing?"
WORDS = [f"word{n % 17}" for n in range(60)]


class Scripted(BaseChatModel):
    """Streams the same words for every question; sums everything up in one sentence."""

    pause: float = 0.0

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(" ".join(WORDS)))])

    async def _astream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
        summing = "Summary so far" in messages[-1].text
        for word in ["They", " talked", " about", " rules."] if summing else [f"{word} " for word in WORDS]:
            await asyncio.sleep(self.pause)
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))


def main() -> None:
    numbers = [float(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    for summary in (False, True):
        _thread(numbers[0] if numbers else 0.0, summary)
    _search()


def _thread(pause: float, summary: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = Cairn(load_settings(folder, model="builtin", embeddings="hash", samples=False))
        app.workspace.facts.add("prefers metric units")
        empty = _size(app, Path(folder))
        model, thread, seconds = Scripted(pause=pause), None, list[float]()
        for number in range(TURNS):
            began = time.perf_counter()
            patch = {"strategy": "direct", "memory": {"summary": summary}}
            answer = app.ask(QUESTION.format(number), task="math", thread=thread, model=model, patch=patch)
            seconds.append(time.perf_counter() - began)
            thread = answer.thread
        text = sum(len(message.text.encode()) for message in app.threads.messages(thread or ""))
        stored = _size(app, Path(folder)) - empty
        app.close()
    first, last = statistics.median(seconds[1 : ENDS + 1]), statistics.median(seconds[-ENDS:])
    print(
        f"{TURNS} turns, {pause * 1000:g} ms a word, summary {'on' if summary else 'off'}: {text:,} bytes of text, "
        f"{stored:,} stored, {stored / text:.2f} for each; "
        f"turns {first * 1000:.1f} ms, then {last * 1000:.1f} ms: {last / first:.2f} times"
    )


def _size(app: Cairn, folder: Path) -> int:
    with app.workspace.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return (folder / "cairn.db").stat().st_size


def _search() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = Cairn(load_settings(folder, model="builtin", embeddings="hash", samples=False))
        facts = Facts(app.workspace.database, "ann", HashedEmbeddings)
        began = time.perf_counter()
        for number in range(1000):
            facts.add(f"case {number} is about {WORDS[number % 17]} and topic{number * 7919 % 1000}")
        adding = (time.perf_counter() - began) / 1000
        facts.search("topic5", 5)
        began = time.perf_counter()
        for number in range(20):
            facts.search(f"What was topic{number * 7919 % 1000} about?", 5)
        searching = (time.perf_counter() - began) / 20
        print(f"1,000 facts: adding {adding * 1000:.1f} ms each, searching {searching * 1000:.1f} ms")
        app.close()


if __name__ == "__main__":
    main()
