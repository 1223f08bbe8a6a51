"""`classify` on published tickets: by `builtin`, a nearest-example baseline, or by a model from a file.

    python -m benchmarks.classify [MODEL.gguf [ROWS]]

A model is asked for plain text and by the best means that its server has, with 2 examples chosen. A label is lost where
none came back.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from cairn.agents.service import Cairn
from cairn.core.settings import load_settings
from cairn.models.embeddings import make_embeddings

FOLDER = Path(os.environ["CAIRN_TEST_DATA"]) / "tickets"


def rows(name: str) -> list[tuple[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return [(row[0], row[1]) for row in list(csv.reader(file, delimiter="\t"))[1:]]


def main(model: str = "", most: str = "") -> None:
    train, test = rows("train.tsv"), rows("test.tsv")[: int(most) if most else None]
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home, "prompts", "tickets")
        folder.mkdir(parents=True)
        lines = [json.dumps({"input": text, "output": label}) for text, label in train]
        (folder / "examples.jsonl").write_text("\n".join(lines), "utf-8")
        (folder / "default.md").write_text("Answer with one of:\n{{labels}}", "utf-8")
        (folder / "task.yaml").write_text("strategy: classify\nmemory: {max_tokens: 0}", "utf-8")
        name = f"gguf:{Path(model).absolute()}" if model else "builtin"
        app = Cairn(load_settings(home, model=name, samples=False))
        print(f"{len(test)} tickets, {len(train)} examples, embeddings {make_embeddings(app.settings).fingerprint}")
        for title, patch in (asked_for() if model else chosen()).items():
            answers = [app.ask(text, task="tickets", patch=patch) for text, _ in test]
            right = sum(answer.answer == label for answer, (_, label) in zip(answers, test, strict=True))
            lost = sum(answer.error is not None for answer in answers)
            print(f"{title:24} right {right / len(test):.3f}   lost {lost / len(test):.3f}", flush=True)
        app.close()


def chosen() -> dict[str, dict[str, Any]]:
    """By how the examples are chosen."""
    selectors = ("none", "fixed", "jaccard", "semantic")
    return {selector: {"examples": {"selector": selector, "k": 8, "max_tokens": 4000}} for selector in selectors}


def asked_for() -> dict[str, dict[str, Any]]:
    """By how the label is asked for, with few examples."""
    return {
        f"{selector}, {'constrained' if constrained else 'free text'}": {
            "examples": {"selector": selector, "k": 2},
            "constrained": constrained,
        }
        for selector in ("jaccard", "semantic")
        for constrained in (False, True)
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
