"""Fields that were taken out of a text, against the gold fields: each value is found, wrong or missing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from cairn.core.answer import Answer
from cairn.core.clean_text import normalise
from cairn.evals.cases import Case
from cairn.evals.metrics import Score

_OBJECT = re.compile(r"\{.*\}", re.S)


def fields(case: Case, answer: Answer) -> Score:
    """F1 over the values of one case: 2 right / (given + wanted). A report's micro F1 adds these up over all cases."""
    right, given, wanted = field_counts(case.fields or {}, answer)
    value = 2 * right / (given + wanted) if given + wanted else 1.0
    return Score(value, _told(case.fields or {}, given_fields(answer)))


def field_counts(gold: Mapping[str, Any], answer: Answer) -> tuple[int, int, int]:
    """How many values are right, were given, and are wanted. A list counts by its items; null and "" are no value."""
    said, wanted = _values(given_fields(answer)), _values(gold)
    return len(said & wanted), len(said), len(wanted)


def given_fields(answer: Answer) -> Mapping[str, Any]:
    """The JSON object in an answer's text; nothing where there is none."""
    found = _OBJECT.search(answer.answer or "")
    try:
        data = json.loads(found[0]) if found else {}
    except (ValueError, RecursionError):
        return {}
    return cast(Mapping[str, Any], data) if isinstance(data, dict) else {}


def _values(data: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Each with its field's name."""
    found: set[tuple[str, str]] = set()
    for name, value in data.items():
        items = cast(list[Any], value) if isinstance(value, list) else [value]
        found |= {(normalise(name), _plain(item)) for item in items if item not in (None, "")}
    return found


def _plain(value: Any) -> str:
    """Equal for `5` and `5.0`, and for texts in any case."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:.12g}"
    return normalise(value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False))


def _told(gold: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    wrong = [name for name in gold if _values({name: gold[name]}) != _values({name: given.get(name)})]
    return "; ".join(f"{name}: {given.get(name)!r}, not {gold[name]!r}" for name in wrong[:5])[:400]
