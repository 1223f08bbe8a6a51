"""Reads a text in pieces, at once as far as the model's limits allow, and reduces the notes until they fit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from math import ceil
from typing import Any

from langchain_core.language_models import BaseChatModel

from cairn.agents.plan.plan_model_calls import CountedModel
from cairn.agents.reading.document_pieces import Note, Piece, note_form, only_numbers, read_note, with_run_numbers
from cairn.agents.run_progress import key
from cairn.agents.tool_calls import ToolCaller
from cairn.core.errors import CairnError, TaskError, ToolError
from cairn.core.events import emit
from cairn.core.passages import number_of
from cairn.core.task import Task
from cairn.prompts.template import step
from cairn.tools.tool_invocation import Observation, observe

AT_ONCE = 8
_HEAD = 40
"""Tokens of what stands around a note."""
_CLOSING_SHARE = 0.2
_NOTHING = "relevance: none"


class TextReader:
    """One run's reading. `room`: tokens that the notes may have in the prompt that they are for."""

    def __init__(
        self, task: Task, caller: ToolCaller, model: BaseChatModel, pieces: Sequence[Piece], room: int
    ) -> None:
        self.model = CountedModel(model, caller.budget)
        self.pieces = pieces
        self._spec = task.reading
        self._caller = caller
        self._budget = caller.budget
        self._room = max(room, 2 * (self._spec.note_tokens + _HEAD))
        self._places = asyncio.Semaphore(AT_ONCE)

    @property
    def calls(self) -> int:
        """How many calls of the model one reading takes at most, the reduction included."""
        group = max(2, self._room // (self._spec.note_tokens + _HEAD))
        merges, left = 0, len(self.pieces)
        while left > group:
            left = ceil(left / group)
            merges += left
        return len(self.pieces) + merges

    def check_cost(self, calls: int, readings: int = 1) -> None:
        """Tell what the reading will take, before it is begun. Raises TaskError where the limits don't allow it."""
        text = sum(self.model.count(piece.text) for piece in self.pieces) * readings
        prompt = sum(self.model.count(part.text) for part in step("read_piece").parts)
        tokens = text + calls * (prompt + self._spec.note_tokens)
        limits, spent = self._budget.limits, self._budget
        pieces = f"{len(self.pieces)} piece{'' if len(self.pieces) == 1 else 's'}"
        for name, needed, left in (
            ("model_calls", calls, limits.model_calls - spent.model_calls),
            ("tokens", tokens, limits.tokens - spent.tokens),
        ):
            if needed > left:
                raise TaskError(
                    f"To read it in {pieces} takes up to {needed:,} {name.replace('_', ' ')}; {left:,} are allowed.",
                    f"Raise `limits.{name}`, or name fewer documents, as by source:NAME in the question.",
                )
        told = f"Pieces to read: {len(self.pieces)}; up to {calls:,} calls of the model, about {tokens:,} tokens."
        emit("notice", {"text": told})

    async def notes(self, question: str, seconds: float | None = None) -> list[Note]:
        """What the pieces say of the question, in their order; those that say nothing are left out.

        What is not read within the `seconds`, or fails, is told. Raises the first failure where there is nothing else.
        """
        work = [asyncio.create_task(self._read(piece, question)) for piece in self.pieces]
        try:
            done, _ = await asyncio.wait(work, timeout=seconds)
        finally:
            for task in work:
                task.cancel()
        seen = [(piece, task.result()) for piece, task in zip(self.pieces, work, strict=True) if task in done]
        failed = [one.error for _, one in seen if one.error]
        if failed and len(failed) == len(self.pieces):
            raise failed[0]
        for piece, one in seen:
            if one.error:
                emit("notice", {"text": f"Piece {piece.number} ({piece.place}) was not read: {one.error}"})
        if len(seen) < len(self.pieces):
            self._budget.stopped_by = "seconds"
            told = f"{len(seen)} of {len(self.pieces)} pieces were read within the time: the answer rests on these."
            emit("notice", {"text": f"Limit reached: seconds. {told}"})
        read = [read_note(piece.place, one.text) for piece, one in seen if not one.error]
        return [note for note in read if note]

    @property
    def seconds(self) -> float:
        """What is left for reading, with a share kept for the answer."""
        return max(0.0, self._budget.seconds_left - _CLOSING_SHARE * self._budget.limits.seconds)

    async def _read(self, piece: Piece, question: str) -> Observation:
        async def call() -> str:
            said = await self._ask("read_piece", 0, passages=piece.text, question=question)
            if read_note(piece.place, said) is None:
                return _NOTHING
            text, cited = with_run_numbers(said, piece.passages)
            self._caller.history.documents += cited
            return text

        named = {"piece": f"{piece.number} of {len(self.pieces)}, {piece.place}"}
        return await self._step("read_piece", named, call)

    async def _step(self, name: str, arguments: dict[str, Any], call: Callable[[], Awaitable[str]]) -> Observation:
        """One that an earlier process of this run came to the end of is not taken again."""
        known = self._caller.known.get(key(name, arguments))
        if known and not known.error:
            return known
        async with self._places:
            return await observe(name, arguments, call)

    async def _ask(self, name: str, least: int, **values: str) -> str:
        limits, spent = self._budget.limits, self._budget
        for limit, used in (("model_calls", spent.model_calls + 1), ("tokens", spent.tokens)):
            if used >= getattr(limits, limit):
                raise ToolError(f"The limit of {limit} leaves none for it.", f"Raise `limits.{limit}`.")
        most = self._spec.note_tokens
        return await self.model.ask(step(name).format_messages(**values), name, note_form(least), most)

    async def reduced(self, notes: Sequence[Note], question: str) -> list[Note]:
        """The notes, made fewer by as many rounds as it takes until they fit; a round that fails is the last one.

        What is too long after that is cut by the model's window, which tells it.
        """
        left = list(notes)
        while len(left) > 1 and self._size(left) > self._room:
            groups = self._groups(left)
            merged = await asyncio.gather(*(self._merged(group, question) for group in groups))
            after = [note for group in merged for note in group]
            if len(after) >= len(left):
                break
            left = after
        return left

    def _size(self, notes: Sequence[Note]) -> int:
        return sum(self.model.count(note.written()) for note in notes)

    def _groups(self, notes: Sequence[Note]) -> list[list[Note]]:
        """Neighbours, at least two and as many as fit."""
        groups: list[list[Note]] = [[]]
        for note in notes:
            if len(groups[-1]) > 1 and self._size([*groups[-1], note]) > self._room:
                groups.append([])
            groups[-1].append(note)
        return groups

    async def _merged(self, group: Sequence[Note], question: str) -> list[Note]:
        """As one note, which is as relevant as the most relevant of them."""
        if len(group) == 1:
            return list(group)
        place = f"{group[0].place.partition(' – ')[0]} – {group[-1].place.rpartition(' – ')[2]}"

        async def call() -> str:
            listed = "\n\n".join(note.written() for note in group)
            said = await self._ask("merge_notes", 1, notes=listed, question=question)
            return only_numbers(said, {number_of(one): one for one in self._caller.documents})

        seen = await self._step("merge_notes", {"notes": f"{len(group)}, {place}"}, call)
        note = None if seen.error else read_note(place, seen.text)
        if note is None:
            why = seen.error or CairnError("the model wrote none")
            emit("notice", {"text": f"The notes on {place} were not made shorter: {why}"})
            return list(group)
        return [Note(place, note.text, max(one.relevance for one in group))]
