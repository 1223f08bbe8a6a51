"""Flags that several commands share, declared once.

A command's parameter whose type is a NamedTuple stands for the flags that are its fields. `home` is what `--home` says,
before or after the command's name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, get_type_hints

import typer

Command = Callable[..., None]


def command(group: typer.Typer, name: str) -> Callable[[Command], Command]:
    """Declare a command of the group, as `group.command(name)` does, with what several of its kind share."""

    def declared(function: Command) -> Command:
        return group.command(name)(_written_out(function))

    return declared


def _written_out(function: Command) -> Command:
    hints = get_type_hints(function, include_extras=True)
    shared = {name: kind for name, kind in hints.items() if hasattr(kind, "_field_defaults")}
    parameters = [_parameter("context", typer.Context)]
    for parameter in inspect.signature(function).parameters.values():
        kind = shared.get(parameter.name)
        parameters += _fields(kind) if kind else [_parameter(parameter.name, hints[parameter.name], parameter.default)]

    @wraps(function)
    def called(context: typer.Context, **given: Any) -> None:
        for name, kind in shared.items():
            given[name] = kind(**{field: given.pop(field) for field in kind._fields})
        if "home" in given:
            given["home"] = given["home"] or context.obj
        function(**given)

    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] (what Typer reads)
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    return called


def _fields(kind: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    return [_parameter(name, hints[name], kind._field_defaults.get(name, inspect.Parameter.empty)) for name in hints]


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
