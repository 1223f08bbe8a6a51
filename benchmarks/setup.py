"""From a fresh clone to the first answer, and the second time. Needs git and make; installs into its own folder."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def timed(what: str, command: list[str], folder: Path, env: dict[str, str]) -> None:
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)
    print(f"{what:40} {time.perf_counter() - began:6.1f} s", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        clone = Path(temporary, "cairn")
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        env = {**os.environ, "CAIRN_HOME": str(Path(temporary, "home"))}
        env.pop("VIRTUAL_ENV", None)
        ask = [str(clone / ".venv" / "bin" / "cairn"), "ask", "How many days of parental leave do we give?"]
        timed("set-up, first time", ["make", ".venv/.ready"], clone, env)
        timed("first answer (makes home and index)", ask, clone, env)
        timed("set-up, second time", ["make", ".venv/.ready"], clone, env)
        timed("second answer", ask, clone, env)
        timed("set-up for tests, on top", ["make", "setup"], clone, env)


if __name__ == "__main__":
    main()
