"""Records what a small model answers on the way of `cairn climb samples`, which then needs neither model nor network.

    python -m benchmarks.record_samples http://127.0.0.1:18080/v1

The model is SmolLM2-135M-Instruct, whatever the server calls it. Everything is asked that the climb asks, the division
of its proof included; the recording holds hashes of the prompts and what was answered. Needed anew when a template of
`samples/sample_task`, the handbook or the way passages are found has changed: then the climb says so.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from cairn import samples
from cairn.evals.climb.climb_run import Watcher
from cairn.evals.climb.sample_climb import recorded_settings, sample_climb

_KEPT = ("content", "usage_metadata")


def record(base_url: str) -> None:
    """Anew: what is no longer asked is no longer there."""
    samples.RECORDING.unlink(missing_ok=True)
    settings = recorded_settings(
        model="openai:smollm2", base_url=base_url, api_key=SecretStr("any"), record=samples.RECORDING
    )
    with TemporaryDirectory() as home:
        report = sample_climb(
            Path(home),
            watcher=Watcher(print, step=lambda step: print(f"{step.rung.name}: {step.comparison.second:.3f}")),
            settings=settings,
        )
    _only_what_was_said()
    for point in report.points:
        print(f"{point.state:6}{point.name:16}{point.score:.3f} [{point.low:.3f} {point.high:.3f}]")
    lines = samples.RECORDING.read_text("utf-8").count("\n")
    print(f"{lines} answers, {samples.RECORDING.stat().st_size:,} bytes")


def _only_what_was_said() -> None:
    """Not what else the server told, such as where its files are."""
    lines = map(json.loads, samples.RECORDING.read_text("utf-8").splitlines())
    kept = [
        {**line, "model": "SmolLM2-135M-Instruct", "answer": {name: line["answer"][name] for name in _KEPT}}
        for line in lines
    ]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept)
    samples.RECORDING.write_text(text, "utf-8")


if __name__ == "__main__":
    record(sys.argv[1])
