"""Schema linking: of a schema the tables and columns that a question needs, joined up by their keys.

Tables and columns are scored by the words of the question that are in their names, comments and values, and by likeness
of meaning (as RESDSQL, arXiv 2302.05965, ranks them, without a trained model). What scores well is kept with the tables
that lie on the way between; what is unsure is kept as long as there is room.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cairn.core.clean_text import TokenCount, approximate_tokens
from cairn.databases.linking.schema_lexicon import Lexicon, Scores
from cairn.databases.linking.schema_text import Column, Schema, Table, forms_of

Meaning = Callable[[Sequence[str], str], Scores]
"""From texts and a question to a similarity for each text."""

_MEANING = 0.3
_BEST_COLUMNS = (0.5, 0.25, 0.125)
_SURE = 0.3
_PARENT = 0.5
_CORE = 12
_NARROW = 6
_COLUMN_SURE = 0.2
_LONGEST_PATH = 3
_TITLES = ("name", "title")
"""Columns by which people call a row, so that no question has to say them."""
_KEYS = ("id", "code", "no", "num", "key", "name")


@dataclass(frozen=True, slots=True)
class Ranked:
    """Tables by number, the best first; of these `sure` are needed or lie between; `columns` holds the score of each
    table's columns; `blind`: nothing of the question was found in the schema."""

    order: tuple[int, ...]
    sure: frozenset[int]
    columns: tuple[Scores, ...]
    blind: bool


class Linker:
    """What is worked out once for a schema and a way of counting tokens."""

    def __init__(self, schema: Schema, count: TokenCount) -> None:
        self.schema = schema
        self.count = count
        self.lexicon = Lexicon(schema)
        self._shared = _join_names(schema)
        self.joins = _joins(schema, self._shared)
        self.parents = _parents(schema)

    @cached_property
    def forms(self) -> list[list[tuple[str, int]]]:
        """For each table its text and tokens in each of its forms."""
        known = forms_of(self.schema.dialect)
        texts = [[form(table) for form in known] for table in self.schema.tables]
        return [[(text, self.count(text)) for text in forms] for forms in texts]

    @cached_property
    def tokens(self) -> int:
        """Of the whole schema in its richest form."""
        return sum(forms[0][1] for forms in self.forms)

    def rank(self, question: str, valued: Collection[tuple[str, str]] = (), meaning: Meaning | None = None) -> Ranked:
        """`valued`: the (table, column) names that hold values the question speaks of."""
        lexicon, count = self.lexicon, len(self.schema.tables)
        said = lexicon.scores(question)
        units = [unit for name in valued if (unit := self._unit(*name)) is not None]
        said[units] = 1.0
        scores = (said + _MEANING * _spread(meaning(lexicon.texts, question)) if meaning else said).astype(np.float32)
        columns = tuple(scores[lexicon.first[t] : lexicon.first[t + 1]] for t in range(count))
        totals = np.array([scores[t] + _best(columns[t]) for t in range(count)], dtype=np.float32)
        order = [int(t) for t in np.argsort(-totals, kind="stable")]
        return Ranked(tuple(order), self._needed(order, totals, units), columns, not bool(said.any()))

    def _needed(self, order: Sequence[int], totals: Scores, valued: Sequence[int]) -> frozenset[int]:
        """What scores well, what holds values of the question, what these refer to, and what lies between them."""
        if not order:
            return frozenset()
        holding = {int(self.lexicon.owner[unit]) for unit in valued}
        least = _SURE * totals[order[0]]
        core = [t for t in order if totals[t] >= least or t in holding][:_CORE]
        parents = [p for t in core for p in self.parents.get(t, ()) if totals[p] >= _PARENT * least]
        return frozenset(self._connected(core) | set(parents))

    def _unit(self, table: str, column: str) -> int | None:
        for t, found in enumerate(self.schema.tables):
            if found.name == table:
                names = [c.name for c in found.columns]
                return self.lexicon.first[t] + names.index(column) if column in names else None
        return None

    def _connected(self, core: Sequence[int]) -> set[int]:
        """The core with the tables on the shortest ways between it."""
        joined = set(core[:1])
        for table in core[1:]:
            joined |= self._way(table, joined) or {table}
        return joined

    def _way(self, start: int, goals: set[int]) -> set[int] | None:
        before = {start: start}
        waiting = deque([(start, 0)])
        while waiting:
            table, steps = waiting.popleft()
            if table in goals:
                way = {table}
                while table != start:
                    table = before[table]
                    way.add(table)
                return way
            for other in self.joins.get(table, ()) if steps < _LONGEST_PATH else ():
                if other not in before:
                    before[other] = table
                    waiting.append((other, steps + 1))
        return None

    def narrowed(self, table: int, scores: Scores, chosen: Collection[int], most: int | None = None) -> Table:
        """A wide table with its keys, the columns that join it to chosen tables, and those that score.

        `most`: only so many columns, the primary key and those that score best.
        """
        whole = self.schema.tables[table]
        if len(whole.columns) <= (most or _NARROW):
            return whole
        if most:
            ranks = [-float(score) - column.primary_key for column, score in zip(whole.columns, scores, strict=True)]
            order = np.argsort(ranks, kind="stable")
            return replace(whole, columns=tuple(whole.columns[n] for n in sorted(order[:most].tolist())))
        names = {self.schema.tables[t].name.lower() for t in chosen}
        best = set(np.argsort(-scores, kind="stable")[:_NARROW].tolist())
        kept = tuple(
            column
            for n, column in enumerate(whole.columns)
            if n in best or scores[n] >= _COLUMN_SURE or _is_key(column, names) or column.name.lower() in self._shared
        )
        return replace(whole, columns=kept)


_linkers: deque[Linker] = deque(maxlen=16)


def linker(schema: Schema, count: TokenCount = approximate_tokens) -> Linker:
    """The schema's linker, kept. Equal schemas share one; hashing a large one would cost more than linking."""
    for known in list(_linkers):
        if known.count == count and (known.schema is schema or known.schema == schema):
            return known
    _linkers.append(made := Linker(schema, count))
    return made


def _is_key(column: Column, tables: Collection[str]) -> bool:
    if column.name.lower().endswith(_TITLES):
        return True
    return column.primary_key or (column.references is not None and column.references[0].lower() in tables)


def _best(columns: Scores) -> float:
    best = np.sort(columns)[::-1][: len(_BEST_COLUMNS)]
    return float(best @ np.array(_BEST_COLUMNS[: len(best)], dtype=np.float32))


def _spread(similar: Scores) -> Scores:
    """0 for the average, 1 for the most alike."""
    top, middle = float(similar.max(initial=0)), float(similar.mean()) if len(similar) else 0.0
    return np.clip((similar - middle) / max(top - middle, 1e-6), 0, 1).astype(np.float32)


def _join_names(schema: Schema) -> frozenset[str]:
    """Names of columns that join tables though no key is declared: another table's primary key is called so too."""
    keys = [[c.name.lower() for c in table.columns if c.primary_key] for table in schema.tables]
    return frozenset(names[0] for names in keys if len(names) == 1 and names[0] not in _KEYS)


def _joins(schema: Schema, shared: frozenset[str]) -> dict[int, set[int]]:
    number = {table.name.lower(): t for t, table in enumerate(schema.tables)}
    found: dict[int, set[int]] = {}

    def join(a: int, b: int | None) -> None:
        if b is not None and a != b:
            found.setdefault(a, set()).add(b)
            found.setdefault(b, set()).add(a)

    owners = {name: t for t, table in enumerate(schema.tables) for name in _own_key(table) & shared}
    for t, table in enumerate(schema.tables):
        for column in table.columns:
            if column.references:
                join(t, number.get(column.references[0].lower()))
            elif column.name.lower() in owners:
                join(t, owners[column.name.lower()])
    return found


def _parents(schema: Schema) -> dict[int, set[int]]:
    """For each table those its foreign keys point at."""
    number = {table.name.lower(): t for t, table in enumerate(schema.tables)}
    named = [{c.references[0].lower() for c in table.columns if c.references} for table in schema.tables]
    return {t: {number[name] for name in names if name in number} for t, names in enumerate(named)}


def _own_key(table: Table) -> set[str]:
    keys = [column.name.lower() for column in table.columns if column.primary_key]
    return set(keys) if len(keys) == 1 else set()


def left_out(whole: Schema, kept: Iterable[Table]) -> list[str]:
    """The names of what is not in `kept`: tables, and columns as `table(a, b)`."""
    there = {table.name: {column.name for column in table.columns} for table in kept}
    names: list[str] = []
    for table in whole.tables:
        gone = [column.name for column in table.columns if column.name not in there.get(table.name, ())]
        if table.name not in there:
            names.append(table.name)
        elif gone:
            names.append(f"{table.name}({', '.join(gone)})")
    return names
