"""Records what a small model answers on the way of `cairn climb samples`, which then needs neither model nor network.

    python -m benchmarks.record_samples http://127.0.0.1:18080/v1

The model is SmolLM2-135M-Instruct, whatever the server calls it. What is recorded already is not asked again, what the
climb no longer asks is taken out; the file holds hashes of the prompts and what was answered. What the climb came to is
kept beside it, for the page. To be done when a template of `samples/sample_task`, the handbook or the way passages are
found has changed: the climb says so.
"""

from __future__ import annotations

import json
import re
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from langchain_core.messages import BaseMessage, convert_to_openai_messages

from cairn import samples
from cairn.core.errors import NotRecorded
from cairn.evals.climb.climb_run import Watcher
from cairn.evals.climb.sample_climb import sample_climb
from cairn.models import replay

TOKENS = 48
"""`limits.answer_tokens` of the task."""


class RecordingModel(replay.ReplayChatModel):
    """Answers from the recording, and asks the server for what it lacks."""

    url: ClassVar[str] = ""
    used: ClassVar[dict[str, Any]] = {}

    def _find(self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        key = replay.prompt_key(messages, kwargs.get("tools"), stop, self.temperature, kwargs.get("extra_body"))
        if key not in self.used:
            try:
                self.used[key] = super()._find(messages, stop, kwargs)
            except NotRecorded:
                self.used[key] = self._asked_for(messages)
                print(f"{len(self.used):4} asked", flush=True)
                with samples.RECORDING.open("a", encoding="utf-8") as file:
                    file.write(_line(key, self.used[key]))
        return self.used[key]

    def _asked_for(self, messages: list[BaseMessage]) -> dict[str, Any]:
        asked = {"messages": convert_to_openai_messages(messages), "temperature": 0, "max_tokens": TOKENS}
        request = urllib.request.Request(
            f"{self.url}/chat/completions", json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as response:
            said = json.load(response)
        usage = said["usage"]
        counts = {"input_tokens": usage["prompt_tokens"], "output_tokens": usage["completion_tokens"]}
        told = {**counts, "total_tokens": usage["total_tokens"]}
        return {"content": said["choices"][0]["message"]["content"], "usage_metadata": told}


def record(base_url: str) -> None:
    RecordingModel.url = base_url
    replay.ReplayChatModel = RecordingModel  # type: ignore[misc]
    with TemporaryDirectory() as home:
        report = sample_climb(Path(home), watcher=Watcher(print))
        assert report.file is not None
        told = report.file.read_text("utf-8")  # with names of files, not where they lie on this machine
        samples.CLIMB.write_text(re.sub(r'("source": ")[^"]*/', r"\1", told), "utf-8")
    for point in report.points:
        print(f"{point.state:6}{point.name:18}{point.score:.3f} [{point.low:.3f} {point.high:.3f}]")
    samples.RECORDING.write_text("".join(_line(*one) for one in sorted(RecordingModel.used.items())), "utf-8")
    print(f"{len(RecordingModel.used)} answers, {samples.RECORDING.stat().st_size:,} bytes")


def _line(key: str, answer: dict[str, Any]) -> str:
    line = {"v": 1, "key": key, "model": "SmolLM2-135M-Instruct", "answer": answer}
    return json.dumps(line, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    record(sys.argv[1])
