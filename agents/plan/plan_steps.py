"""What a plan is made of: its lines as they were read, its steps as they can run, what may be wrong with them, and the
references to earlier results in a step's values: found before it runs, filled in when it does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cairn.core.errors import ToolError

MAX_STEPS = 64
ProblemType = Literal[
    "malformed",
    "duplicate",
    "too_many",
    "unknown_tool",
    "missing_argument",
    "unknown_argument",
    "unknown_reference",
    "cycle",
    "too_dear",
    "needs_failed",
    "unfinished",
    "unexpected",
]


class PlanProblem(ToolError):
    """Why a step was not run. `problem` is for programs, the message for the model."""

    def __init__(self, problem: ProblemType, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.problem: ProblemType = problem


@dataclass(frozen=True, slots=True)
class Line:
    """One step as it was written; `number` None where it has none. In strings `$2` refers to the result of step 2."""

    number: int | None
    tool: str
    positional: tuple[Any, ...] = ()
    named: dict[str, Any] = field(default_factory=dict[str, Any])
    problem: PlanProblem | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step, ready to run unless there is a `problem`. A `$` before a digit that is no reference stands as `\\$`."""

    id: str
    tool: str
    arguments: dict[str, Any]
    needs: tuple[str, ...] = ()
    problem: PlanProblem | None = None


_REFERENCE = re.compile(r"(?<!\\)\$(?:\{(\d{1,4})\}|(\d{1,4}))")
_MONEY_OR_REFERENCE = re.compile(rf"\\(?=\$\d)|{_REFERENCE.pattern}")
_GOES_ON = re.compile(r"[.,]\d|\d")
_CELL = re.compile(r"\|[^\n|]*\|\n\| *-+ *\|\n\|((?:[^|\n\\]|\\.)*)\|\s*(?:\(1 row\))?\s*")
_SUM = re.compile(r"[^\n]*[=≈] *(-?\d+(?:\.\d+)?)\s*")
_BLOCK = re.compile(r"\s*```\w*\n(.*?)\n?```\s*", re.S)


def over_texts(value: Any, change: Callable[[str], Any]) -> Any:
    """`value` with each text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [over_texts(item, change) for item in value]
    if isinstance(value, dict):
        return {name: over_texts(item, change) for name, item in value.items()}
    return value


def texts_in(value: Any) -> list[str]:
    found: list[str] = []
    over_texts(value, found.append)
    return found


def without_money(text: str, earlier: Collection[str], question: str) -> str:
    """`text` with `\\$` for a dollar sign that can't be a reference: `$5.00`, `$500`, the question's own `$5`."""

    def one(match: re.Match[str]) -> str:
        number = match[1] or match[2]
        behind = text[match.end() : match.end() + 2]
        if match[1] or (number in earlier and not re.match(r"\.\d|\d", behind)):
            return match[0]
        money = _GOES_ON.match(behind) or int(number) > MAX_STEPS or match[0] in question
        return f"\\{match[0]}" if money and len(text.strip()) > len(match[0]) else match[0]

    return _REFERENCE.sub(one, text)


def references_in(value: Any) -> list[str]:
    """The numbers of the steps that `value` refers to, each once, in order."""
    found = [match[1] or match[2] for text in texts_in(value) for match in _REFERENCE.finditer(text)]
    return list(dict.fromkeys(found))


def is_reference(value: Any) -> bool:
    """Whether the value is nothing but one reference."""
    return isinstance(value, str) and _REFERENCE.fullmatch(value.strip()) is not None


def fill(value: Any, results: Mapping[str, str]) -> Any:
    """`value` with the results in the places of their references."""
    return over_texts(value, lambda text: _fill(text, results))


def _fill(text: str, results: Mapping[str, str]) -> str:
    """Between single quotes, as in SQL, a result's own quotes are doubled, so that it can't end the text it is in."""
    if match := _REFERENCE.fullmatch(text.strip()):
        return value_of(results[match[1] or match[2]])

    def one(match: re.Match[str]) -> str:
        if match[0] == "\\":
            return ""
        given = value_of(results[match[1] or match[2]])
        quoted = text[: match.start()].endswith("'") and text[match.end() :].startswith("'")
        return given.replace("'", "''") if quoted else given

    return _MONEY_OR_REFERENCE.sub(one, text)


def typed(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A result that is a number, as a number where the tool's schema has one."""
    fields: Mapping[str, Any] = schema.get("properties", {})
    return {name: _number(value, fields.get(name, {}).get("type")) for name, value in arguments.items()}


def _number(value: Any, kind: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,300}(\.\d{1,300})?", value):
        return value
    if kind == "number":
        return float(value) if "." in value else int(value)
    return int(value) if kind == "integer" and "." not in value else value


def value_of(result: str) -> str:
    """The value that a result amounts to: the one cell of a table, the right side of a sum, the content of a code
    block; else all of it."""
    if match := _CELL.fullmatch(result):
        return match[1].strip().replace("\\|", "|")
    if match := _SUM.fullmatch(result):
        return match[1]
    if match := _BLOCK.fullmatch(result):
        return match[1]
    return result
