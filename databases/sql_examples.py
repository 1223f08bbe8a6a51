"""Which examples of questions and queries go into a prompt: chosen by what a query is, not by what it is about.

`masked`: by the question without schema words and values; `skeleton`: by that too, and first those whose query has the
skeleton of a first query (both DAIL-SQL, arXiv 2308.15363); `hypothetical`: by the first query itself (HyDE, arXiv
2212.10496, with SQL for the hypothetical document). `same_difficulty` lets only the first query's class through.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cairn.core.clean_text import CJK, has_cjk
from cairn.core.strategy import Example, Pool
from cairn.core.task import Examples
from cairn.databases.linking.schema_lexicon import QUOTED, stems, words_of
from cairn.databases.linking.schema_text import Schema
from cairn.databases.query_difficulty import difficulty
from cairn.databases.sql_text import parsed
from cairn.retrieval.search_terms import terms

if TYPE_CHECKING:
    from sqlglot import exp


NAME, VALUE = "_", "#"
_PIECES = re.compile(rf"[{NAME}{VALUE}]|[{CJK}]+|\d+(?:[.,]\d+)*|[^\W_{CJK}]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_FORM = "number name many much total average maximum minimum count most least"
"""Words that say what is asked for rather than of what, though schemas have columns called so."""
ALIKE = 0.85
"""From this similarity on two skeletons count as one, as in DAIL-SQL."""
_TOKENS = re.compile(r"_(?!\w)|\w+|[<>!=]+|\|\||[^\w\s]")
_VALUES = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\b\d+(?:\.\d+)?\b")
_KEYWORDS = """
    all and any as asc avg between by case cast count cross desc distinct else end except exists from full group having
    in inner intersect is join left like limit max min not null offset on or order outer over partition right select
    set sum then union using values when where with
"""
_WORDS = frozenset(_KEYWORDS.split())
_FOLDS = [
    (re.compile(pattern), text)
    for pattern, text in (
        (r"\b_ \. _(?!\S)", "_"),
        (r"(?<!\S)on _ (?:=|<|>|!=|<=|>=) _(?: (?:and|or) _ (?:=|<|>|!=|<=|>=) _)*(?!\S)", ""),
        (r"(?<!\S)on _(?: (?:and|or) _)*(?!\S)", ""),
        (r"(?<!\S)(?:left |right |full |inner |cross |outer )*join _(?!\S)", ""),
        (r"(?<!\S)_ (?:, _(?!\S) ?)+", "_ "),
        (r"(?<!\S)_ (?:=|!=|<>|>|>=|<|<=) _(?!\S)", "_"),
        (r"(?<!\S)where _(?: (?:and|or) _(?!\S))+", "where _"),
        (r"order by (?!_ )\S+ \( _ \)", "order by _"),
        (r"(?<!\S)asc(?!\S)", ""),
        (r"\s+", " "),
    )
]
Condition = Callable[[Example], bool]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about: the stems of names (CJK names whole), and values in the words they are stored in."""

    names: frozenset[str]
    values: tuple[str, ...] = ()


def subject_of_schema(schema: Schema, values: Iterable[str] = ()) -> Subject:
    """Of a question asked of a database."""
    names = [name for table in schema.tables for name in (table.name, *(column.name for column in table.columns))]
    return Subject(_stems(tuple(names)), tuple(values))


@lru_cache(maxsize=20_000)
def subject_of_query(sql: str, dialect: str = "sqlite") -> Subject:
    """Of the question that a query answers, whose database need not be there."""
    from sqlglot import exp

    tree = parsed(sql, dialect)
    if tree is None:
        return Subject(frozenset())
    names = [node.name for node in tree.find_all(exp.Table, exp.Column)]
    values = [node.name.strip("%") for node in tree.find_all(exp.Literal) if node.is_string]
    return Subject(_stems(tuple(names)), tuple(value for value in values if value))


@lru_cache(maxsize=256)
def _stems(names: tuple[str, ...]) -> frozenset[str]:
    words = {word for name in names for word in words_of(name) if not word.isdigit()}
    return frozenset(stem for word in words if len(word) > 1 for stem in stems(word)) - frozenset(terms(_FORM))


def mask(question: str, subject: Subject) -> str:
    """The question with `_` for each run of schema words and `#` for each value or number."""
    text = QUOTED.sub(f" {VALUE} ", question)
    for value in sorted(subject.values, key=len, reverse=True):
        bound = "" if has_cjk(value) else r"\b"
        text = re.sub(f"{bound}{re.escape(value)}{bound}", f" {VALUE} ", text, flags=re.IGNORECASE)
    marked: list[str] = []
    for piece in _marked(text, subject.names):
        if not (piece in (NAME, VALUE) and marked and marked[-1] == piece):
            marked.append(piece)
    return " ".join(marked)


def _marked(text: str, names: frozenset[str]) -> Iterator[str]:
    for piece in _PIECES.findall(text):
        if _NUMBER.fullmatch(piece):
            yield VALUE
        elif has_cjk(piece):
            yield from _without(piece, [name for name in names if has_cjk(name)])
        else:
            yield NAME if not names.isdisjoint(stems(piece)) else piece


def _without(run: str, names: list[str]) -> list[str]:
    """A run of CJK text with a mark for each name in it."""
    if not names:
        return [run]
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return [piece if n % 2 == 0 else NAME for n, piece in enumerate(re.split(f"({pattern})", run)) if piece]


@lru_cache(maxsize=20_000)
def skeleton(sql: str, dialect: str = "sqlite") -> str:
    """The query's skeleton, in lower case, its parts one blank apart; of text that is no query, as far as it goes."""
    tree = parsed(sql, dialect)
    text = _from_tree(tree, dialect) if tree is not None else _from_text(sql)
    text = " ".join(_TOKENS.findall(text))
    before = None
    while text != before:
        before = text
        for pattern, folded in _FOLDS:
            text = pattern.sub(folded, text)
    return text.strip()


@lru_cache(maxsize=100_000)
def similarity(a: str, b: str) -> float:
    """Jaccard's index of two skeletons as multisets of words: 1 for equal ones, 0 for nothing in common."""
    left, right = Counter(a.split()), Counter(b.split())
    every = (left | right).total()
    return (left & right).total() / every if every else 1.0


def _from_tree(tree: exp.Expr, dialect: str) -> str:
    from sqlglot import exp

    def blank(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column | exp.Table | exp.Literal | exp.Boolean):
            return exp.to_identifier("_")
        if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal | exp.Identifier):
            return exp.to_identifier("_")
        if isinstance(node, exp.Alias):
            return node.this
        if isinstance(node, exp.Subquery | exp.CTE) and node.args.get("alias"):
            node.set("alias", exp.to_identifier("_") if isinstance(node, exp.CTE) else None)
        return node

    try:
        return tree.transform(blank).sql(dialect=dialect, comments=False).lower()
    except (ValueError, RecursionError):
        return _from_text(tree.sql())


def _from_text(sql: str) -> str:
    """Without a tree: known words stay, and names of functions; all else is a name or a value."""
    words = _TOKENS.findall(_VALUES.sub(" _ ", sql).lower().strip().rstrip(";"))
    return " ".join(
        word if word in _WORDS or not word[0].isalnum() or words[i + 1 : i + 2] == ["("] else "_"
        for i, word in enumerate(words)
    )


def needs_first_query(spec: Examples) -> bool:
    """Whether the examples can only be chosen well when a query is there already, for example a model's first try."""
    return spec.k > 0 and (spec.selector in ("skeleton", "hypothetical") or _by_difficulty(spec))


def choose(
    pool: Pool,
    question: str,
    subject: Subject,
    dialect: str,
    first: str | None = None,
    subject_of: Callable[[str], Subject | None] = lambda _database: None,
) -> list[Example]:
    """The pool's examples for a question about `subject`, the nearest last; `first` is a first query of any quality.

    `subject_of` gives that of another database by name, where it is known; else an example's own query tells it.
    """
    spec = pool.spec
    only = _same_difficulty(first, dialect) if first and _by_difficulty(spec) else None
    if spec.selector == "hypothetical" and first:
        return pool.nearest(skeleton(first, dialect), lambda example: skeleton(example["output"], dialect), only=only)
    prefer = _same_skeleton(first, dialect) if first and spec.selector == "skeleton" else None
    if spec.selector == "semantic":
        return pool.nearest(question, lambda example: example["input"], only=only, prefer=prefer)

    def masked(example: Example) -> str:
        known = subject_of(example.get("database", ""))
        return _masked(example["input"], example["output"], dialect, known.names if known else None)

    return pool.nearest(mask(question, subject), masked, only=only, prefer=prefer)


@lru_cache(maxsize=20_000)
def _masked(question: str, query: str, dialect: str, names: frozenset[str] | None) -> str:
    own = subject_of_query(query, dialect)
    return mask(question, own if names is None else Subject(names, own.values))


def _by_difficulty(spec: Examples) -> bool:
    return spec.same_difficulty and spec.selector not in ("none", "fixed", "length")


def _same_difficulty(first: str, dialect: str) -> Condition:
    wanted = difficulty(first, dialect)
    return lambda example: difficulty(example["output"], dialect) == wanted


def _same_skeleton(first: str, dialect: str) -> Condition:
    wanted = skeleton(first, dialect)
    return lambda example: similarity(skeleton(example["output"], dialect), wanted) >= ALIKE
