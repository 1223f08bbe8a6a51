"""What it costs to follow a run: the CPU of 0, 1, 10 and 100 followers of one answer of so many tokens a second.

Followers are `Cairn.afollow` on one loop of their own. `own`: in the process that answers, whose CPU without followers
is taken off; `other`: in a process that does nothing else. A share is of one core, for the time the answer takes.

The server is a mock (`CAIRN_MOCK_OPENAI` names its file; it needs aiohttp and orjson): no language model took part.

    python -m benchmarks.followers [seconds]
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

from benchmarks.turns import Mock

FOLLOWERS = (0, 1, 10, 100)
TOKENS_A_SECOND = 20


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    with Mock() as url, tempfile.TemporaryDirectory() as home:
        request = urllib.request.Request(
            url.removesuffix("/v1") + "/_config",
            json.dumps({"tpot_ms": 1000 / TOKENS_A_SECOND}).encode(),
            method="POST",
        )
        urllib.request.urlopen(request).close()
        print("| followers | own: share of a core | for each | other: share of a core | for each |")
        print("| --- | --- | --- | --- | --- |")
        alone = 0.0
        for count in FOLLOWERS:
            own = _child("own", home, url, seconds, count)["share"]
            alone = own if count == 0 else alone
            other = _child("other", home, url, seconds, count)["share"]
            each = [f"{share / count:.4f}" if count else "" for share in (own - alone, other)]
            print(f"| {count} | {own:.3f} | {each[0]} | {other:.3f} | {each[1]} |", flush=True)


def _child(which: str, home: str, url: str, seconds: float, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.followers", "--one", which, home, url, str(seconds), str(count)]
    environment = {**os.environ, "OPENAI_API_KEY": "none", "CAIRN_EMBEDDINGS": "hash"}
    return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout)


def one(which: str, home: str, url: str, seconds: float, count: int) -> None:
    """`answer` says its run and answers; `own` answers and follows; `other` has another process answer."""
    from cairn.agents.service import Cairn
    from cairn.core.settings import load_settings

    app = Cairn(load_settings(home, model="openai:m", base_url=url, task="math"))
    question = f"[[say {int(seconds * TOKENS_A_SECOND)}]] at {time.time()}"
    if which == "answer":
        run = app.start(question).run
        print(run, flush=True)
        list(app.follow(run))
        return
    if which == "own":
        app.ask("[[say 3]]")  # warm
        run, ending = app.start(question).run, None
    else:
        command = [sys.executable, "-m", "benchmarks.followers", "--one", "answer", home, url, str(seconds), "0"]
        ending = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert ending.stdout
        run = ending.stdout.readline().strip()
    cpu, began = time.process_time(), time.perf_counter()
    seen = asyncio.run(_follow(app, run, count))
    if not count:
        ending.wait() if ending else list(app.follow(run))
    assert len(set(seen)) <= 1, seen
    print(json.dumps({"share": (time.process_time() - cpu) / (time.perf_counter() - began)}))
    if ending:
        ending.wait()


async def _follow(app: object, run: str, count: int) -> list[int]:
    """The characters that each of the followers saw."""
    from cairn.agents.service import Cairn

    assert isinstance(app, Cairn)

    async def one() -> int:
        return sum([len(event.data["text"]) async for event in app.afollow(run) if event.type == "token"])

    return await asyncio.gather(*(one() for _ in range(count)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], sys.argv[3], sys.argv[4], float(sys.argv[5]), int(sys.argv[6]))
    else:
        main()
