"""Whole processes: `cairn --help`, and a first answer, beside Python itself and a minimal LangChain agent.

The models are scripted: the builtin one, and a local server that answers at once. Only the time around them is told.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.server import Server

BIN = Path(sys.executable).parent
RUNS = 7
AGENT = """
from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
model = init_chat_model("openai:x", base_url={url!r}, api_key="test")
def double(number: int) -> int:
    "Twice the number."
    return 2 * number
print(create_agent(model, [double]).invoke({{"messages": [("user", "hello")]}})["messages"][-1].text)
"""


def seconds(command: list[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=env, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as home, Server() as server:
        server.answer = lambda _request: "Hello."
        env = {**os.environ, "CAIRN_HOME": home, "OPENAI_API_KEY": "test", "CAIRN_MODEL": "builtin"}
        http = ["--model", "openai:x", "--base-url", server.url]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "cairn --help": [str(BIN / "cairn"), "--help"],
            "cairn ask, builtin, a sum": [str(BIN / "cairn"), "ask", "What is 3 * 14?"],
            "cairn ask, builtin, documents": [str(BIN / "cairn"), "ask", "--task", "documents", "parental leave?"],
            "cairn ask, over HTTP": [str(BIN / "cairn"), "ask", *http, "--task", "math", "hello"],
            "create_agent script, over HTTP": [sys.executable, "-c", AGENT.format(url=server.url)],
        }
        seconds(commands["cairn ask, builtin, documents"], env)
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(RUNS):
            for name, command in commands.items():
                times[name].append(seconds(command, env))
    base = statistics.median(times["python -c pass"])
    for name, values in times.items():
        median = statistics.median(values)
        print(
            f"{name:32} {median:6.3f} s (min {min(values):.3f}, max {max(values):.3f})  {median / base:6.1f} x python"
        )


if __name__ == "__main__":
    main()
