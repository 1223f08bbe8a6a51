"""Whether two results are the same answer, as Spider's official evaluator defines it.

Zhong, Yu and Klein, "Semantic Evaluation for Text-to-SQL with Distilled Test Suites" (arXiv 2010.02840): results are
bags of rows. Columns may stand in any order and have any name, rows in any order unless the question asks for one,
duplicates count, and values are equal as numbers or as text: 1 is 1.0, but not '1'.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from typing import Any

Row = Sequence[Any]
MAX_STEPS = 10_000


def same(a: Sequence[Row], b: Sequence[Row], *, ordered: bool) -> bool:
    """Whether some order of `b`'s columns (and, unless `ordered`, of its rows) makes it equal to `a`.

    Two empty results are the same, whatever their columns. The search for the order of the columns ends after
    `MAX_STEPS` trials, and what is not found by then is not the same; only columns with equal values are tried, so
    that this takes results that were made for it.
    """
    if not a and not b:
        return True
    if len(a) != len(b) or len(a[0]) != len(b[0]):
        return False
    left, right = _columns(a), _columns(b)
    if ordered:
        return Counter(left) == Counter(right)
    kinds_left, kinds_right = [[_bag(column) for column in columns] for columns in (left, right)]
    if Counter(kinds_left) != Counter(kinds_right):
        return False
    return _Search(left, right, kinds_left, kinds_right).found()


def includes(a: Sequence[Row], b: Sequence[Row], *, ordered: bool) -> bool:
    """Whether `b` is `a` with further columns: whether some of its columns, in some order, make it equal to `a`."""
    if not a or len(a) != len(b) or len(a[0]) >= len(b[0]):
        return False
    left, right = _columns(a), _columns(b)
    if ordered:
        return Counter(left) <= Counter(right)
    kinds_left, kinds_right = [[_bag(column) for column in columns] for columns in (left, right)]
    return Counter(kinds_left) <= Counter(kinds_right) and _Search(left, right, kinds_left, kinds_right).found()


def aligned(a: Sequence[Row], b: Sequence[Row], tolerance: float = 1e-6) -> tuple[list[Row], list[Row]]:
    """Both results with numbers that lie as close as `tolerance`, relative above 1, made the same; integers stay."""
    numbers = sorted({value for rows in (a, b) for row in rows for value in row if _is_number(value)})
    nearest: dict[Any, Any] = {}
    first = None
    for number in numbers:
        counts = isinstance(number, int) and isinstance(first, int)  # what is counted is exact
        if first is None or counts or number - first > tolerance * max(1.0, abs(first)):
            first = number
        nearest[number] = first

    def snapped(rows: Sequence[Row]) -> list[Row]:
        return [[nearest[value] if _is_number(value) else value for value in row] for row in rows]

    return snapped(a), snapped(b)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and value == value and abs(value) != float("inf")


def identical(a: Sequence[Row], b: Sequence[Row], *, ordered: bool) -> bool:
    """The strict variant: columns in the same order, values of the same type; rows in any order unless `ordered`."""
    left, right = [[tuple((type(value), _key(value)) for value in row) for row in rows] for rows in (a, b)]
    return left == right if ordered else Counter(left) == Counter(right)


def _columns(rows: Sequence[Row]) -> list[tuple[Hashable, ...]]:
    return list(zip(*(map(_key, row) for row in rows), strict=True))


def _key(value: Any) -> Hashable:
    """Something that is equal where the values are, also for arrays, objects and NaN."""
    if isinstance(value, float) and value != value:
        return (float, "nan")
    if isinstance(value, (list, dict, tuple)):
        return (list, json.dumps(value, sort_keys=True, default=repr))
    return value


def _bag(column: tuple[Hashable, ...]) -> Hashable:
    return frozenset(Counter(column).items())


class _Search:
    """For each column on the left one on the right, such that the rows of both are the same bag.

    Rows are told apart by the columns that were matched so far: a row's class is a number that equal beginnings share.
    A step is taken back as soon as the classes on both sides differ in number.
    """

    def __init__(
        self,
        left: list[tuple[Hashable, ...]],
        right: list[tuple[Hashable, ...]],
        kinds_left: list[Hashable],
        kinds_right: list[Hashable],
    ) -> None:
        candidates: dict[Hashable, list[int]] = defaultdict(list)
        for number, kind in enumerate(kinds_right):
            candidates[kind].append(number)
        # the columns with the fewest candidates first, and of these the ones that tell most rows apart
        order = sorted(range(len(left)), key=lambda n: (len(candidates[kinds_left[n]]), -len(set(left[n]))))
        self._left = [left[n] for n in order]
        self._right = right
        self._candidates = [candidates[kinds_left[n]] for n in order]
        self._steps = 0

    def found(self) -> bool:
        rows = len(self._left[0])
        return self._match(0, frozenset(), [0] * rows, [0] * rows)

    def _match(self, depth: int, used: frozenset[int], left: list[int], right: list[int]) -> bool:
        if depth == len(self._left):
            return True
        tried: set[tuple[Hashable, ...]] = set()
        for number in self._candidates[depth]:
            column = self._right[number]
            if number in used or column in tried:
                continue
            tried.add(column)
            self._steps += 1
            if self._steps > MAX_STEPS:
                return False
            classes: dict[tuple[int, Hashable], int] = {}
            finer_left = _refine(classes, left, self._left[depth])
            finer_right = _refine(classes, right, column)
            if Counter(finer_left) == Counter(finer_right) and self._match(
                depth + 1, used | {number}, finer_left, finer_right
            ):
                return True
        return False


def _refine(classes: dict[tuple[int, Hashable], int], rows: Sequence[int], column: tuple[Hashable, ...]) -> list[int]:
    return [classes.setdefault(pair, len(classes)) for pair in zip(rows, column, strict=True)]
