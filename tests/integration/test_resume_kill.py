"""A real process killed (kill -9) at points of a run, and another one that goes on with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_nothing_is_done_twice_and_nothing_is_lost_wherever_it_is_killed() -> None:
    """Every eighth point; the whole of it is `python -m benchmarks.resume_kills`."""
    command = [sys.executable, "-m", "benchmarks.resume_kills", "8"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.count("sent twice 0, logged but not sent 0, lost 0, without an end 0") == 4
