"""The first token of a model from a file: of a process that starts its server, of one that finds it, and asked again.

    python -m benchmarks.first_token MODEL.gguf [TASK]

Seconds from the process's beginning, or the question's, to the first token of the answer; the seconds of processor time
that Cairn itself took for that, in all its threads; what the model was asked until then: calls, and tokens read.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from cairn.agents.service import Cairn
from cairn.core.settings import load_settings

QUESTIONS = ("What is the capital of France?", "And of Italy?")
_LINGER = 20  # a server ends itself so long after its last user


def main(model: str, task: str = "assistant") -> None:
    print("| | seconds | processor seconds | calls | tokens read |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as home:
        _told(home, "warm up: the home is laid, facts are found out", model, task)
        time.sleep(_LINGER + 5)
        _told(home, "cold", model, task)
        _told(home, "server there", model, task)


def _told(home: str, name: str, model: str, task: str) -> None:
    command = [sys.executable, "-m", "benchmarks.first_token", "--asks", home, str(Path(model).absolute()), task]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    for which, row in zip((name, f"{name}, second question"), json.loads(done.stdout.splitlines()[-1]), strict=True):
        print(f"| {which} | {row[0]:.2f} | {row[1]:.2f} | {row[2]} | {row[3]} |", flush=True)


def asks(home: str, model: str, task: str) -> None:
    """In a process of its own. One JSON line: for each question seconds, processor seconds, calls and tokens."""
    began, spent, rows = psutil.Process().create_time(), 0.0, list[list[float]]()
    with Cairn(load_settings(home, model=f"gguf:{model}", embeddings="hash")) as app:
        for question in QUESTIONS:
            run = app.start(question, task=task, patch={"limits": {"answer_tokens": 24, "model_calls": 3}}).run
            first: list[float] = []
            calls = tokens = 0
            for event in app.follow(run):
                if event.type == "token" and not first:
                    first = [time.time() - began, time.process_time() - spent]
                elif event.type == "usage":
                    calls, tokens = calls + 1, tokens + (event.data["input_tokens"] or 0)
                    if first:
                        break
            for _ in app.follow(run):
                pass
            rows.append([*(first or [float("nan")] * 2), calls, tokens])
            began, spent = time.time(), time.process_time()
    print(json.dumps(rows))


if __name__ == "__main__":
    asks(*sys.argv[2:]) if sys.argv[1] == "--asks" else main(*sys.argv[1:])
