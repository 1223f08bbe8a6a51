"""What each word of a question may mean: a table, a column, a stored value, a number, a cue, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from cairn.core.clean_text import has_cjk
from cairn.language import numerals
from cairn.language.words import STOP, WORD, listed, split_identifier, stem, word_set
from cairn.models.builtin.shown_schema import NAMES, Column, Hint, Table
from cairn.models.builtin.sql_words import ADJECTIVES, CHINESE, CUES, FUNCTION, NUMBERS

_LONGEST = 9
_QUOTED = r"\"([^\"]+)\"|“([^”]+)”|「([^」]+)」|(?<!\w)['‘]([^'’]+)['’](?!\w)|`` ?(.+?) ?''"
_NUMBER = rf"(\d{{4}}-\d\d-\d\d)|({numerals.DIGITS.pattern})(?![A-Za-z])([万亿])?"
_TOKEN = re.compile(rf"{_QUOTED}|{_NUMBER}|{WORD.pattern}|[,，、;；]")
_TAILS = frozenset(map(stem, listed("code id name description list data type flag")))
_VAGUE = frozenset(map(stem, listed("code id name number")))
COUNTS = word_set("number num no total count")
_RELATIVE = word_set("whose who that which with has have having")

Place = tuple[Table, Column]
Said = tuple[str, ...]
Names = dict[Said, list[tuple[Table, Column | None, float]]]


class UnreadError(Exception):
    """There is no query: these words, its arguments, found no place."""


class Word(NamedTuple):
    """`kind`: a word, a quoted text, a number, a stop, or something strange."""

    text: str
    kind: str = "word"


@dataclass
class Item:
    """A part of a question that says something, with all that it may mean; `glue`: the function words before it.

    `tag` and `said` are those of a cue, `n` for a number or date, `q` for a text in quotes; a mere name has none.
    `implied`: an adjective's columns are meant, which the question does not name. With the tables of one query in
    mind a name is a `c`olumn, a `t`able or a `v`alue: then `places` are the columns meant, or holding the value.
    """

    text: str
    tag: str = ""
    said: str = ""
    glue: frozenset[str] = frozenset()
    implied: bool = False
    hints: Sequence[Hint] = ()
    tables: dict[Table, float] = field(default_factory=dict[Table, float])
    columns: dict[Place, float] = field(default_factory=dict[Place, float])
    places: Sequence[Place] = ()
    table: Table | None = None


def read_items(question: str, tables: Sequence[Table]) -> tuple[list[Item], list[str]]:
    """The parts of a question in order, and the words that mean nothing here."""
    names = _names(tables)
    hints: dict[str, list[Hint]] = {}
    labels = {(table.name, column.name) for table in tables for column in table.labels}
    for hint in dict.fromkeys(hint for table in tables for hint in table.hints):
        common = hint.value[:1].isupper() and " " not in hint.asked and hint.asked.casefold() in question
        if not (common and labels & {*hint.places}):  # proper names are capitalised
            hints.setdefault(_folded(hint.asked), []).append(hint)
    words = list(_words(question, {said[0] for said in names if len(said) == 1} | hints.keys()))
    items: list[Item] = []
    unknown: list[str] = []
    glue: list[str] = []
    at = 0
    while at < len(words):
        size, item = _longest(words, at, names, hints)
        bare = words[at].text.casefold().removesuffix("'s")
        if item is not None:
            item.glue = frozenset(glue)
            items.append(item)
            glue = ["'s"] if item.text.endswith(("'s", "s'")) else []
        elif words[at].kind == "stop" or (bare in FUNCTION and words[at].text != "US" and (at or bare != "where")):
            glue.append(bare)
        else:
            unknown.append(words[at].text)
        at += size
    for item, after in zip(items, [*items, Item("")][1:], strict=True):
        _settle(item, after)
    for n in range(1, len(items)) if has_cjk(question) else ():
        item, before = items[n], items[n - 1].tag  # `价格最高的产品` as `最高价格的产品`, `客户数量` as `数量客户`
        first = (item.tag in ("^", "m") and not item.implied) or (item.tag, item.text) == ("#", "count")
        if (first and not before) or (n, before, item.text) == (1, "n", "how many"):
            items[n - 1], items[n] = item, items[n - 1]
    return items, unknown


def _names(tables: Sequence[Table]) -> Names:
    """What may be said for each table and column, as stems, and how well it fits."""
    names: Names = {}
    spoken = {word for table in tables for word in table.words}
    for table in tables:
        forms: list[tuple[Said, float, Column | None]] = [(*form, None) for form in _forms(table.words, ())]
        forms.append((tuple(split_identifier(table.name)), 4, None))
        for column in table.columns:
            measure = column.kind == "number" and not column.is_key
            forms += [(*form, column) for form in _forms(column.words, table.words, measure)]
        if not any(column.words in NAMES for column in table.columns):
            forms += [(NAMES[0], 3, column) for column in table.labels]
        for said, score, column in forms:
            if score > 2 or not (spoken | FUNCTION) & {*said}:
                names.setdefault(said, []).append((table, column, score))
    return names


def _forms(words: Said, owner: Said, measure: bool = False) -> Iterator[tuple[Said, float]]:
    """The whole name; without its table's; without a unit or `number of`; without a `code`; its last word."""
    yield words, 4
    for start in {owner, owner[:1], owner[-1:]} - {()}:
        if words[: len(start)] == start and len(words) > len(start):
            yield words[len(start) :], 3.5
        if has_cjk(words[0]) and words[0].startswith(start[0]) and words != start[:1]:
            yield (words[0].removeprefix(start[0]),), 3.5
    if len(words) == 1:
        return
    if measure and "in" in words[1:]:
        yield words[: words.index("in")], 3.2
    if words[0] in COUNTS:
        yield tuple(word for word in words[1:] if word != "of"), 3.2
    if words[-1] in _TAILS:
        yield words[:-1], 2
    if words[-1] not in _VAGUE:
        yield words[-1:], 2


def _settle(item: Item, after: Item) -> None:
    """`the average age` and `order by age` have a cue where `the highest average` and `each order` have a name."""
    named = after.columns and not after.tables
    cue = after.glue & {"by", "of"} if item.tag == "o" else item.tag == "#" or after.tag in ("A", "^") or named
    if item.tag in ("A", "^", "#", "o") and not item.implied and (item.columns or item.tables) and not cue:
        item.tag = ""
    elif item.tag and not item.implied:
        item.columns, item.tables = {}, {}


def _folded(text: str) -> str:
    return " ".join(WORD.findall(text.casefold()))


def _words(question: str, known: set[str]) -> Iterator[Word]:
    for match in _TOKEN.finditer(question):
        if quoted := next(filter(None, match.groups()[:5]), None):
            yield Word(quoted.strip(), "quoted")
        elif match[6] or match[7]:
            yield Word(match[6] or numerals.plain(match[7], match[8] or ""), "number")
        elif match[0] in ",，、;；":
            yield Word(",", "stop")
        elif has_cjk(match[0]):
            yield from _chinese(match[0], known)
        else:
            yield Word(match[0].replace("’", "'"))


def _chinese(run: str, known: set[str]) -> Iterator[Word]:
    """A run of characters as the names and values in it, and as English words for its cues."""
    at = strange = 0
    while at <= len(run):
        starts = [run[at:end] for end in range(len(run), at, -1)]
        name = next((text for text in starts if text in known), "")
        cue = next((text for text in starts if text in CHINESE), "")
        number = match[0] if (match := numerals.CHINESE.match(run, at)) else ""
        size = max(map(len, (name, cue, number)))
        if strange < at and (size or at == len(run)):
            yield Word(run[strange:at], "strange")
        if name and len(name) == size:
            yield Word(name)
        elif cue and len(cue) == size:
            yield from map(Word, CHINESE[cue].split())
        elif number:
            yield Word(numerals.chinese_number(number), "number")
        at += size or 1
        strange = at if size else strange


def _longest(words: list[Word], at: int, names: Names, hints: Mapping[str, list[Hint]]) -> tuple[int, Item | None]:
    """How many words from `at` on belong together, and what they say."""
    for size in range(min(_LONGEST, len(words) - at), 0, -1):
        span = words[at : at + size]
        item = Item(" ".join(word.text for word in span))
        item.hints = hints.get(_folded(item.text), ())
        kinds = {word.kind for word in span}
        whole = size == 1 or kinds == {"word"} or (item.hints and not kinds & {"stop", "quoted"})
        if whole and _says(item, span, names, first=at == 0):
            return size, item
    return 1, None


def _says(item: Item, span: list[Word], names: Names, first: bool) -> bool:
    """Whether these words say something, which the item then has."""
    said = tuple(word.text.casefold() for word in span)
    alone, kind = said[0] if len(said) == 1 else "", span[0].kind
    if kind in ("number", "quoted") or alone in NUMBERS:
        item.tag, item.said = "q" if kind == "quoted" else "n", NUMBERS.get(alone, span[0].text)
        return True
    if kind != "word":
        return bool(item.hints)
    stems = tuple(map(stem, said))
    joined = (stem("".join(said)),)  # `high schooler` for a `Highschooler`
    forms = (stems, joined, tuple(split_identifier(item.text)))
    _name(item, next((names[form] for form in forms if form in names), []))
    named = max([*item.tables.values(), *item.columns.values()], default=0)
    cue = ("!", "") if alone.endswith("n't") else CUES.get(said)
    if (named or cue or alone in STOP) and (first or not all(word.text[:1].isupper() for word in span)):
        item.hints = ()
    if cue and not item.hints and (named < 3 or cue[0] in "#A^o"):
        item.tag, item.said = cue
    elif not named and not item.hints and said in ADJECTIVES:
        _adjective(item, names, *ADJECTIVES[said])
    return bool(item.tag or item.tables or item.columns or item.hints)


def _name(item: Item, found: Sequence[tuple[Table, Column | None, float]]) -> None:
    """Of each table the columns that fit best; where a whole table's name is said, no key and no part of others."""
    exact = any(column is None and score >= 4 for _, column, score in found)
    for table, column, score in found:
        if column is None:
            item.tables[table] = max(score, item.tables.get(table, 0))
        best = max(other for owner, c, other in found if owner is table and (c is None) == (column is None))
        if column and score == best and not (exact and (score < 3 or column.is_key)):
            item.columns[table, column] = score


def _adjective(item: Item, names: Names, tag: str, said: str, wanted: Sequence[str]) -> None:
    """`oldest` with each table's columns of age or, reversed, of birth."""
    for name in wanted:
        known = {table for table, _ in item.columns}
        for table, column, _ in names.get(tuple(map(stem, name.removeprefix("-").split())), []):
            if column and table not in known:
                item.columns[table, column] = -1 if name[0] == "-" else 1
                item.tag, item.said, item.implied = tag, said, True


def bound(items: Sequence[Item], tables: tuple[Table, ...]) -> list[Item]:
    """The items with one meaning each among the tables of a query. Raises UnreadError."""
    found: list[Item] = []
    for item in [part for one in items for part in _parts(one, tables)]:
        last = found[-1] if found else None
        if last and item.tag == last.tag == "c":
            both = [place for place in item.places if place in last.places]
            if both and item.implied != last.implied:  # `whose weight is heavier than`, `the youngest age`
                last.places = both
                continue
            if stem(last.text) == NAMES[0][0] and "of" in item.glue:  # `the names of the cities`
                item.glue = found.pop().glue
        found.append(item)
    for number, item in enumerate(found):
        if item.tag == "c":
            item.places = _meant(found, number)
    return found


def _parts(item: Item, tables: tuple[Table, ...]) -> list[Item]:
    """The item's meaning among these tables; an adjective as its column and its cue."""
    best = max((score for (table, _), score in item.columns.items() if table in tables), default=0)
    places = [place for place, score in item.columns.items() if place[0] in tables and (item.implied or score == best)]
    column = replace(item, tag="c", places=places)
    if item.implied:
        both = [item, replace(column, glue=frozenset[str]())] if item.tag == "^" else [column, item]
        return [replace(column, implied=False)] if item.tag == "=" else both
    if item.hints and (item.tag == "q" or not (item.tables or item.columns)):
        names = {(table.name, c.name): (table, c) for table in tables for c in table.columns}
        held = dict.fromkeys(place for hint in item.hints for place in hint.places if place in names)
        return [replace(item, tag="v", places=[names[place] for place in held])]
    own = {table: score for table, score in item.tables.items() if table in tables}
    if not item.tag and own and max(own.values()) >= best:
        return [replace(item, tag="t", table=max(own, key=lambda table: own[table]))]
    return [replace(item) if item.tag else column]


def _meant(parts: list[Item], number: int) -> Sequence[Place]:
    """The column that is meant, of the table that owns it by the words around; two where a name is in two."""
    item, before = parts[number], parts[number - 1] if number else None
    found = item.places
    if len({table for table, _ in found}) > 1:
        owner = _owner(parts, number)
        found = [place for place in found if place[0] is owner] or found
    if len(found) > 1:
        found = [(table, column) for table, column in found if column in table.labels]
    strange = "'s" in item.glue and before and before.tag == "c"  # the name of what a key points at
    itself = any(column.references and column.references[0] == table.name for table, column in found)
    if strange or itself or len({table for table, _ in found}) != 1:
        raise UnreadError(item.text)
    return found


def _owner(parts: list[Item], number: int) -> Table | None:
    """`order's name`, `names and years of orders`, `orders with their names`, `orders whose name`."""
    glue, before = parts[number].glue, parts[number - 1] if number else None
    if before and before.tag == "t" and glue <= {"'s", "their", "its"}:
        return before.table
    if before and before.tag == "c" and glue & {"and", ","} and not before.implied:
        return before.places[0][0]
    earlier = [part for part in reversed(parts[:number]) if part.tag == "t"]
    later = [part for part in parts[number + 1 :] if part.tag not in tuple("c^A!vu")]
    after = later and later[0].tag == "t" and not (earlier and glue & _RELATIVE)
    ordered = [*later, *earlier] if after else [*earlier, *later]
    return next((part.table for part in ordered if part.table), None)
