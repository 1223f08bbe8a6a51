"""Is a planned step one that can run? What is not becomes a typed problem, which the joiner reads as its result."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast
from weakref import WeakKeyDictionary

from langchain_core.tools import BaseTool

from cairn.agents.plan.plan_steps import MAX_STEPS, Line, PlanProblem, Step, over_texts, references_in, without_money

_schemas: WeakKeyDictionary[type, Mapping[str, Any]] = WeakKeyDictionary()


class Checker:
    """Holds the tools' schemas by their names, which are fixed from here on, whatever is read later."""

    def __init__(self, schemas: Mapping[str, Mapping[str, Any]], question: str) -> None:
        self._schemas = schemas
        self._question = question

    def step(self, line: Line, earlier: Collection[str]) -> Step | None:
        """The step that `line` means; None where it has no number and names no tool, and so was no step.

        It may refer to `earlier` ones only, so that no plan can wait for itself.
        """
        if line.number is None and line.tool not in self._schemas:
            return None
        number = line.number if line.number is not None else next_number(earlier)
        id = _free(str(number), earlier)
        try:
            return self._checked(line, id, str(number), earlier)
        except PlanProblem as problem:
            return Step(id, line.tool, _shown(line), problem=problem)

    def _checked(self, line: Line, id: str, number: str, earlier: Collection[str]) -> Step:
        if line.problem is not None:
            raise line.problem
        if id != number:
            raise PlanProblem("duplicate", f"There is a step {number} already.", "Give each step a number of its own.")
        if len(earlier) >= MAX_STEPS:
            raise PlanProblem("too_many", f"A plan has at most {MAX_STEPS} steps.", "Plan fewer.")
        if line.tool not in self._schemas:
            names = ", ".join(self._schemas) or "none"
            raise PlanProblem("unknown_tool", f"There is no tool {line.tool!r}.", f"There are: {names}.")
        arguments = self._arguments(line)
        arguments = over_texts(arguments, lambda text: without_money(text, earlier, self._question))
        needs = references_in(arguments)
        for name in needs:
            _check_reference(name, number, earlier)
        return Step(id, line.tool, arguments, tuple(needs))

    def _arguments(self, line: Line) -> dict[str, Any]:
        """By name; those without one in the order of the tool's own."""
        schema = self._schemas[line.tool]
        names = list(schema.get("properties", {}))
        free = [name for name in names if name not in line.named]
        arguments = dict(zip(free, line.positional, strict=False)) | line.named
        unknown = [name for name in line.named if name not in names and not schema.get("additionalProperties")]
        if unknown or len(line.positional) > len(free):
            what = f"no argument {unknown[0]!r}" if unknown else f"only {len(names)} arguments"
            raise PlanProblem("unknown_argument", f"{line.tool} has {what}.", f"It has: {', '.join(names) or 'none'}.")
        if missing := [name for name in schema.get("required", ()) if name not in arguments]:
            raise PlanProblem("missing_argument", f"{line.tool} lacks its argument {missing[0]!r}.", "Give it.")
        return arguments


def schema_of(tool: BaseTool) -> Mapping[str, Any]:
    """The JSON schema of what a model gives the tool; kept, since making it costs milliseconds."""
    kind: Any = tool.args_schema
    if isinstance(kind, dict):
        return cast(dict[str, Any], kind)
    known = _schemas.get(kind) if isinstance(kind, type) else None
    if known is None:
        known = cast(Any, tool.tool_call_schema).model_json_schema()
        if isinstance(kind, type):
            _schemas[kind] = known
    return known


def _check_reference(name: str, number: str, earlier: Collection[str]) -> None:
    if name == number:
        raise PlanProblem("cycle", f"Step {number} needs its own result.", "Refer to an earlier step.")
    if name not in earlier:
        raise PlanProblem(
            "unknown_reference", f"${name} is no earlier step.", "Refer to steps above; write \\$ for a dollar sign."
        )


def _shown(line: Line) -> dict[str, Any]:
    return line.named | ({"": list(line.positional)} if line.positional else {})


def next_number(earlier: Collection[str]) -> int:
    """Of the step behind these."""
    return max((int(id) for id in earlier if id.isdigit()), default=0) + 1


def _free(number: str, earlier: Collection[str]) -> str:
    """The number itself, or for a second step of that number another name."""
    tries = (number if n == 1 else f"{number}-{n}" for n in range(1, len(earlier) + 2))
    return next(name for name in tries if name not in earlier)
