"""`classify` with the builtin model on published tickets: a nearest-example baseline without a language model."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from pathlib import Path

from cairn.agents.service import Cairn
from cairn.core.settings import load_settings
from cairn.models.embeddings import make_embeddings

FOLDER = Path(os.environ["CAIRN_TEST_DATA"]) / "tickets"


def rows(name: str) -> list[tuple[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return [(row[0], row[1]) for row in list(csv.reader(file, delimiter="\t"))[1:]]


def main() -> None:
    train, test = rows("train.tsv"), rows("test.tsv")
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home, "prompts", "tickets")
        folder.mkdir(parents=True)
        lines = [json.dumps({"input": text, "output": label}) for text, label in train]
        (folder / "examples.jsonl").write_text("\n".join(lines), "utf-8")
        (folder / "default.md").write_text("Answer with one of:\n{{labels}}", "utf-8")
        (folder / "task.yaml").write_text("strategy: classify\nmemory: {max_tokens: 0}", "utf-8")
        app = Cairn(load_settings(home, model="builtin", samples=False))
        print(f"{len(test)} tickets, {len(train)} examples, embeddings {make_embeddings(app.settings).fingerprint}")
        for selector in ("none", "fixed", "jaccard", "semantic"):
            patch = {"examples": {"selector": selector, "k": 8, "max_tokens": 4000}}
            answers = [app.ask(text, task="tickets", patch=patch) for text, _ in test]
            right = sum(answer.answer == label for answer, (_, label) in zip(answers, test, strict=True))
            failed = sum(answer.error is not None for answer in answers)
            print(f"{selector:10} right {right / len(test):.3f}   refused {failed / len(test):.3f}")
        app.close()


if __name__ == "__main__":
    main()
