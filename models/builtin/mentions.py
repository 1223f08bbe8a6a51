"""Which words of a question name the table, its columns and values seen in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.builtin.lexicon import EARLY, HIGH, LATE, LOW, MEAN, MEANS, SUM, UNCOUNTED, UNITS, is_filler
from models.builtin.marks import Marks, Token
from models.builtin.schema import Column, Table
from models.builtin.words import WORD, has_cjk, root, stem

_WEAK = frozenset(["id", "is", "ha", "at", "on", "of", "no", "by"])
_DATE_ENDINGS = frozenset(["at", "on", "dat", "tim", "timestamp"])
_NEVER_VALUES = HIGH | LOW | LATE | EARLY | SUM | MEAN


@dataclass
class Mention:
    """Tokens `start` to `end` name one of `columns`.

    `foreign`: they name the table that the column points at; `implied`: they only mean the column (`earns`: salary).
    """

    start: int
    end: int
    columns: list[Column]
    foreign: bool = False
    used: bool = False
    implied: bool = False


@dataclass
class Value:
    """Tokens `start` to `end` are a text found in `columns`, with the ways it is written there."""

    start: int
    end: int
    phrase: str
    columns: dict[Column, list[str]]


@dataclass(frozen=True)
class Lookup:
    """What a look into the database said: `phrase` is the text `value` in `column`."""

    phrase: str
    column: str
    value: str


def vocabulary(table: Table, lookups: Sequence[Lookup] = ()) -> list[str]:
    """Names and values that the question may be cut at."""
    names = [table.name, *(column.name for column in table.columns)]
    values = [sample for column in table.columns for sample in column.samples if len(sample) <= 40]
    short = [name.removeprefix(table.name) for name in names if name != table.name]
    short += [name.removeprefix("是否") for name in names if name.startswith("是否")]
    return [term for term in [*names, *short, *values, *(one.phrase for one in lookups)] if len(term) > 1]


def tick_table(marks: Marks, table: Table) -> list[int]:
    """The places where the table is named: in full, else by its last word."""
    for words in (table.words, table.words[-1:]):
        places: list[int] = []
        while (at := marks.find(*words)) is not None:
            marks.tick(range(at, at + len(words)), "table")
            places.append(at)
        if places:
            return places
    return []


def find_values(marks: Marks, table: Table, lookups: Sequence[Lookup]) -> list[Value]:
    """Longest first; texts in quotation marks are values whatever they say."""
    known: dict[tuple[str, ...], dict[Column, list[str]]] = {}
    by_name = {column.name: column for column in table.columns}
    pairs = [(one.phrase, one.value, by_name[one.column]) for one in lookups if one.column in by_name]
    pairs += [(text, text, column) for column in table.columns if column.kind == "text" for text in column.samples]
    for phrase, text, column in pairs:
        texts = known.setdefault(tuple(_words(phrase)), {}).setdefault(column, [])
        if text not in texts:
            texts.append(text)
    found: list[Value] = []
    for key in sorted(known, key=len, reverse=True):
        found += [Value(*place, " ".join(key), known[key]) for place in _places(marks, key) if key]
    return found


def _words(phrase: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(unicodedata.normalize("NFKC", phrase))]


def _places(marks: Marks, key: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    tokens = marks.tokens
    for i, token in enumerate(tokens):
        if token.kind == "quoted" and tuple(_words(token.text)) == key and not token.done:
            marks.tick([i], "value")
            yield i, i + 1
    letter = len(key) == 1 and len(key[0]) == 1
    if len(key) == 1 and not letter and (stem(key[0]) in _NEVER_VALUES or is_filler(key[0], [stem(key[0])])):
        return
    for i in range(len(tokens) - len(key) + 1):
        here = tokens[i : i + len(key)]
        same = all(t.kind != "quoted" and _same(t.text, word) for t, word in zip(here, key, strict=True))
        if same and not any(t.done for t in here):
            marks.tick(range(i, i + len(key)), "value")
            yield i, i + len(key)


def _same(said: str, word: str) -> bool:
    """Equal but for case and a plural; a single letter must be a capital."""
    if len(word) == 1 and word.isascii() and word.isalpha():
        return said == word.upper()
    return said.casefold() in (word, word + "s", word + "es")


def find_long_mentions(marks: Marks, table: Table, lengths: Sequence[int] = (4, 3, 2)) -> list[Mention]:
    """Columns by their whole name of several words; no value may be seen in a part of it."""
    found: list[Mention] = []
    for length in lengths:
        for i in range(len(marks.tokens) - length + 1):
            if mention := _whole(marks, table, i, length):
                found.append(mention)
    return found


def find_mentions(marks: Marks, table: Table) -> list[Mention]:
    """Columns by their whole name, then by one word of it, then by a word that means the same."""
    found = find_long_mentions(marks, table, (4, 3, 2, 1))
    for i in range(len(marks.tokens)):
        if mention := _partial(marks, table, i) or _meant(marks, table, i):
            found.append(mention)
    return sorted(found, key=lambda mention: mention.start)


def _whole(marks: Marks, table: Table, i: int, length: int) -> Mention | None:
    for strict in (True, False):
        hits = [
            (column, foreign)
            for column in table.columns
            for words, foreign in _variants(column, table, strict)
            if len(words) == length and all(marks.has(i + n, word) for n, word in enumerate(words))
        ]
        if hits:
            marks.tick(range(i, i + length), "column")
            columns = list(dict.fromkeys(column for column, _ in hits))
            return Mention(i, i + length, columns, all(foreign for _, foreign in hits))
    return None


def _variants(column: Column, table: Table, strict: bool) -> Iterator[tuple[list[str], bool]]:
    words = column.words
    if strict:
        yield words, False
        return
    if words[: len(table.words)] == table.words and len(words) > len(table.words):
        yield words[len(table.words) :], False
    if has_cjk(column.name) and column.name.startswith(table.name):
        yield [column.name.removeprefix(table.name)], False
    if len(words) > 1 and words[-1] in _DATE_ENDINGS:
        yield words[:-1], False
    if len(words) > 1 and words[0] in ("is", "ha"):
        yield words[1:], False
    if has_cjk(column.name) and column.name.startswith("是否"):
        yield [column.name.removeprefix("是否")], False
    if len(words) > 1 and (words[-1] in UNCOUNTED or words[-1] in UNITS):
        yield words[:-1], False
    if len(words) > 1 and words[-1] == "id" and words[:-1] != table.words:
        yield words[:-1], True


def _partial(marks: Marks, table: Table, i: int) -> Mention | None:
    token = marks.tokens[i]
    if token.done or token.kind not in ("word", "cjk") or set(token.stems) & _NEVER_VALUES:
        return None
    columns = [column for column in table.columns if _names_part(token, column)]
    if not columns:
        return None
    marks.tick([i], "column")
    return Mention(i, i + 1, columns, all(column.is_key for column in columns))


def _names_part(token: Token, column: Column) -> bool:
    if has_cjk(token.text) and len(token.text) > 1 and token.text in column.name:
        return True
    return len(column.words) > 1 and bool(set(token.stems) & set(column.words) - _WEAK)


def _meant(marks: Marks, table: Table, i: int) -> Mention | None:
    token = marks.tokens[i]
    if token.done or token.kind != "word":
        return None
    columns = [column for column in table.columns if speaks_of(token, column) and not column.is_key]
    if len(columns) != 1:
        return None
    marks.tick([i], "column")
    return Mention(i, i + 1, columns, implied=True)


def speaks_of(token: Token, column: Column) -> bool:
    """A word that means the column (`earns`: salary), or shares its root (`manages`: manager)."""
    meant = {word for one in token.stems for word in MEANS.get(one, ())}
    roots = {root(word) for word in column.words if len(word) > 3 and word.isascii()}
    return bool(meant & set(column.words)) or (len(token.text) > 4 and root(token.text) in roots)
