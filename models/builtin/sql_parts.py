"""The items of a question as parts of one query: each with one meaning among the query's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from models.builtin.schema import Column, Table
from models.builtin.sql_links import Item

Place = tuple[Table, Column]


class UnreadError(Exception):
    """There is no query: these words found no place."""

    def __init__(self, *words: str) -> None:
        super().__init__(*words)
        self.words = words


@dataclass
class Part:
    """An item as a `c`olumn, a `t`able, a `v`alue or a cue; `columns` are those meant, or those that hold the value."""

    item: Item
    tag: str
    glue: frozenset[str] = frozenset()
    table: Table | None = None
    columns: list[Place] = field(default_factory=list[Place])

    @property
    def implied(self) -> bool:
        return self.item.implied

    @property
    def place(self) -> Place:
        return self.columns[0]


def parts_of(items: Sequence[Item], tables: tuple[Table, ...]) -> list[Part]:
    """The items as parts, each column as the one that is meant. Raises UnreadError."""
    found: list[Part] = []
    for part in (part for item in items for part in _bound(item, tables)):
        last = found[-1] if found else None
        if last and part.tag == last.tag == "c" and part.implied != last.implied:
            both = [place for place in part.columns if place in last.columns]
            if both:  # `whose weight is heavier than`, `the youngest age`
                last.columns = both
                continue
        found.append(part)
    for number, part in enumerate(found):
        if part.tag == "c":
            part.columns = _meant(found, number)
    return found


def _bound(item: Item, tables: tuple[Table, ...]) -> list[Part]:
    """The item's meaning among these tables; an adjective as its column and its cue."""
    glue = frozenset(item.glue)
    best = max((score for (table, _), score in item.columns.items() if table in tables), default=0)
    columns = [place for place, score in item.columns.items() if place[0] in tables and (item.implied or score == best)]
    if item.implied:
        cue = Part(item, item.tag, glue)
        column = Part(item, "c", frozenset() if item.tag == "^" else glue, columns=columns)
        return {"=": [column], "^": [cue, column]}.get(item.tag, [column, cue])
    if item.hints and (item.tag == "q" or not (item.tables or item.columns)):
        names = {(table.name, column.name): (table, column) for table in tables for column in table.columns}
        places = dict.fromkeys(place for hint in item.hints for place in hint.places if place in names)
        return [Part(item, "v", glue, columns=[names[place] for place in places])]
    if item.tag:
        return [Part(item, item.tag, glue)]
    own = {table: score for table, score in item.tables.items() if table in tables}
    if own and max(own.values()) >= best:
        return [Part(item, "t", glue, table=max(own, key=lambda table: own[table]))]
    return [Part(item, "c", glue, columns=columns)]


def _meant(parts: list[Part], number: int) -> list[Place]:
    """The column that is meant, of the table that owns it by the words around; two where a name is in two."""
    part = parts[number]
    found = part.columns
    if len({table for table, _ in found}) > 1:
        owner = _owner(parts, number)
        found = [place for place in found if place[0] is owner] or found
    if len(found) > 1:
        found = [(table, column) for table, column in found if column in table.labels]
    before = parts[number - 1] if number else None
    strange = "'s" in part.glue and before and before.tag == "c"  # the name of what a key points at
    if len({table for table, _ in found}) != 1 or strange or any(_points_at_itself(place) for place in found):
        raise UnreadError(part.item.text)
    return found


def _points_at_itself(place: Place) -> bool:
    return bool(place[1].references and place[1].references[0] == place[0].name)


def _owner(parts: list[Part], number: int) -> Table | None:
    """`order's name`, `names and years of orders`, `orders with their names`."""
    before = parts[number - 1] if number else None
    if before and before.tag == "t" and parts[number].glue <= {"'s", "their", "its"}:
        return before.table
    for part in parts[number + 1 :]:
        if part.tag == "t":
            return part.table
        if part.tag not in "c^A!vu":
            break
    earlier = [part.table for part in reversed(parts[:number]) if part.tag == "t"]
    later = [part.table for part in parts[number:] if part.tag == "t"]
    return next(iter([*earlier, *later]), None)
