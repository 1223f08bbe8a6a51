"""Two rows of words laid beside each other: what they share, and in what they differ."""

from __future__ import annotations

import re

from memory.kinds import kinds

Words = tuple[str, ...]
_NUMBER = re.compile(r"[\d.,:]*\d[\d.,:]*")
_YEAR = re.compile(r"(?:19|20)\d\d")
_COUNTED = re.compile(r"[个只名位条辆台本杯件套口家]")


def shared(a: Words, b: Words) -> tuple[int, int]:
    """How many words they share in the beginning, and of the others in the end."""
    most = min(len(a), len(b))
    start = next((n for n in range(most) if a[n] != b[n]), most)
    end = next((n for n in range(most - start) if a[-1 - n] != b[-1 - n]), most - start)
    return start, end


def within(a: Words, b: Words) -> bool:
    """Whether `b` begins or ends with `a`."""
    return b[: len(a)] == a or b[len(b) - len(a) :] == a


def in_numbers(a: Words, b: Words) -> bool:
    """Whether they differ by numbers only. Years are when something was, more often than how much."""
    if len(a) != len(b):
        return False
    differing = [(one, other) for one, other in zip(a, b, strict=True) if one != other]
    if not all(_NUMBER.fullmatch(one) and _NUMBER.fullmatch(other) for one, other in differing):
        return False
    return not any(_YEAR.fullmatch(one) for one, _ in differing)


def without_numbers(value: Words) -> Words:
    """`2 siblings` as `siblings`, 一只猫 as 猫."""
    kept: list[str] = []
    counted = False
    for word in value:
        if not _NUMBER.fullmatch(word) and not (counted and _COUNTED.fullmatch(word)):
            kept.append(word)
        counted = bool(_NUMBER.fullmatch(word))
    return tuple(kept) or value


def kinds_of_slot(value: Words, start: int, end: int) -> set[str]:
    """The kinds of what stands between the shared `start` and `end`, if it is of one kind altogether.

    A Chinese word may reach beyond the slot: 公 and 英 differ in 公制 and 英制.
    """
    slot, known = value[start : len(value) - end], kinds()
    if not slot:
        return set()
    if all(word.isascii() for word in slot):
        named = {known.get(word, "") for word in slot}
        return named if len(named) == 1 and "" not in named else set()
    text = "".join(value)
    begin = len("".join(value[:start]))
    stop = begin + len("".join(slot))
    places = ((word, match.start()) for word in known if not word.isascii() for match in re.finditer(word, text))
    return {known[word] for word, at in places if at <= begin and at + len(word) >= stop}
