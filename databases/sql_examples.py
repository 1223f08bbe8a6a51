"""Which examples of questions and queries go into a prompt: chosen by what a query is, not by what it is about.

`masked`: by the question without schema words and values; `skeleton`: by that too, and first those whose query has the
skeleton of a first query (both DAIL-SQL, arXiv 2308.15363); `hypothetical`: by the first query itself (HyDE, arXiv
2212.10496, with SQL for the hypothetical document). `same_difficulty` lets only the first query's class through.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from cairn.core.strategy import Example, Pool
from cairn.core.task import Examples
from cairn.databases.query_difficulty import difficulty
from cairn.databases.query_skeleton import ALIKE, similarity, skeleton
from cairn.databases.question_masking import Subject, mask, subject_of_query

Condition = Callable[[Example], bool]


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
