"""Rows to train on, as a model reads them: what of each is learned, in which order, and all but a part of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cairn.core.errors import UsageError
from cairn.models.training_notes import RowNotes, question_digest, read_notes

Message = dict[str, Any]
NOT_LEARNED = -100
"""What transformers leaves out of the loss."""


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


@dataclass(frozen=True, slots=True)
class Example:
    """A row's tokens, and of those that are learned once more: what the assistant says after the last question."""

    tokens: list[int]
    labels: list[int]

    @property
    def begins(self) -> int:
        """The first that is learned."""
        return next(place for place, label in enumerate(self.labels) if label != NOT_LEARNED)


def examples_of(training: TrainingSet, tokenizer: Any, most: int) -> Iterator[Example]:
    """Each row by the model's own chat template.

    Args:
        training: The rows.
        tokenizer: As transformers has it.
        most: Tokens that a row may have.

    Raises:
        UsageError: A row is too long, or the template can't write its answer.
    """
    for number, row in enumerate(training.rows, 1):
        example = _example(row, number, tokenizer)
        if len(example.tokens) > most:
            raise UsageError(
                f"Row {number} has {len(example.tokens):,} tokens, and {most:,} may be.",
                "`cairn eval export --max-tokens` leaves long rows out; --max-tokens trains on them.",
            )
        yield example


def _example(row: Mapping[str, Any], number: int, tokenizer: Any) -> Example:
    messages = [_with_objects(message) for message in row["messages"]]
    tools = row.get("tools") or None
    last = max(place for place, message in enumerate(messages) if message["role"] == "user")
    tokens = tokens_of(tokenizer, messages, tools)
    labels = [NOT_LEARNED] * len(tokens)
    for place in range(last + 1, len(messages)):
        if messages[place]["role"] != "assistant":
            continue
        begin = tokens_of(tokenizer, messages[:place], tools, add_generation_prompt=True)
        end = tokens_of(tokenizer, messages[: place + 1], tools)
        said = tokenizer.decode(end[len(begin) :], skip_special_tokens=True)
        if end[: len(begin)] != begin or tokens[: len(end)] != end or not said.strip():
            raise UsageError(
                f"Row {number}: this model's chat template can't write such an answer.",
                "Templates that know no tools leave calls out: train on rows without, or another model.",
            )
        labels[len(begin) : len(end)] = end[len(begin) :]
    return Example(tokens, labels)


def tokens_of(tokenizer: Any, messages: Sequence[Message], tools: Any = None, **more: Any) -> list[int]:
    """What the model reads, by its own chat template."""
    text = tokenizer.apply_chat_template(messages, tools=tools, tokenize=False, **more)
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def _with_objects(message: Message) -> Message:
    """Chat templates take a call's arguments as an object."""
    calls = [
        {**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
        for call in message.get("tool_calls") or ()
    ]
    return {**message, "tool_calls": calls} if calls else message


def shuffled(examples: Sequence[Example], epochs: int, batch: int, seed: int) -> Iterator[list[Example]]:
    """All examples in each epoch, in another order each time, so many at once."""
    order = list(range(len(examples)))
    shuffle = random.Random(seed).shuffle  # noqa: S311 (not a secret)
    for _ in range(epochs):
        shuffle(order)
        for place in range(0, len(order), batch):
            yield [examples[one] for one in order[place : place + batch]]
