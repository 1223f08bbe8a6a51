"""A ladder with a real, small language model, to a tuned one: docs/ladders/tickets.md.

    python -m benchmarks.tickets FOLDER rows       # the rows to train on, and the command that does
    python -m benchmarks.tickets FOLDER            # the climb, then all of it on the rows that chose nothing
    python -m benchmarks.tickets FOLDER replay     # the same of the answers that were recorded there, in seconds
    python -m benchmarks.tickets FOLDER tries      # one, five and nine tries, and reflection
    python -m benchmarks.tickets FOLDER served     # whether adapters are served as they were trained (needs `tune`)

FOLDER holds `smollm2.gguf`, SmolLM2-135M-Instruct (Q4_1), and what was trained: `tickets.gguf` with its folds. A number
at the end takes only so many rows.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from cairn.agents.prompt_preview import render
from cairn.agents.service import Cairn
from cairn.core.settings import load_settings
from cairn.evals.lora_training import LoraSettings, LoraTrainer
from cairn.evals.training_set import tokens_of

DATA = Path(os.environ["CAIRN_TEST_DATA"]) / "tickets"
ROOT = Path(__file__).parents[1]
LADDER = ROOT / "docs/ladders/tickets.yaml"
BASE, TUNED = "gguf:smollm2.gguf", "gguf:smollm2.gguf+tickets.gguf"
ROLE = "You sort what the customers of an insurance company write."
CHOSEN = "examples.selector=semantic"
NONE = "examples.selector=none"
TOLD = {
    "no examples": (BASE, [NONE]),
    "4 fixed examples": (BASE, ["examples.selector=fixed", "examples.k=4"]),
    "2 by Jaccard": (BASE, ["examples.selector=jaccard", "examples.k=2"]),
    "2 by similarity": (BASE, [CHOSEN, "examples.k=2"]),
    "4 by similarity": (BASE, [CHOSEN, "examples.k=4"]),
    "tuned, no examples": (TUNED, ["template=small", "constrained=false", NONE]),
    "tuned, 2 by similarity": (TUNED, ["template=small", "constrained=false", CHOSEN, "examples.k=2"]),
}
"""On the rows that chose nothing, each with `constrained` unless it says otherwise."""
TRIES = {
    "one try": [],
    "5 tries": ["tries.n=5"],
    "9 tries": ["tries.n=9"],
    "reflection": [
        "reflect.rounds=1",
        "reflect.rubric=The label is the one of them that fits best what the customer wants.",
    ],
}
"""The same with 4 examples by similarity."""


def home_in(folder: Path) -> None:
    """A home whose task has the packaged templates, and the training rows as its pool of examples.

    One that is there is gone on with: what was answered in it is known.
    """
    task = folder / "home/prompts/tickets"
    if task.exists():
        return
    task.mkdir(parents=True)
    for template in ("default", "small"):
        shutil.copy(ROOT / f"prompts/library/classify/{template}.md", task)
    (task / "task.yaml").write_text("strategy: classify\nmemory: {max_tokens: 0}\nlimits: {answer_tokens: 16}\n")
    pool = [json.dumps({"input": text, "output": label}) for text, label in rows("train")]
    (task / "examples.jsonl").write_text("\n".join(pool), "utf-8")
    (folder / "home/prompts/wordings").mkdir()
    (folder / "home/prompts/wordings/role.md").write_text(f"---\nrole: {ROLE}\n---\n")


def rows(name: str) -> list[tuple[str, str]]:
    with (DATA / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return [(row[0], row[1]) for row in list(csv.reader(file, delimiter="\t"))[1:]]


def cairn(folder: Path, *arguments: str, record: str | None = None, out: bool = False) -> str:
    """A command of Cairn's, in the folder, where the ladder's models are."""
    window = {"CAIRN_CONTEXT_WINDOW": "4096"}  # what so small a file gets; a recording has none of its own
    environment = {**os.environ, **window, "CAIRN_HOME": "home", "PYTHONPATH": str(ROOT)}
    if record:
        environment["CAIRN_RECORD"] = record
    command = [sys.executable, "-m", "cairn", *arguments]
    pipe = subprocess.PIPE if out else None
    done = subprocess.run(command, cwd=folder, env=environment, text=True, stdout=pipe, stderr=pipe)
    if done.returncode:
        sys.exit(done.stderr or done.returncode)
    return done.stdout or ""


def climb(folder: Path, models: dict[str, str], record: str | None, some: Sequence[str]) -> None:
    ladder = folder / "ladder.yaml"
    text = LADDER.read_text("utf-8")
    ladder.write_text(text.replace(TUNED, models[TUNED]), "utf-8")
    arguments = ["--held-out", str(DATA / "test.tsv"), "--task", "tickets", "--model", models[BASE], *some]
    arguments += ["--ladder", "ladder.yaml", "--in-order", "--workers", "1", "-p", "constrained=false", "-p", NONE]
    arguments += ["--svg", "ladder.svg", "--html", "ladder.html"]
    cairn(folder, "climb", str(DATA / "train.tsv"), *arguments, record=record)


def told(folder: Path, models: dict[str, str], record: str | None, some: Sequence[str]) -> None:
    print("\n| on the rows that chose nothing | right [95 %] | tokens in / out |\n| --- | --- | --- |")
    for name, (model, patch) in TOLD.items():
        print(f"| {name} | {measured(folder, models[model], patch, [*some], record)} |", flush=True)


def measured(folder: Path, model: str, patch: Sequence[str], more: Sequence[str], record: str | None = None) -> str:
    """Right, with its interval, and tokens an answer, on the test rows."""
    settings = [flag for one in ["constrained=true", *patch] for flag in ("-p", one)]
    arguments = ["--task", "tickets", "--model", model, "--workers", "1", *settings, *more, "--json"]
    report: dict[str, Any] = json.loads(
        cairn(folder, "eval", str(DATA / "test.tsv"), *arguments, record=record, out=True)
    )
    figure, count = report["metrics"]["label"], report["answers"]
    usage = (report["usage"][one] for one in ("input_tokens", "output_tokens"))
    tokens = " and ".join("not known" if one is None else f"{one / count:.0f}" for one in usage)
    return f"{figure['mean']:.3f} [{figure['low']:.3f} {figure['high']:.3f}] | {tokens}"


def tries(folder: Path, some: Sequence[str]) -> None:
    print("| 4 examples by similarity, constrained | right [95 %] | tokens in / out | fixed / broke |")
    print("| --- | --- | --- | --- |")
    first, *_ = files = [f"tries{n}.jsonl" for n in range(len(TRIES))]
    for file, (name, patch) in zip(files, TRIES.items(), strict=True):
        (folder / file).unlink(missing_ok=True)
        said = measured(folder, BASE, [CHOSEN, "examples.k=4", *patch], [*some, "--out", file])
        both = json.loads(cairn(folder, "eval", "compare", first, file, "--json", out=True)) if file != first else None
        print(
            f"| {name} | {said} | {len(both['gained'])} / {len(both['lost'])} |" if both else f"| {name} | {said} | |"
        )


def tables(folder: Path) -> None:
    """The newest climb as docs/ladders/tickets.md has it."""
    report: dict[str, Any] = json.loads(max((folder / "home/evals/climbs").glob("*.json")).read_text("utf-8"))
    points = {point["name"]: point for point in report["points"]}
    print(f"\n| rung | tuning, {report['cases']} rows | difference [95 %] | fixed / broke | tokens | |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(f"| start | {_mean(points['start'])} | | | {points['start']['tokens']:.0f} | |")
    for step in report["steps"]:
        name, whole = step["rung"], points.get(step["rung"])
        seen = "" if whole else f" on {step['asked']} rows"
        score, tokens = (_mean(whole), f"{whole['tokens']:.0f}") if whole else ("", "")
        end = "kept" if step["kept"] else step["reason"]
        print(f"| {name} | {score} | {_difference(step)}{seen} | {_counts(step)} | {tokens} | {end} |")
    print("\n| | difference [95 %] | fixed / broke | |\n| --- | --- | --- | --- |")
    for one in report["verdicts"]:
        figures = (_difference(one), _counts(one), one["proof"]) if one["tested"] else ("", "", "not tested")
        print(f"| {one['what']} | {' | '.join(figures)} |")


def _mean(point: dict[str, Any]) -> str:
    return f"{point['score']:.3f} [{point['low']:.3f} {point['high']:.3f}]"


def _difference(one: dict[str, Any]) -> str:
    return f"{one['difference']:+.3f} [{one['low']:+.3f} {one['high']:+.3f}]"


def _counts(one: dict[str, Any]) -> str:
    return f"{len(one['fixed'])} / {len(one['broke'])}"


def divide(folder: Path) -> None:
    """The recording by model: one prompt has other answers of another model. It holds hashes and answers alone."""
    parts: dict[str, list[str]] = {"base.jsonl": [], "tuned.jsonl": []}
    for line in (folder / "recorded.jsonl").read_text("utf-8").splitlines():
        parts["tuned.jsonl" if "+" in json.loads(line)["model"] else "base.jsonl"].append(line)
    for name, lines in parts.items():
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")


def export(folder: Path) -> None:
    arguments = ["--held-out", str(DATA / "test.tsv"), "--task", "tickets", "-p", "template=small", "--no-feedback"]
    cairn(folder, "eval", "export", str(DATA / "train.tsv"), *arguments, "--out", "rows.jsonl")
    print("cairn models tune rows.jsonl --base smollm2.gguf --out tickets.gguf --folds 5 --peft tickets.peft")


def served(folder: Path) -> None:
    """How many of the test rows are answered the same by transformers and by llama.cpp, both with the adapter."""
    trainer = LoraTrainer(folder / "smollm2.gguf", LoraSettings())
    adapter = next(file for file in (folder / "tickets.gguf", folder / "tickets.fold1.gguf") if peft_of(file).is_dir())
    model = import_module("peft").PeftModel.from_pretrained(trainer.model, str(peft_of(adapter)))
    patch = {"template": "small", "constrained": False, "examples": {"selector": "none"}}
    same = right = 0
    with Cairn(load_settings(folder / "home", model=f"gguf:{folder}/smollm2.gguf+{adapter}")) as app:
        for text, label in rows("test"):
            messages = render(app.workspace, "tickets", text, patch).messages
            own = _said(trainer, model, messages)
            answer = app.ask(text, task="tickets", patch=patch).answer
            same, right = same + (own == answer), right + (own == label)
    print(f"{adapter.name}: {same} of 68 answers are the same, served and by transformers, which has {right} right")


def _said(trainer: LoraTrainer, model: Any, messages: Sequence[dict[str, Any]]) -> str:
    """By transformers, the likeliest word each time."""
    tokens = tokens_of(trainer.tokenizer, messages, add_generation_prompt=True)
    read = import_module("torch").tensor([tokens])
    wrote = model.generate(input_ids=read, attention_mask=read * 0 + 1, max_new_tokens=16, do_sample=False)
    return trainer.tokenizer.decode(wrote[0, len(tokens) :], skip_special_tokens=True).strip()


def peft_of(adapter: Path) -> Path:
    return adapter.with_suffix(".peft")


def main() -> None:
    folder, *what = Path(sys.argv[1]).resolve(), *sys.argv[2:]
    some = [flag for word in what if word.isdigit() for flag in ("--limit", word)]
    began = time.monotonic()
    if "served" in what:
        served(folder)
        return
    home_in(folder)
    if "rows" in what:
        export(folder)
        return
    if "tries" in what:
        tries(folder, some)
        return
    replay = "replay" in what
    models = {BASE: "replay:base.jsonl", TUNED: "replay:tuned.jsonl"} if replay else {BASE: BASE, TUNED: TUNED}
    record = None if replay else "recorded.jsonl"
    climb(folder, models, record, some)
    tables(folder)
    told(folder, models, record, some)
    if record:
        divide(folder)
    print(f"\n{time.monotonic() - began:.0f} seconds")


if __name__ == "__main__":
    main()
