"""What a plan is made of: its lines as they were read, its steps as they can run, and what may be wrong with them."""

from __future__ import annotations

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
    text: str
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
