"""What is not needed for an answer is not opened for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cairn.core.settings import Home

ROOT = Path(__file__).parents[2]
PROFILED = """
import json, sys, threading
from collections import defaultdict

importing, files = defaultdict(int), set()

def note(frame, event, _argument):
    code, thread = frame.f_code, threading.get_ident()
    if code.co_filename == "<frozen importlib._bootstrap>" and code.co_name == "_find_and_load":
        importing[thread] += {"call": 1, "return": -1}.get(event, 0)
    elif event == "call" and not importing[thread]:
        files.add(code.co_filename)

out, *sys.argv[1:] = sys.argv[1:]
threading.setprofile(note)
sys.setprofile(note)
try:
    from cairn.ui.cli import main
    main()
finally:
    sys.setprofile(None)
    with open(out, "w") as file:
        json.dump(sorted(files), file)
"""
"""Notes each file of which a function runs, but for what runs while a module is imported."""


def entered(home: Home, tmp_path: Path, *arguments: str) -> tuple[str, set[str]]:
    """What the command said, and the files of ours that it went through."""
    env = os.environ | {"CAIRN_MODEL": "builtin", "CAIRN_HOME": str(home.root)}
    command = [sys.executable, "-c", PROFILED, str(tmp_path / "files.json"), *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, cwd=ROOT)
    files = [Path(name).resolve() for name in json.loads((tmp_path / "files.json").read_text()) if name[0] != "<"]
    return done.stdout, {str(file.relative_to(ROOT)) for file in files if file.is_relative_to(ROOT)}


@pytest.mark.parametrize("question", ["What is 2480 * 17.5%?", "2480 乘以 17.5% 是多少？"])
def test_a_sum_opens_neither_documents_nor_databases(home: Home, tmp_path: Path, question: str) -> None:
    said, files = entered(home, tmp_path, "ask", question)
    assert "434" in said
    packages = {name.split("/")[0] for name in files}
    assert {"agents", "tools", "models"} <= packages
    assert not {"retrieval", "databases", "samples"} & packages


def test_a_question_to_a_database_opens_no_documents(home: Home, tmp_path: Path) -> None:
    said, files = entered(home, tmp_path, "ask", "--task", "database", "How many customers are there?")
    assert "260" in said
    assert "databases/database_registry.py" in files and "retrieval/library.py" not in files
