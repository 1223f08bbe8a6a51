"""A plan of 8 independent and 2 dependent steps: as a graph, over ReAct one call at a time and in parallel.

The model is a mock server on this machine (`CAIRN_MOCK_OPENAI` names its file; it needs aiohttp and orjson) that says
what a script tells it, the first token after 400 ms: no language model took part. A tool sleeps for 200 ms, or for
what `MIXED` says. The critical path is computed: the planner's and the joiner's time, and between them the longest way
through the steps, each of which can begin when its line is written.

    python -m benchmarks.plans [runs]
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from langchain_core.tools import BaseTool, tool

from cairn.agents.plan.plan_parser import PlanReader
from cairn.agents.plan.plan_steps import Line
from cairn.agents.plan.plan_strategy import plan
from cairn.agents.react import react
from cairn.core import event_loop
from cairn.core.settings import Settings, load_settings
from cairn.core.strategy import Strategy, Turn
from cairn.core.task import parse_task
from cairn.models.model_registry import make_chat_model
from cairn.tools.tool_invocation import COMPUTES

FIRST_TOKEN = 0.4
EQUAL = [200] * 10
MIXED = [100, 150, 200, 250, 300, 350, 400, 500, 400, 200]
NEEDS = {"equal": {9: list(range(1, 9)), 10: [9]}, "mixed": {9: [1, 2], 10: [8, 9]}}
_PIECE = re.compile(r"\s*\S{1,6}|\s+$")
"""As the mock cuts its answers into tokens."""


@tool
async def work(number: int, milliseconds: int, needs: str = "") -> str:
    """Takes its time."""
    await asyncio.sleep(milliseconds / 1000)
    return f"result {number}"


work.metadata = COMPUTES


@dataclass(frozen=True)
class Shape:
    """`needs`: the steps that a step needs."""

    durations: Sequence[int]
    needs: dict[int, list[int]]

    def arguments(self, number: int) -> dict[str, Any]:
        needed = " ".join(f"${one}" for one in self.needs.get(number, []))
        return {"number": number, "milliseconds": self.durations[number - 1], **({"needs": needed} if needed else {})}

    def lines(self) -> list[str]:
        numbers = range(1, len(self.durations) + 1)
        calls = [", ".join(f"{k}={json.dumps(v)}" for k, v in self.arguments(n).items()) for n in numbers]
        return [*(f"{n}. work({call})\n" for n, call in zip(numbers, calls, strict=True)), "join()"]

    def critical_path(self, token: float, streaming: bool = True) -> float:
        """Seconds, of everything."""
        written, times = 0, list[float]()
        for line in self.lines():
            written += len(_PIECE.findall(line))
            times.append(FIRST_TOKEN + token * written)
        ends: dict[int, float] = {}
        for number, duration in enumerate(self.durations, 1):
            begins = times[number - 1] if streaming else times[-1]
            ends[number] = max([begins, *(ends[one] for one in self.needs.get(number, []))]) + duration / 1000
        return max(times[-1], *ends.values()) + FIRST_TOKEN


SHAPES = {"equal": Shape(EQUAL, NEEDS["equal"]), "mixed": Shape(MIXED, NEEDS["mixed"])}


def rules(shape: Shape) -> list[dict[str, Any]]:
    """What the mock says, by the last message."""

    def call(*numbers: int) -> list[dict[str, Any]]:
        return [{"name": "work", "arguments": shape.arguments(number)} for number in numbers]

    one_by_one = [{"role": "tool", "match": f"^result {n}$", "tool_calls": call(n + 1)} for n in range(8, 10)]
    first = [{"role": "tool", "match": f"^result {n}$", "tool_calls": call(n + 1)} for n in range(1, 8)]
    return [
        {"role": "user", "match": "The results of the steps", "reply": "Done.", "tpot_ms": 0},
        {"role": "user", "match": "^plan$", "reply": "".join(shape.lines())},
        {"role": "user", "match": "^one by one$", "tool_calls": call(1), "tpot_ms": 0},
        {"role": "user", "match": "^in parallel$", "tool_calls": call(*range(1, 9)), "tpot_ms": 0},
        {"role": "tool", "match": "^result 10$", "reply": "Done.", "tpot_ms": 0},
        *({**rule, "tpot_ms": 0} for rule in [*one_by_one, *first]),
    ]


@dataclass(frozen=True)
class Asked:
    question: str
    missing: frozenset[str] = frozenset()

    def messages(self, **values: str) -> list[BaseMessage]:
        return [SystemMessage("\n".join(values.values()) or "Work."), HumanMessage(self.question)]

    def with_examples(self, examples: Any) -> Asked:
        return self


class LateReader(PlanReader):
    """Nothing starts before the whole plan is written."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: list[str] = []

    def feed(self, text: str) -> Iterator[Line]:
        self._texts.append(text)
        return iter(())

    def end(self, cut: bool = False) -> Iterator[Line]:
        yield from super().feed("".join(self._texts))
        yield from super().end(cut)


def seconds(strategy: Strategy, question: str, settings: Settings, runs: int) -> float:
    """The median of `runs`, after one that is not counted."""
    tools: list[BaseTool] = [work]
    task = parse_task({"name": "bench"}, "bench")
    runnable = strategy(task, tools, make_chat_model("openai:mock", settings))
    times: list[float] = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        reply = event_loop.wait(_answer(runnable, question))
        times.append(time.perf_counter() - began)
        assert reply.text == "Done." and reply.stopped_by is None, reply
    return statistics.median(times[1:])


async def _answer(runnable: Any, question: str) -> Any:
    return await runnable.ainvoke(Turn(question, Asked(question)))


@contextmanager
def mock() -> Iterator[str]:
    program = os.environ.get("CAIRN_MOCK_OPENAI")
    if not program:
        sys.exit("CAIRN_MOCK_OPENAI is not set: it names the mock server's file.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, program, "--port", str(port), "--ttft-ms", str(FIRST_TOKEN * 1000)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert server.stdout is not None
    server.stdout.readline()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def configure(address: str, **settings: Any) -> None:
    body, kind = json.dumps(settings).encode(), {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{address}/_config", body, kind)).close()


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    os.environ["OPENAI_API_KEY"] = "none"
    with TemporaryDirectory() as home, mock() as address:
        settings = load_settings(Path(home), base_url=f"{address}/v1")
        for name, shape in SHAPES.items():
            configure(address, rules=rules(shape), tpot_ms=0)
            report(name, shape, settings, runs)
        for name, shape in SHAPES.items():
            configure(address, rules=rules(shape), tpot_ms=10)
            report_streaming(name, shape, settings, runs)


def report(name: str, shape: Shape, settings: Settings, runs: int) -> None:
    limit = shape.critical_path(0)
    graph = seconds(plan, "plan", settings, runs)
    one = seconds(react, "one by one", settings, runs)
    parallel = seconds(react, "in parallel", settings, runs)
    print(f"{name}: critical path {limit:.3f} s")
    for who, took in (("plan", graph), ("ReAct, one at a time", one), ("ReAct, in parallel", parallel)):
        print(f"  {who:22} {took:.3f} s, {took / limit:.3f} of the critical path, plan {took / graph:.2f} times faster")


def report_streaming(name: str, shape: Shape, settings: Settings, runs: int) -> None:
    """A token takes 10 ms."""
    for who, streaming, reader in (
        ("while it is written", True, PlanReader),
        ("after it is written", False, LateReader),
    ):
        with patch("cairn.agents.plan.plan_strategy.PlanReader", reader):
            took = seconds(plan, "plan", settings, runs)
        limit = shape.critical_path(0.01, streaming)
        print(f"{name}, 10 ms a token, steps begin {who}: {took:.3f} s, {took / limit:.3f} of its limit {limit:.3f} s")


if __name__ == "__main__":
    main()
