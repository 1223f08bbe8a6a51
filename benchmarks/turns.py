"""What a turn costs around the model: Cairn with everything on, over a bare `create_agent` that streams.

A turn is two model calls and one call of the calculator, the answer so many tokens, each a chunk of its own, from
a server that answers after 20 ms. Cairn: `Cairn.start` and one reader that follows the events to the end, with all
limits, events, the thread, and everything stored in SQLite. Bare: `create_agent` with `ChatOpenAI`, built once, read by
`astream(stream_mode="messages")`, nothing stored. Each is a process of its own, warmed up; batches of the two come in
turns, and what is compared are neighbours, so that a busy machine weighs on both. CPU is that of the whole process; a
token's is the difference between answers of two lengths.

The server is a mock (`CAIRN_MOCK_OPENAI` names its file; it needs aiohttp and orjson): no language model took part.

    python -m benchmarks.turns [at once ...]
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psutil

AT_ONCE = {1: (8, 10), 32: (6, 32), 256: (3, 256)}
"""Batches, and turns of each, by how many turns run at once."""
Run = Callable[[list[str], int], list[float]]
"""Asks the questions, so many at once; the answers have so many tokens. Seconds to each one's first token."""
SHORT, LONG = 10, 210
_QUESTION = '[[call calculator {{"expression": "6*7"}}]] [[say {tokens}]] number {number}'
_SYSTEM = "You are a careful calculator. Never calculate in your head: use the calculator."


@dataclass(frozen=True)
class Measured:
    """`cpu`: seconds of the processor for a turn; `first`: seconds to the first token; `memory`: bytes, and added."""

    cpu: float
    turns: float
    first: float
    memory: float
    added: float


def main() -> None:
    chosen = [int(name) for name in sys.argv[1:]] or list(AT_ONCE)
    with Mock() as url:
        print("| at once | | CPU ms a turn | CPU us a token | first token ms | turns/s | MB | MB added |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for at_once in chosen:
            _tell(at_once, {tokens: _side_by_side(url, at_once, tokens) for tokens in (SHORT, LONG)})


def _side_by_side(url: str, at_once: int, tokens: int) -> dict[str, list[Measured]]:
    """Batches of the two in turns, each in its process."""
    found: dict[str, list[Measured]] = {"bare": [], "cairn": []}
    with _Child("bare", url, at_once, tokens) as bare, _Child("cairn", url, at_once, tokens) as cairn:
        for _ in range(AT_ONCE[at_once][0]):
            found["bare"].append(bare.batch())
            found["cairn"].append(cairn.batch())
    return found


def _tell(at_once: int, found: dict[int, dict[str, list[Measured]]]) -> None:
    """A ratio is the median of those of neighbouring batches."""
    for who in ("bare", "cairn"):
        short, long = _typical(found[SHORT][who]), _typical(found[LONG][who])
        token = (long.cpu - short.cpu) / (LONG - SHORT)
        row = [short.cpu * 1e3, token * 1e6, short.first * 1e3, short.turns, long.memory / 1e6, long.added / 1e6]
        print(f"| {at_once} | {who} | " + " | ".join(f"{value:.2f}" for value in row) + " |", flush=True)
    for tokens, both in found.items():
        pairs = list(zip(both["cairn"], both["bare"], strict=True))
        cpu, first, memory = (
            statistics.median(getattr(mine, name) / getattr(theirs, name) for mine, theirs in pairs)
            for name in ("cpu", "first", "memory")
        )
        told = f"CPU {cpu:.2f}, first token {first:.2f}, memory {memory:.2f}"
        print(f"| {at_once} | ratio, {tokens} tokens | {told} | | | | | |", flush=True)


def _typical(values: list[Measured]) -> Measured:
    return Measured(*(statistics.median(getattr(v, name) for v in values) for name in Measured.__dataclass_fields__))


class _Child:
    """A process that measures a batch whenever it is told to, warmed up."""

    def __init__(self, who: str, url: str, at_once: int, tokens: int) -> None:
        command = [sys.executable, "-m", "benchmarks.turns", "--one", who, url, str(at_once), str(tokens)]
        environment = {**os.environ, "OPENAI_API_KEY": "none", "CAIRN_EMBEDDINGS": "hash"}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)

    def __enter__(self) -> _Child:
        self.batch()
        return self

    def batch(self) -> Measured:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return Measured(**json.loads(self._process.stdout.readline()))

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def one(who: str, url: str, at_once: int, tokens: int) -> None:
    """A batch for each line of standard input."""
    with tempfile.TemporaryDirectory() as home:
        run = {"bare": _bare, "cairn": _cairn}[who](url, at_once, home)
        for _ in sys.stdin:
            watch = _Watch()
            print(json.dumps(watch.measured(run(_questions(AT_ONCE[at_once][1], tokens), tokens)).__dict__), flush=True)


class _Watch:
    """From its making on: CPU, wall clock, memory."""

    def __init__(self) -> None:
        self.process = psutil.Process()
        self.cpu, self.began, self.before = time.process_time(), time.perf_counter(), self.process.memory_info().rss

    def measured(self, firsts: list[float]) -> Measured:
        cpu, seconds = time.process_time() - self.cpu, time.perf_counter() - self.began
        now = self.process.memory_info().rss
        return Measured(
            cpu / len(firsts), len(firsts) / seconds, statistics.median(firsts), now, max(0, now - self.before)
        )


def _questions(count: int, tokens: int) -> list[str]:
    return [_QUESTION.format(tokens=tokens, number=number) for number in range(count)]


def _bare(url: str, at_once: int, _home: str) -> Run:
    from langchain.agents import create_agent
    from langchain.chat_models import init_chat_model
    from langchain_core.messages import AIMessageChunk

    from cairn.tools.calculator import calculator

    model = init_chat_model("openai:m", base_url=url, stream_usage=True, use_responses_api=False)
    agent: Any = create_agent(model, [calculator], system_prompt=_SYSTEM)
    loop = asyncio.new_event_loop()

    async def turn(question: str, tokens: int) -> float:
        began, first, said = time.perf_counter(), 0.0, 0
        async for piece, _ in agent.astream({"messages": [("user", question)]}, stream_mode="messages"):
            if isinstance(piece, AIMessageChunk) and piece.content:
                said += 1
                first = first or time.perf_counter() - began
        assert said == tokens, said
        return first

    async def several(questions: list[str], tokens: int) -> list[float]:
        waiting, firsts = iter(questions), list[float]()

        async def worker() -> None:
            for question in waiting:
                firsts.append(await turn(question, tokens))

        await asyncio.gather(*(worker() for _ in range(at_once)))
        return firsts

    return lambda questions, tokens: loop.run_until_complete(several(questions, tokens))


def _cairn(url: str, at_once: int, home: str) -> Run:
    from cairn.agents.service import Cairn
    from cairn.core.settings import load_settings

    app = Cairn(load_settings(home, model="openai:m", base_url=url, task="math"))
    threads = ThreadPoolExecutor(at_once)

    def turn(question: str, tokens: int) -> float:
        began, first, said = time.perf_counter(), 0.0, ""
        for event in app.follow(app.start(question).run):
            assert event.type != "failed", event.data
            if event.type == "token":
                said += event.data["text"]
                first = first or time.perf_counter() - began
        assert said.count("word") == tokens, said
        return first

    return lambda questions, tokens: list(threads.map(lambda question: turn(question, tokens), questions))


class Mock:
    def __enter__(self) -> str:
        file = os.environ.get("CAIRN_MOCK_OPENAI")
        if not file:
            sys.exit("CAIRN_MOCK_OPENAI has to name the mock server's file.")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._server = subprocess.Popen([sys.executable, file, "--port", str(port)], stdout=subprocess.PIPE)
        url = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"{url}/v1/models"):
                    return f"{url}/v1"
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(url)

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    else:
        main()
