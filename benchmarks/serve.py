"""What asking by HTTP adds: `cairn serve` beside a mock model server (a figure of it says nothing about models).

    python -m benchmarks.serve MOCK_SERVER.py [--at 1 32 256] [--questions 200] [--seconds 600] [--rate 20]

MOCK_SERVER.py is an OpenAI-compatible server that takes --port and --ttft-ms. It tells, for the mock server alone, for
the same task without HTTP in one process, and for both APIs: milliseconds to the first token with one question at once,
and the processor's milliseconds a question at each number at once. With --seconds, it then holds the rate so long and
tells memory and errors, kills the server, starts it again, and tells what became of the runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import psutil

CAIRN = str(Path(sys.executable).with_name("cairn"))
QUESTION = "Say something."
WRITTEN = re.compile(rb'"content": ?"[^"]')
MESSAGES = [{"role": "user", "content": QUESTION}]


@dataclass
class Measured:
    """Seconds to the first token and to the end, of each question; `failed` ones have none."""

    first: list[float] = field(default_factory=list[float])
    whole: list[float] = field(default_factory=list[float])
    failed: int = 0
    cpu: float = 0.0
    seconds: float = 0.0

    def line(self, name: str, at: int) -> str:
        done = len(self.whole)
        first = statistics.median(self.first) * 1000 if self.first else float("nan")
        return (
            f"{name:<24} {at:>4} at once: first token {first:7.1f} ms, CPU {self.cpu * 1000 / max(done, 1):6.2f} ms "
            f"a question, {done / self.seconds:7.1f} a second, {self.failed} failed"
        )


Ask = Callable[[aiohttp.ClientSession], Awaitable[tuple[float, float]]]


def session(key: str) -> aiohttp.ClientSession:
    """With as many connections as are wanted: httpx's pool slows down with hundreds."""
    headers, limit = {"Authorization": f"Bearer {key}"}, aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(headers=headers, connector=limit, timeout=aiohttp.ClientTimeout(120))


async def completion(client: aiohttp.ClientSession, url: str, model: str) -> tuple[float, float]:
    """By OpenAI's protocol: seconds to the first token, and in all."""
    began, first = time.perf_counter(), 0.0
    body = {"model": model, "messages": MESSAGES, "stream": True}
    async with client.post(f"{url}/v1/chat/completions", json=body) as response:
        response.raise_for_status()
        async for line in response.content:
            if not first and WRITTEN.search(line):
                first = time.perf_counter() - began
    return first, time.perf_counter() - began


async def run(client: aiohttp.ClientSession, url: str) -> tuple[float, float]:
    """By Cairn's own API: started, then followed."""
    began, first = time.perf_counter(), 0.0
    async with client.post(f"{url}/api/v1/runs", json={"question": QUESTION, "task": "plain"}) as started:
        started.raise_for_status()
        id = (await started.json())["run"]
    async with client.get(f"{url}/api/v1/runs/{id}/events") as response:
        response.raise_for_status()
        async for line in response.content:
            if not first and line.startswith(b"event: token"):
                first = time.perf_counter() - began
    return first, time.perf_counter() - began


async def measure(ask: Ask, key: str, at: int, questions: int, process: psutil.Process) -> Measured:
    measured = Measured()
    async with session(key) as client:
        left = iter(range(questions))

        async def worker() -> None:
            for _ in left:
                try:
                    first, whole = await ask(client)
                except (aiohttp.ClientError, TimeoutError):
                    measured.failed += 1
                else:
                    measured.first.append(first)
                    measured.whole.append(whole)

        cpu, began = sum(process.cpu_times()[:2]), time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(at)))
        measured.seconds, measured.cpu = time.perf_counter() - began, sum(process.cpu_times()[:2]) - cpu
    return measured


@asynccontextmanager
async def serving(command: list[str], env: dict[str, str], port: int) -> AsyncIterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await listening(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(60)


async def listening(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "the server ended"
        await asyncio.sleep(0.05)
    raise TimeoutError


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


IN_PROCESS = """
import asyncio, json, resource, sys, time
import cairn
from cairn.core import event_loop
from cairn.core.events import listening

at, questions, kept = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "kept"
assistant = cairn.assistant("plain")
home = cairn.Cairn(cairn.load_settings())

async def one():
    if kept:
        return await one_kept()
    began, first = time.perf_counter(), []
    def hear(type, data):
        if type == "token" and not first:
            first.append(time.perf_counter() - began)
    with listening(hear):
        await assistant.ainvoke("Say something.")
    return first[0], time.perf_counter() - began

async def one_kept():
    began, first = time.perf_counter(), []
    run = (await asyncio.to_thread(home.start, "Say something.", task="plain")).run
    async for event in home.afollow(run):
        if event.type == "token" and not first:
            first.append(time.perf_counter() - began)
    return first[0], time.perf_counter() - began

async def all_of_them():
    left, done = iter(range(questions)), []
    async def worker():
        for _ in left:
            done.append(await asyncio.create_task(one()))
    await asyncio.gather(*(worker() for _ in range(at)))
    return done

event_loop.wait(one())
cpu, began = time.process_time(), time.perf_counter()
done = event_loop.wait(all_of_them())
print(json.dumps([done, time.process_time() - cpu, time.perf_counter() - began]))
"""


def in_process(env: dict[str, str], at: int, questions: int, way: str) -> Measured:
    """The same task in a process of its own, without HTTP; `way` is `unkept`, or `kept` in threads."""
    command = [sys.executable, "-c", IN_PROCESS, str(at), str(questions), way]
    told = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    done, cpu, seconds = json.loads(told)
    return Measured([one[0] for one in done], [one[1] for one in done], 0, cpu, seconds)


async def hold(url: str, key: str, rate: float, seconds: float, process: psutil.Process) -> None:
    """Ask at a steady rate by both APIs in turns; memory after a tenth of the time and at the end."""
    failed, done, memory = 0, 0, list[int]()
    async with session(key) as client:

        async def one(number: int) -> None:
            nonlocal failed, done
            try:
                await (run(client, url) if number % 2 else completion(client, url, "plain"))
                done += 1
            except (aiohttp.ClientError, TimeoutError):
                failed += 1

        began, number, asked = time.perf_counter(), 0, set[asyncio.Task[None]]()
        while (now := time.perf_counter() - began) < seconds:
            if len(memory) < 10 and now >= seconds * (len(memory) + 1) / 10:
                memory.append(process.memory_info().rss)
            asked.add(task := asyncio.create_task(one(number)))
            task.add_done_callback(asked.discard)
            number += 1
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        await asyncio.gather(*asked)
    memory.append(process.memory_info().rss)
    print(f"held {rate:g} a second for {seconds:g} s: {done} answered, {failed} failed")
    growth = memory[-1] / memory[0]
    print(f"memory: {memory[0] / 1e6:.0f} MB after a tenth, {memory[-1] / 1e6:.0f} MB at the end: {growth:.3f}")


async def kill_and_go_on(command: list[str], env: dict[str, str], port: int, key: str, mock: int) -> None:
    """Runs that a kill breaks off are told as interrupted by the next server, and end when they are gone on with."""
    headers, url = {"Authorization": f"Bearer {key}"}, f"http://127.0.0.1:{port}"
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    await listening(port, process)
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        await client.post(f"http://127.0.0.1:{mock}/_config", json={"ttft_ms": 60_000})
        body = {"question": QUESTION, "task": "plain"}
        runs = [(await client.post(f"{url}/api/v1/runs", json=body)).json()["run"] for _ in range(5)]
        await asyncio.sleep(1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        await client.post(f"http://127.0.0.1:{mock}/_config", json={"ttft_ms": 20})
    async with serving(command, env, port), httpx.AsyncClient(headers=headers, timeout=60) as client:
        states = [(await client.get(f"{url}/api/v1/runs/{one}")).json()["state"] for one in runs]
        for one in runs:
            (await client.post(f"{url}/api/v1/runs/{one}/resume")).raise_for_status()
            await client.get(f"{url}/api/v1/runs/{one}/events")
        ended = [(await client.get(f"{url}/api/v1/runs/{one}")).json()["state"] for one in runs]
    print(f"killed: {states.count('interrupted')} of {len(runs)} interrupted, {ended.count('finished')} finished after")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mock", type=Path)
    parser.add_argument("--at", type=int, nargs="+", default=[1, 32, 256])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--rate", type=float, default=20)
    asked: Any = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        mock, port = free_port(), free_port()
        env = {name: value for name, value in os.environ.items() if not name.startswith(("CAIRN_", "OPENAI_"))}
        env |= {"CAIRN_HOME": home, "CAIRN_MODEL": "openai:mock", "CAIRN_BASE_URL": f"http://127.0.0.1:{mock}/v1"}
        env |= {"CAIRN_API_KEY": "k", "CAIRN_EMBEDDINGS": "hash", "CAIRN_SAMPLES": "false", "CAIRN_RETRIES": "0"}
        task = Path(home) / "prompts" / "plain"
        task.mkdir(parents=True)
        (task / "task.yaml").write_text("strategy: direct\ndescription: The model alone.\n", "utf-8")
        (task / "default.md").write_text("---\nrole: You answer.\n---\n", "utf-8")
        key = subprocess.run([CAIRN, "keys", "add", "k"], env=env, capture_output=True, text=True, check=True).stdout
        serve, url = [CAIRN, "serve", "--port", str(port)], f"http://127.0.0.1:{port}"
        command = [sys.executable, str(asked.mock), "--port", str(mock), "--ttft-ms", "20"]
        async with serving(command, env, mock) as mocked:
            await compare(asked, env, (mock, mocked), (serve, port, key.strip()))
            async with serving(serve, env, port) as served:
                if asked.seconds:
                    await hold(url, key.strip(), asked.rate, asked.seconds, psutil.Process(served.pid))
            if asked.seconds:
                await kill_and_go_on(serve, env, port, key.strip(), mock)


async def compare(
    asked: Any,
    env: dict[str, str],
    mock: tuple[int, subprocess.Popen[bytes]],
    cairn: tuple[list[str], int, str],
) -> None:
    serve, port, key = cairn
    bare, url = f"http://127.0.0.1:{mock[0]}", f"http://127.0.0.1:{port}"
    for at in asked.at:
        questions = max(asked.questions, at)
        measured = await measure(lambda c: completion(c, bare, "mock"), key, at, questions, psutil.Process(mock[1].pid))
        print(measured.line("the mock server alone", at))
        for way in ("unkept", "kept"):
            print(in_process(env, at, questions, way).line(f"in process, {way}", at))
        async with serving(serve, env, port) as served:
            process = psutil.Process(served.pid)
            await measure(lambda c: completion(c, url, "plain"), key, 1, 5, process)
            measured = await measure(lambda c: completion(c, url, "plain"), key, at, questions, process)
            print(measured.line("/v1/chat/completions", at))
            measured = await measure(lambda c: run(c, url), key, at, questions, process)
            print(measured.line("/api/v1/runs", at), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
