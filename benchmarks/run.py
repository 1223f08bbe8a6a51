"""All benchmarks, one after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMES = [
    "calculator",
    "retrieval",
    "retrieval_options",
    "statements",
    "index_processes",
    "ingest_kills",
    "ingest",
    "loaders",
    "scale",
    "classify",
    "sql_guard",
    "linking",
    "examples",
    "spider",
    "voting",
    "repair",
    "injection",
    "resume_kills",
    "memory",
    "startup",
    "setup",
]


def main() -> None:

    for name in sys.argv[1:] or NAMES:
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
