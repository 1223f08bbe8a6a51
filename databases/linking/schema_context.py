"""What a prompt is told of a database for one question: the linked schema within a budget, and hints of values."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cairn.core.clean_text import TokenCount, approximate_tokens
from cairn.core.errors import ModelError
from cairn.core.events import emit
from cairn.core.strategy import Example, Pool
from cairn.core.task import Sql
from cairn.databases.database_registry import Databases, Opened
from cairn.databases.linking.schema_lexicon import Scores
from cairn.databases.linking.schema_linking import Linker, Meaning, Ranked, left_out, linker
from cairn.databases.linking.schema_text import Schema, Table, describe, forms_of, head
from cairn.databases.linking.stored_values import SECONDS, Hint, value_index
from cairn.databases.sql_examples import Subject, choose, subject_of_schema
from cairn.models.embedder import Embedder

_NAMES_SHARE = 8
_MOST_HINTS = 10
_WIDTHS = (96, 48, 24, 12)
"""Columns that are left of each table where they would not fit otherwise."""
_KEPT = 8
_vectors: dict[tuple[str, int], tuple[Sequence[str], Scores]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as it is shown: perhaps without some columns, `text` in one of the forms."""

    number: int
    table: Table
    text: str


class Context:
    """Schemas for prompts, each within a share of `sql.schema_tokens` and of the time for reading values."""

    def __init__(
        self,
        spec: Sql,
        databases: int = 1,
        embedder: Embedder | None = None,
        count: TokenCount = approximate_tokens,
    ) -> None:
        self._spec = spec
        self._budget = spec.schema_tokens // databases
        self._seconds = SECONDS / databases
        self._embedder = embedder
        self._count = count

    def describe(self, opened: Opened, question: str) -> str:
        """The schema as SQL comments and CREATE TABLE statements. Raises DatabaseError."""
        schema = opened.schema()
        hints = self._hints(opened, schema, question) if self._spec.values else []
        budget = self._budget - sum(self._count(hint.line(schema.dialect)) for hint in hints)
        text, tables = self._schema(opened.name, schema, question, hints, max(budget, self._budget // 2))
        return "\n".join([text, *(hint.line(schema.dialect) for hint in _among(tables, hints, question))])

    def _schema(
        self, name: str, schema: Schema, question: str, hints: Sequence[Hint], budget: int
    ) -> tuple[str, Sequence[Table]]:
        """The text, and the tables in it, the likeliest first."""
        mode = self._spec.linking
        if mode == "off" or not schema.tables or (mode == "auto" and linker(schema, self._count).tokens <= budget):
            return describe(name, schema, schema.tables, budget, self._count), schema.tables
        began = time.perf_counter()
        shown = self.link(schema, question, hints, budget)
        tables = [part.table for part in shown]
        lines = [head(name, schema), *(part.text for part in sorted(shown, key=lambda part: part.number))]
        left = budget - sum(map(self._count, lines))
        rest = _named(left_out(schema, tables), max(left, budget // _NAMES_SHARE), self._count)
        _report("schema linking", f"{_counts(tables)} of {_counts(schema.tables)}", began)
        return "\n".join([*lines, *rest]), tables

    def link(self, schema: Schema, question: str, hints: Sequence[Hint], budget: int) -> list[Shown]:
        """The tables that are shown, the likeliest first."""
        link = linker(schema, self._count)
        valued = {(place.table, place.column) for hint in hints for place in hint.places}
        ranked = link.rank(question, valued, meaning(self._embedder, question))
        everything = self._spec.linking == "auto" or ranked.blind
        shown = _sure(link, ranked, budget, whole=everything)
        if everything:
            shown += _others(link, ranked, shown, budget)
        return shown

    def _hints(self, opened: Opened, schema: Schema, question: str) -> list[Hint]:
        began = time.perf_counter()
        hints = value_index(opened, self._seconds).find(question, subject_of_schema(schema).names, _MOST_HINTS)
        if hints:
            _report("value hints", "; ".join(hint.line(schema.dialect)[3:] for hint in hints), began)
        return hints


def hint_lines(opened: Opened, tables: Sequence[Table], question: str, seconds: float = SECONDS) -> list[str]:
    """The values in these tables that a question speaks of, each with every column that holds it, as SQL comments.

    Raises DatabaseError.
    """
    schema = opened.schema()
    found = value_index(opened, seconds).find(question, subject_of_schema(schema).names, _MOST_HINTS)
    return [hint.line(schema.dialect) for hint in _among(tables, found, question)]


def _among(tables: Iterable[Table], hints: Iterable[Hint], question: str) -> list[Hint]:
    return [hint for hint in (hint.within(tables, question) for hint in hints) if hint.places]


def _sure(link: Linker, ranked: Ranked, budget: int, whole: bool) -> list[Shown]:
    """The needed tables in the richest form in which all of them fit; else the best of them by name."""
    chosen = [t for t in ranked.order if t in ranked.sure]
    tables = {t: link.narrowed(t, ranked.columns[t], chosen) for t in chosen}
    if whole and sum(link.forms[t][0][1] for t in chosen) <= budget:
        return [Shown(t, link.schema.tables[t], link.forms[t][0][0]) for t in chosen]
    forms = forms_of(link.schema.dialect)
    for most in (None, *_WIDTHS):
        if most:
            tables = {t: link.narrowed(t, ranked.columns[t], chosen, most) for t in chosen}
        for form in forms:
            shown = [Shown(t, tables[t], form(tables[t])) for t in chosen]
            if sum(link.count(part.text) for part in shown) <= budget:
                return shown
    return _fitting((Shown(t, tables[t], forms[-1](tables[t])) for t in chosen), budget, link.count)


def _others(link: Linker, ranked: Ranked, shown: Sequence[Shown], budget: int) -> list[Shown]:
    """As many more as there is room for, the likelier ones first and in richer forms."""
    left = budget - sum(link.count(part.text) for part in shown) - budget // _NAMES_SHARE
    found: list[Shown] = []
    chosen = {part.number for part in shown}
    for t in ranked.order:
        if t in chosen:
            continue
        for text, cost in link.forms[t]:
            if cost <= left:
                found.append(Shown(t, link.schema.tables[t], text))
                left -= cost
                break
    return found


def _fitting(parts: Iterable[Shown], budget: int, count: TokenCount) -> list[Shown]:
    found: list[Shown] = []
    for part in parts:
        budget -= count(part.text)
        if budget < 0:
            break
        found.append(part)
    return found


def _named(names: Sequence[str], budget: int, count: TokenCount) -> list[str]:
    """One line that says what else there is, as far as it fits."""
    if not names:
        return []
    kept: list[str] = []
    for name in names:
        budget -= count(name) + 1
        if budget < 0:
            break
        kept.append(name)
    more = f" and {len(names) - len(kept)} more" if len(kept) < len(names) else ""
    return [f"-- Not shown: {', '.join(kept)}{more}"] if kept else []


def _counts(tables: Sequence[Table]) -> str:
    return f"{len(tables)} tables, {sum(len(table.columns) for table in tables)} columns"


def _report(name: str, detail: str, began: float) -> None:
    emit("stage", {"name": name, "detail": detail, "milliseconds": (time.perf_counter() - began) * 1000})


def choose_examples(
    pool: Pool, question: str, chosen: Sequence[Opened], first: str | None, databases: Databases
) -> Sequence[Example]:
    """The pool's examples for a question that is asked of the `chosen` databases."""
    began = time.perf_counter()
    spec = pool.spec
    known = {opened.name: _subject(opened, question, SECONDS / len(chosen)) for opened in chosen}
    names = frozenset(name for subject in known.values() for name in subject.names)
    values = tuple(value for subject in known.values() for value in subject.values)

    def subject_of(name: str) -> Subject | None:
        return known.get(name)

    found = choose(pool, question, Subject(names, values), chosen[0].dialect, first, subject_of)
    _report("examples", f"{spec.selector}: {len(found)} of {len(pool.examples)}", began)
    return found


def _subject(opened: Opened, question: str, seconds: float) -> Subject:
    schema = opened.schema()
    hints = value_index(opened, seconds).find(question, subject_of_schema(schema).names)
    return subject_of_schema(schema, [hint.asked for hint in hints])


def meaning(embedder: Embedder | None, question: str) -> Meaning | None:
    """None without an embedding model, or where it does not know the question's script."""
    if embedder is None or not embedder.covers(question):
        return None

    def similar(texts: Sequence[str], asked: str) -> Scores:
        try:
            vectors = _of(embedder, texts)
            return vectors @ _unit(np.array([embedder.embed_query(asked)], dtype=np.float32))[0]
        except ModelError as error:
            emit("notice", {"text": f"The schema was linked by words only. {error}"})
            return np.zeros(len(texts), dtype=np.float32)

    return similar


def _of(embedder: Embedder, texts: Sequence[str]) -> Scores:
    """One unit vector a row. Equal texts, such as the many columns called `id`, are embedded once."""
    key = (embedder.fingerprint, id(texts))
    with _lock:
        known = _vectors.get(key)
        if known is not None and known[0] is texts:
            return known[1]
    different = list(dict.fromkeys(texts))
    place = {text: n for n, text in enumerate(different)}
    made = _unit(np.array(embedder.embed_documents(different), dtype=np.float32))
    vectors = made[[place[text] for text in texts]]
    with _lock:
        _vectors[key] = (texts, vectors)
        while len(_vectors) > _KEPT:
            _vectors.pop(next(iter(_vectors)))
    return vectors


def _unit(rows: Scores) -> Scores:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
