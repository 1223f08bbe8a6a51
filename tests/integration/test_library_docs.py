"""Each use that docs/library.md and the README show, in a process of its own, as a newcomer would run it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cairn.core.settings import Home
from tests.server import Answer, Server, call

ROOT = Path(__file__).parents[2]
FENCED = re.compile(r"^```python\n(.*?)^```", re.S | re.M)


def blocks(page: str) -> list[Any]:
    parts = re.split(r"^#+ +", (ROOT / page).read_text("utf-8"), flags=re.M)[1:]
    found = [(part.splitlines()[0], block) for part in parts for block in FENCED.findall(part)]
    return [pytest.param(title, block, id=title) for title, block in found]


SAID: dict[str, list[Answer]] = {
    "Your documents in a chain of your own": ["We give 80 days."],
    "The calculator in an agent of your own": [
        call("calculator", {"expression": "1/0"}),
        call("calculator", {"expression": "17.5% of 2480"}),
        "It is 434.",
    ],
    "Your databases in an agent of your own": [
        call("query_database", {"query": "SELECT email FROM customers"}),
        call("query_database", {"query": "SELECT count(*) FROM orders"}),
        "There are 2308 orders.",
    ],
    "In your own program": [
        call("query_database", {"query": "SELECT count(*) FROM customers"}),
        "There are 260 customers.",
    ],
    "A task of your own": ["Dear customer, five days [1]."],
    "A tool of your own": [
        call("weather", {"city": "Chengdu"}),
        call("calculator", {"expression": "21 * 9/5 + 32"}),
        "It is 69.8 °F.",
    ],
}
"""What the model says."""
READ = {
    "Your documents in a chain of your own": ["80 days"],
    "The calculator in an agent of your own": ["Division by zero", "434"],
    "Your databases in an agent of your own": ["no column", "2308"],
    "In your own program": ["| 260 |"],
    "A task of your own": ["customers' letters", "refund"],
    "A tool of your own": ["21 °C", "69.8"],
}
"""What the model is sent on the way."""


@pytest.mark.parametrize(("title", "block"), [*blocks("docs/library.md"), *blocks("README.md")])
def test_each_use_runs_and_prints_what_it_says(
    title: str, block: str, home: Home, tmp_path: Path, server: Server
) -> None:
    shutil.copy(ROOT / "samples" / "shop.sqlite", tmp_path / "shop.db")
    shutil.copy(ROOT / "samples" / "shop_questions.csv", tmp_path / "questions.csv")
    server.say(*SAID.get(title, []))
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OPENAI_API_KEY": "test", "OPENAI_BASE_URL": server.url}
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", block],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    said = done.stdout
    for expected in re.findall(r"print\(.*\)  # (.*)$", block, re.M):
        assert expected in said
        said = said.partition(expected)[2]
    assert server.count == len(SAID.get(title, []))
    sent = "\n".join(str(message["content"]) for request in server.requests for message in request["messages"])
    assert [text for text in READ.get(title, []) if text not in sent] == []
