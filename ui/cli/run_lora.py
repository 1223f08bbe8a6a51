"""`cairn models tune`: an adapter from training rows, and the same without a part of them each."""

from __future__ import annotations

import os
from pathlib import Path

from cairn.core.errors import UsageError
from cairn.evals.lora_training import LoraSettings, LoraTrainer
from cairn.evals.training_set import read_training_set
from cairn.models.training_notes import fold_file, read_notes
from cairn.ui.cli.run_documents import progress
from cairn.ui.cli.terminal import note, say, say_json


def tune(
    rows: Path,
    base: Path,
    out: Path,
    settings: LoraSettings,
    folds: int = 0,
    share: float = 1.0,
    peft: Path | None = None,
    as_json: bool = False,
) -> None:
    """Ctrl-C keeps each adapter that is done: the same command goes on with the others."""
    if not base.is_file():
        raise UsageError(f"There is no file {base}.", "Name the model's .gguf file with --base.")
    training = read_training_set(rows).first(share)
    sets = [training, *(training.without_each_part(folds) if folds else ())]
    note(f"{len(training.rows)} rows, {len(sets)} to train. {base.name} is read.")
    trainer = LoraTrainer(base, settings)
    files = [out, *(fold_file(out, number) for number in range(1, folds + 1))]
    for file, part in zip(files, sets, strict=True):
        if file.exists():
            if read_notes(file) != trainer.notes(part):
                raise UsageError(f"{file} is there already, of other rows or settings.", "Name another --out.")
            note(f"{file}: is there already")
            continue
        loss = 0.0
        with progress() as report:

            def tell(done: int, steps: int, mean: float, name: str = file.name) -> None:
                nonlocal loss
                loss = mean
                report(done, steps, name)

            trainer.train(part, file, tell, peft if file == out else None)
        note(f"{file}: {len(part.rows)} rows, mean loss at the end {loss:.3f}")
    model = f"gguf:{base}+{out}"
    if as_json:
        say_json({"model": model, "rows": len(training.rows), "files": [str(file) for file in files]})
    else:
        say(f'Ask it: cairn ask --model "{model}" …')


def spare_cores() -> int:
    """One is left for everything else: a training that has to wait for a core is many times slower."""
    return max(1, (os.cpu_count() or 2) - 1)
