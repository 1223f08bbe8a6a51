"""What the readers of English and Chinese facts have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class Parts(NamedTuple):
    """A fact taken apart, as `memory.statements.Statement` has it."""

    subject: str
    relation: str
    value: tuple[str, ...]
    negated: bool
    when: frozenset[str]


Patterns = Sequence[tuple[str, re.Pattern[str]]]


def first_fit(text: str, patterns: Patterns, mine: re.Pattern[str], verbs: re.Pattern[str]) -> tuple[str, str, str]:
    """What stands before the first pattern that fits, its name and value; without one, all is value.

    No pattern fits where a verb stands before it: that verb says more about the fact.
    """
    for name, pattern in patterns:
        if (match := pattern.search(text)) and not verbs.search(mine.sub("", text[: match.start()])):
            return text[: match.start()], name, next(group for group in match.groups() if group is not None)
    return "", "", mine.sub("", text)
