"""The breadth-first search of Tree of Thoughts (Yao et al., arXiv 2305.10601), whoever proposes and values."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from cairn.core.events import ThoughtNode, emit
from cairn.core.task import Tree

Path = tuple[str, ...]


@dataclass(slots=True, eq=False)
class Thought:
    """`path`: the texts from the first thought to this one. `value` None: it was not valued."""

    id: int
    parent: int | None
    path: Path
    value: float | None = None
    kept: bool = False

    def node(self) -> ThoughtNode:
        return ThoughtNode(id=self.id, parent=self.parent, text=self.path[-1], value=self.value, kept=self.kept)


@dataclass
class TreeSearch:
    """`propose` gives the next thoughts from a path, `value` what a path is worth, None where nobody can tell."""

    spec: Tree
    propose: Callable[[Path], Awaitable[Sequence[str]]]
    value: Callable[[Path], Awaitable[float | None]]
    thoughts: list[Thought] = field(default_factory=list[Thought])

    async def best(self) -> list[Thought]:
        """The thoughts that were kept last, the best first; none where nothing was proposed or valued."""
        kept: list[Thought] = []
        for _ in range(self.spec.depth):
            level = await self._expanded(kept)
            await self._valued(level)
            chosen = [thought for thought in level if thought.value is not None][: self.spec.beam]
            for thought in chosen:
                thought.kept = True
            if level:
                emit("tree", {"nodes": [thought.node() for thought in self.thoughts]})
            if not chosen:
                break
            kept = chosen
        return kept

    async def _expanded(self, kept: Sequence[Thought]) -> list[Thought]:
        """All next thoughts; those with equal paths count once."""
        parents = list(kept) or [None]
        paths = [parent.path if parent else () for parent in parents]
        proposed = await asyncio.gather(*(self.propose(path) for path in paths))
        found: dict[Path, Thought] = {}
        for parent, path, texts in zip(parents, paths, proposed, strict=True):
            for text in texts:
                number = len(self.thoughts) + len(found)
                found.setdefault((*path, text), Thought(number, parent.id if parent else None, (*path, text)))
        self.thoughts += found.values()
        return list(found.values())

    async def _valued(self, level: list[Thought]) -> None:
        """With their values, the best first and of equals the earliest."""
        values = await asyncio.gather(*(self.value(thought.path) for thought in level))
        for thought, value in zip(level, values, strict=True):
            thought.value = value
        level.sort(key=lambda thought: -(thought.value or 0.0))
