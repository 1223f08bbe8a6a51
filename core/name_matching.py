"""What a wrong name may mean, to be proposed (`nearest_names`), and what it must mean, to be taken (`only_meant`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from difflib import SequenceMatcher

from cairn.core.clean_text import normalise

_WORDS = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SHORT = 3  # letters that a word may be cut down to: `stu` of `student`
_SLIP = 5  # letters of a word for each one that may be wrong
_PROPOSED = 3


def nearest_names(name: str, known: Iterable[str], least: float = 0.6) -> list[str]:
    """The names most like one that is wrong, in whatever letter case, to be proposed.

    Args:
        name: The wrong name.
        known: The real ones.
        least: The likeness from which on one counts (`SequenceMatcher.ratio`).

    Returns:
        Three at most, the most alike first.
    """
    matcher = SequenceMatcher(b=name.lower())
    scores: dict[str, float] = {}
    for other in known:
        matcher.set_seq1(other.lower())
        scores[other] = matcher.ratio()
    return [other for other in sorted(scores, key=lambda o: -scores[o]) if scores[other] >= least][:_PROPOSED]


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint with the nearest names; None where none is near."""
    near = nearest_names(name, known)
    return f"Did you mean {' or '.join(near)}?" if near else None


def only_meant(name: str, known: Iterable[str], within: str = "", foreign: Collection[str] = ()) -> str | None:
    """The only one of `known` that `name` can mean, or None.

    It has the same words, in whatever writing and number (`pet_type`, `PetType`, `pettypes`); else the same when the
    words of the table `within` are left out (`id` is `student_id` or `StuID` in `students`), but for the `foreign`
    keys, which are called after another table and may have `id` behind (`maker_id` is the foreign key `Maker`); else
    the same but for a slip in a word of five letters or more, whose first letter and digits are right. When two would
    do, none is meant.
    """
    names = list(dict.fromkeys(known))
    own = [other for other in names if other not in foreign]
    keys = [other for other in names if other in foreign]
    tries = ((_same, names), (_same_with_id, keys), (_same_within(within), own), (_slip, names))
    for alike, among in tries:
        found = [other for other in among if alike(name, other)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _words(name: str) -> tuple[str, ...]:
    return tuple(map(_singular, _written(name)))


def _written(name: str) -> tuple[str, ...]:
    return tuple(normalise(word) for word in _WORDS.findall(_HUMP.sub("_", name)))


def _singular(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("ss", "ss")):
        if word.endswith(ending) and len(word) > len(ending):
            return word.removesuffix(ending) + instead
    return word.removesuffix("s") or word


def _same(one: str, other: str) -> bool:
    return "".join(_words(one)) == "".join(_words(other)) != ""


def _same_with_id(one: str, other: str) -> bool:
    return _same(one, f"{other}_id")


def _same_within(table: str) -> Callable[[str, str], bool]:
    around = _words(table)

    def rest(name: str) -> str:
        words = _words(name)
        text = "".join([word for word in words if not _begins(word, around)] or words)
        return text.removeprefix("".join(around)) or text

    return lambda one, other: rest(one) == rest(other) != ""


def _begins(word: str, others: Iterable[str]) -> bool:
    return any(word == other or (len(word) >= _SHORT and other.startswith(word)) for other in others)


def _slip(one: str, other: str) -> bool:
    pairs = [(split(one), split(other)) for split in (_words, _written)]
    return any(len(left) == len(right) > 0 and all(map(_slipped, left, right)) for left, right in pairs)


def _slipped(one: str, other: str) -> bool:
    if one == other:
        return True
    long = min(len(one), len(other))
    if long < _SLIP or one[0] != other[0] or not (one + other).isascii() or (one + other).isdigit():
        return False
    return _distance(one, other) <= long // _SLIP


def _distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Letters left out, put in, exchanged or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
