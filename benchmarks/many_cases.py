"""An evaluation of many cases on a server with faults, killed (-9) twice and gone on with: what is lost, asked again or
scored wrong, and what a case costs in memory and CPU, scoring included.

The server and its faults are those of `benchmarks.many_questions`: a mock, no language model took part.

    python -m benchmarks.many_cases [cases [workers [milliseconds an answer]]]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.many_questions import FAULTS, TIMEOUT, Mock, Run, _ended, _get  # pyright: ignore[reportPrivateUsage]

KILLS = 2


def main() -> None:
    given = [int(argument) for argument in sys.argv[1:]]
    cases, workers, milliseconds = (*given, *(10_000, 32, 100)[len(given) :])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        questions, records = _set(folder / "set.jsonl", cases), folder / "records.jsonl"
        with Mock({**FAULTS, "ttft_ms": milliseconds, "slots": workers}) as url:
            for kill in range(KILLS):
                killed(_start(folder / "home", url, questions, records, workers), records, cases * (kill + 1) // 3)
            left = cases - _lines(records)
            run = _ended(_start(folder / "home", url, questions, records, workers), time.perf_counter())
            sent = _get(f"{url}/../_stats")["requests"]
        told(records, cases, sent, run, left)


def _set(file: Path, cases: int) -> Path:
    rows = (
        {"id": f"{n}", "question": f"[[echo This is answer {n}.]]", "answer": f"answer {n}", "contains": f"{n}"}
        for n in range(cases)
    )
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return file


def _start(home: Path, url: str, file: Path, records: Path, workers: int) -> subprocess.Popen[bytes]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
    env |= {"CAIRN_HOME": str(home), "CAIRN_EMBEDDINGS": "hash", "CAIRN_TIMEOUT": str(TIMEOUT)}
    command = [sys.executable, "-m", "cairn", "eval", str(file), "--target", url, "--target-model", "mock", "--resume"]
    command += ["--out", str(records), "--workers", str(workers), "--json"]
    return subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def killed(process: subprocess.Popen[bytes], records: Path, after: int) -> None:
    """Once so many are written down, wherever it is then."""
    while process.poll() is None and _lines(records) < after:
        time.sleep(0.2)
    process.kill()
    process.wait()


def _lines(records: Path) -> int:
    return records.read_bytes().count(b"\n") - 1 if records.exists() else 0


def told(records: Path, cases: int, sent: int, run: Run, left: int) -> None:
    lines = [json.loads(line) for line in records.read_text("utf-8").splitlines()[1:]]
    newest = {line["id"]: line for line in lines}
    right = sum(line["scores"].get("contains", {}).get("value") == 1 for line in newest.values())
    away = sum(line["error"] is not None for line in newest.values())
    print(f"{cases} cases: {cases - len(newest)} lost, {right} right, {away} without an answer, exit code {run.code}")
    print(f"{sent} requests, {len(lines) - len(newest)} records written twice")
    last = f"{left} cases in {run.seconds:.1f} s, {run.memory / 1e6:.0f} MB at the most"
    print(f"the last run: {last}, {run.cpu / left * 1e3:.1f} ms CPU a case, its start included")


if __name__ == "__main__":
    main()
