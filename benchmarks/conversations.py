"""Fifty conversations at once, as open pages ask and follow them, without their browsers: part of `benchmarks.page`."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import aiohttp
import psutil

CONVERSATIONS = 50
_PATIENCE = 120
_ENDED = b"cairn-caption"
"""Stands in an answer's last line."""


@dataclass(frozen=True, slots=True)
class Held:
    """`cpu` in seconds of the server; `before` and `most` its memory in MB; `seconds` until the last one was over."""

    failed: int
    seconds: float
    cpu: float
    before: float
    most: float

    def __str__(self) -> str:
        told = f"{CONVERSATIONS} at once: {self.failed} failed, {self.seconds:.1f} s, CPU {self.cpu:.1f} s, "
        return told + f"{self.cpu / self.seconds:.2f} of a core, memory {self.before:.0f} to {self.most:.0f} MB"


def at_once(url: str, headers: dict[str, str], process: psutil.Process) -> Held:
    """Ask in so many new conversations at once and read each one's stream to its end.

    Args:
        url: The page's server.
        headers: Those of its script's requests, with its key.
        process: The server.
    """
    most, over = [_memory(process)], threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            most.append(_memory(process))

    watcher = threading.Thread(target=watch)
    watcher.start()
    cpu, begun = sum(process.cpu_times()[:2]), time.perf_counter()
    try:
        with ThreadPoolExecutor(1) as beside:  # a browser that is driven has this thread's loop
            failed = beside.submit(asyncio.run, _all(url, headers)).result()
    finally:
        over.set()
        watcher.join()
    took, spent = time.perf_counter() - begun, sum(process.cpu_times()[:2]) - cpu
    return Held(failed, took, spent, most[0], max(most))


async def _all(url: str, headers: dict[str, str]) -> int:
    """How many of them failed."""
    connector, patience = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(_PATIENCE)
    async with aiohttp.ClientSession(headers=headers, connector=connector, timeout=patience) as client:
        ended = await asyncio.gather(*(_one(client, url) for _ in range(CONVERSATIONS)), return_exceptions=True)
    return sum(one is not True for one in ended)


async def _one(client: aiohttp.ClientSession, url: str) -> bool:
    async with client.post(f"{url}/api/v1/runs", json={"question": "Go on?", "task": "math"}) as begun:
        begun.raise_for_status()
        told = await begun.json()
    async with client.get(f"{url}/api/page/threads/{told['thread']}/stream") as stream:
        stream.raise_for_status()
        async for data in stream.content.iter_any():
            if _ENDED in data:
                break
    async with client.get(f"{url}/api/v1/runs/{told['run']}") as state:
        return (await state.json())["state"] == "finished"


def _memory(process: psutil.Process) -> float:
    return process.memory_info().rss / 1e6
