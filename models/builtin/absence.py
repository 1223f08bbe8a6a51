"""What is said not to be: `not paid`, `inactive`, `without an address`, `have not been returned`, `不住校`."""

from __future__ import annotations

from collections.abc import Sequence

from models.builtin.lexicon import NOT, is_filler
from models.builtin.marks import Marks, Token
from models.builtin.mentions import Mention
from models.builtin.query import Filter, Query
from models.builtin.schema import Table
from models.builtin.words import has_cjk, listed, stem

_PREFIXES = ("un", "in", "non", "not")

_OUTSIDE = frozenset(stem(word) for word in listed("outside except excluding"))
_OUT_OF = (stem("out"), "of")
_BEING = frozenset(stem(word) for word in listed("is are was were been being"))
HAVING = frozenset(stem(word) for word in listed("have has with having"))
_REACH = 4


def split_prefixes(marks: Marks, table: Table) -> None:
    """`inactive` is read as `not active` where a yes/no column or a date bears the name and no value does."""
    known = {word.casefold() for column in table.columns for one in column.samples for word in one.split()}
    names = {word for column in table.columns if column.kind in ("boolean", "date") for word in column.words}
    for i in range(len(marks.tokens) - 1, -1, -1):
        token = marks.tokens[i]
        word = token.text.casefold()
        if token.kind != "word" or word in known or set(token.stems) & names or has_cjk(word):
            continue
        prefix = next((p for p in _PREFIXES if word.startswith(p) and stem(word[len(p) :]) in names), None)
        if prefix and word[len(prefix) :] not in known:
            rest = Token(token.text, (stem(word[len(prefix) :]),), "word", token.start)
            marks.tokens[i : i + 1] = [Token(token.text, ("not",), "word", token.start), rest]


def denied(marks: Marks, at: int) -> bool:
    """Whether a `not` speaks of the word at `at`; it is ticked off then."""
    for i in range(at - 1, max(at - 1 - _REACH, -1), -1):
        token = marks.tokens[i]
        if marks.has(i, (NOT - {"no", "without"}) | _OUTSIDE):
            marks.tick([i], "cue")
            return True
        if i and marks.has(i, _OUT_OF[1]) and marks.has(i - 1, _OUT_OF[0]):
            marks.tick([i - 1, i], "cue")
            return True
        if token.done or token.kind != "word" or marks.has(i, HAVING) or not is_filler(token.text, token.stems):
            return False
    return False


def add_absence(query: Query, marks: Marks, mentions: Sequence[Mention]) -> None:
    """Columns that are said to be empty, or to hold something."""
    for mention in mentions:
        column = mention.columns[0]
        if mention.used or mention.foreign or len(mention.columns) > 1 or column.kind not in ("text", "number", "date"):
            continue
        before = next((i for i in range(mention.start - 1, -1, -1) if not _empty(marks, i)), -1)
        if before >= 0 and _lacks(marks, before, column.kind):
            marks.tick([before], "cue")
            query.filters.append(Filter(column, "EMPTY", ()))
        elif query.aggregate is None and _holds(marks, mention, column.kind):
            query.filters.append(Filter(column, "FILLED", ()))
        else:
            continue
        mention.used = True


def _empty(marks: Marks, i: int) -> bool:
    token = marks.tokens[i]
    return not token.done and token.kind == "word" and is_filler(token.text, token.stems)


def _lacks(marks: Marks, i: int, kind: str) -> bool:
    """A figure or a text is lacking (`no price`); a date is of something that did not happen (`not returned`)."""
    lacking = marks.has(i, frozenset(["no", "without"])) or marks.tokens[i].text in ("没有", "没")
    return lacking or (kind == "date" and marks.has(i, NOT))


def _holds(marks: Marks, mention: Mention, kind: str) -> bool:
    """`were returned`; `have an email`. A figure may be zero, which says neither."""
    if kind == "date":
        return marks.has(mention.start - 1, _BEING)
    article = marks.has(mention.start - 1, frozenset(["a", "an"]))
    return kind == "text" and article and marks.has(mention.start - 2, HAVING)
