"""What each word of a question may mean: a table, a column, a stored value, a number, a cue, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from models.builtin.numerals import CHINESE as CHINESE_NUMBER
from models.builtin.numerals import DIGITS, chinese_number, plain
from models.builtin.schema import Column, Hint, Table
from models.builtin.sql_words import ADJECTIVES, CHINESE, CUES, FUNCTION, NUMBERS, SAME
from models.builtin.words import WORD, has_cjk, is_cjk, stem

_LONGEST = 9
_TOKEN = re.compile(
    rf"\"([^\"]+)\"|“([^”]+)”|「([^」]+)」|(?<!\w)['‘]([^'’]+)['’](?!\w)|(\d{{4}}-\d\d?-\d\d?)|({DIGITS.pattern})(?![A-Za-z])([万亿])?"
    rf"|{WORD.pattern}|[,，、;；]"
)
_NAMES = tuple((stem(word),) for word in ("name", "名称", "姓名", "名字"))
_TAILS = frozenset(map(stem, ("code", "id", "name", "description", "list", "data", "type", "flag")))
_UNITS = frozenset(["number", "num", "no", "total", "count"])


@dataclass(frozen=True)
class Word:
    """`kind`: a word, a text in quotes, a number, a date, or punctuation."""

    text: str
    kind: str = "word"

    @property
    def lower(self) -> str:
        return self.text.casefold().replace("’", "'")


@dataclass
class Item:
    """A part of the question that says something; `glue`: the function words before it.

    `tag` and `said` are those of a cue, `n` for a number or date, `q` for a text in quotes; of a name it is empty.
    """

    text: str
    tag: str = ""
    said: str = ""
    tables: dict[Table, float] = field(default_factory=dict[Table, float])
    columns: dict[tuple[Table, Column], float] = field(default_factory=dict[tuple[Table, Column], float])
    hints: list[Hint] = field(default_factory=list[Hint])
    glue: tuple[str, ...] = ()
    implied: bool = False


Names = dict[tuple[str, ...], list[tuple[Table, Column | None, float]]]


def names_of(tables: Sequence[Table]) -> Names:
    """What may be said for each table and column, as stems, and how well it fits."""
    names: Names = {}
    spoken = {word for table in tables for word in table.words}
    for table in tables:
        for said, score in _shorter(table.words, ()):
            names.setdefault(said, []).append((table, None, score))
        for column in table.columns:
            for said, score in _shorter(column.words, table.words, column.kind == "number" and not column.is_key):
                if score > 2 or not spoken & {*said}:
                    names.setdefault(said, []).append((table, column, score))
        own = [(column.words in _NAMES) for column in table.columns]
        if not any(own):
            names.setdefault(_NAMES[0], []).extend((table, column, 3) for column in table.labels)
    for said in list(names):
        if (other := _same(said)) != said:
            names.setdefault(other, []).extend((t, c, score - 1) for t, c, score in names[said])
    return names


def _shorter(words: tuple[str, ...], owner: tuple[str, ...], measure: bool = False) -> Iterator[tuple[tuple[str, ...], float]]:
    """The whole name; without its table's; without a unit behind it; its last word."""
    yield words, 4
    for start in (owner, owner[:1], owner[-1:]):
        if owner and words[: len(start)] == start and len(words) > len(start):
            yield words[len(start) :], 3.5
    if len(words) == 1 and is_cjk(words[0]) and owner and words[0].startswith(owner[0]) and words[0] != owner[0]:
        yield (words[0].removeprefix(owner[0]),), 3.5
    for word in ("in", "per", "by", "from"):
        if word in words[1:] and measure:
            yield words[: words.index(word)], 3.2
    if len(words) > 1 and words[0] in _UNITS:
        yield tuple(w for w in words[1:] if w != "of"), 3.2
        yield ("number", "of", *(w for w in words[1:] if w != "of")), 3.5
    if len(words) > 1 and words[-1] in _TAILS:
        yield words[:-1], 2
    if len(words) > 1 and words[0] == "is":
        yield words[1:], 3.5
    if len(words) > 1:
        yield words[-1:], 2


def _same(said: tuple[str, ...]) -> tuple[str, ...]:
    """`surname` as `last name`, wherever it stands in a name."""
    for size in range(min(3, len(said)), 0, -1):
        for at in range(len(said) - size + 1):
            if other := SAME.get(said[at : at + size]):
                return (*said[:at], *other, *said[at + size :])
    return said


def read_items(question: str, tables: Sequence[Table]) -> tuple[list[Item], list[str]]:
    """The parts of a question in order, and the words that mean nothing here."""
    names = names_of(tables)
    hints = {_folded(hint.asked): hint for table in tables for hint in table.hints}
    hinted: dict[str, list[Hint]] = {asked: [] for asked in hints}
    for hint in dict.fromkeys(hint for table in tables for hint in table.hints):
        hinted[_folded(hint.asked)].append(hint)
    words = list(_words(question, {*(s[0] for s in names if len(s) == 1), *hinted}))
    items: list[Item] = []
    unknown: list[str] = []
    glue: list[str] = []
    at = 0
    while at < len(words):
        size, item = _longest(words, at, names, hinted, tables)
        if item is not None:
            item.glue = tuple(glue)
            items.append(item)
            glue = ["'s"] if item.text.endswith(("'s", "s'")) else []
        elif words[at].kind == "stop" or (words[at].lower in FUNCTION and (at or words[at].lower != "where")):
            glue.append(words[at].lower)
        else:
            unknown.append(words[at].text)
        at += size
    for item, after in zip(items, [*items[1:], Item("")], strict=True):
        _settle(item, after)
    return items, unknown


def _settle(item: Item, after: Item) -> None:
    """`the average age` has a cue where `the highest average` has a column's name."""
    if item.tag in ("A", "^", "#") and not item.implied:
        if item.tag == "#" or after.tag in ("A", "^") or (after.columns and not after.tables):
            item.columns, item.tables = {}, {}
        elif item.columns:
            item.tag = ""


def _folded(text: str) -> str:
    return " ".join(WORD.findall(text.casefold()))


def _words(question: str, known: set[str]) -> Iterator[Word]:
    for match in _TOKEN.finditer(question):
        quoted = next(filter(None, match.groups()[:4]), None)
        if quoted:
            yield Word(quoted.strip(), "quoted")
        elif match[5]:
            yield Word("-".join(part.zfill(2) for part in match[5].split("-")), "date")
        elif match[6]:
            yield Word(plain(match[6], match[7] or ""), "number")
        elif match[0] in ",，、;；":
            yield Word(",", "stop")
        elif is_cjk(match[0]):
            yield from _chinese(match[0], known)
        else:
            yield Word(match[0])


def _chinese(run: str, known: set[str]) -> Iterator[Word]:
    """A run of characters as the names and values in it, and as English words for its cues."""
    at = strange = 0
    while at < len(run):
        name = next((run[at:end] for end in range(len(run), at, -1) if run[at:end] in known), "")
        cue = next((run[at:end] for end in range(min(len(run), at + 8), at, -1) if run[at:end] in CHINESE), "")
        number = CHINESE_NUMBER.match(run, at)
        size = max(len(name), len(cue), len(number[0]) if number else 0)
        if size and strange < at:
            yield Word(run[strange:at], "strange")
        if len(name) == size and name:
            yield Word(name)
        elif len(cue) == size and cue:
            yield from map(Word, CHINESE[cue].split())
        elif number:
            yield Word(chinese_number(number[0]), "number")
        at += size or 1
        strange = at if size else strange
    if strange < at:
        yield Word(run[strange:at], "strange")


def _longest(
    words: list[Word], at: int, names: Names, hints: dict[str, list[Hint]], tables: Sequence[Table]
) -> tuple[int, Item | None]:
    """How many words from `at` on belong together, and what they say."""
    for size in range(min(_LONGEST, len(words) - at), 0, -1):
        span = words[at : at + size]
        if any(word.kind != "word" for word in span) and size > 1 and not _folded(_text(span)) in hints:
            continue
        if item := _meaning(span, names, hints, tables, first=at == 0):
            return size, item
    return 1, None


def _text(span: Sequence[Word]) -> str:
    return " ".join(word.text for word in span)


def _meaning(
    span: list[Word], names: Names, hints: dict[str, list[Hint]], tables: Sequence[Table], first: bool
) -> Item | None:
    text, one = _text(span), span[0]
    said = tuple(word.lower for word in span)
    item = Item(text, hints=hints.get(_folded(text), []))
    if one.kind in ("number", "date") or (one.lower in NUMBERS and len(span) == 1):
        item.tag, item.said = "n", str(NUMBERS.get(one.lower, one.text))
        return item
    if one.kind == "quoted":
        item.tag, item.said = "q", one.text
        return item
    if one.kind == "stop" or one.kind == "strange":
        return item if item.hints else None
    stems = tuple(map(stem, said))
    joined = (stem("".join(said)),)
    _name(item, names.get(stems) or names.get(_same(stems)) or (len(said) > 1 and names.get(joined)) or [])
    if (named := item.tables or item.columns) and item.hints and not _is_named(span, first):
        item.hints = []
    if (cue := CUES.get(said)) and not item.hints and (not named or _best(item) < 3 or cue[0] in "#A^"):
        item.tag, item.said = cue
        return item
    if len(span) == 1 and one.lower.endswith("n't"):
        return Item(text, "!")
    if not named and (found := ADJECTIVES.get(said)):
        return _adjective(text, found, tables)
    if not named and item.hints and len(span) == 1 and said[0] in FUNCTION:
        return None
    return item if named or item.hints else None


def _is_named(span: Sequence[Word], first: bool) -> bool:
    return all(word.text[:1].isupper() for word in span) and not first


def _best(item: Item) -> float:
    return max([*item.tables.values(), *item.columns.values()])


def _name(item: Item, found: Sequence[tuple[Table, Column | None, float]]) -> None:
    """Of each table the columns that fit best; where a whole table's name is said, no mere part of others."""
    exact = any(column is None and score >= 4 for _, column, score in found)
    for table, column, score in found:
        if exact and (score < 3 or (column is not None and column.is_key)):
            continue
        if column is None:
            item.tables[table] = max(score, item.tables.get(table, 0))
        elif score == max(s for t, c, s in found if t is table and c is not None):
            item.columns[table, column] = score


def _adjective(text: str, found: Sequence[tuple[str, str, tuple[str, ...]]], tables: Sequence[Table]) -> Item | None:
    """`oldest` with the columns of age or, reversed, of birth."""
    tag, said, wanted = found[0]
    item = Item(text, tag, said, implied=True)
    for table in tables:
        for name in (name for _, _, names in found for name in names):
            words = tuple(map(stem, name.removeprefix("-").split()))
            own = [c for c in table.columns if (c.is_year or c.kind == "date" if name == "*" else c.words[-len(words) :] == words)]
            if own:
                item.columns.update({(table, c): (-1 if name.startswith("-") else 1) for c in own})
                break
    return item if item.columns else None
