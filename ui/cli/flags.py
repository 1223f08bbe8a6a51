"""What commands share: how a group of them looks, how one is declared, and the flags that several have.

A command's parameter whose type is a dataclass stands for the flags that are its fields. `home` is what `--home` says,
before or after the command's name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from cairn.agents.service import Cairn, Handle

Command = Callable[..., None]


def group(help: str, name: str | None = None) -> typer.Typer:
    """Plain help text: drawing it with Rich would cost more than everything else."""
    return typer.Typer(
        name=name,
        help=help,
        rich_markup_mode=None,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def command(group: typer.Typer, name: str) -> Callable[[Command], Command]:
    """Declare a command of the group, as `group.command(name)` does, with what several of its kind share."""

    def declared(function: Command) -> Command:
        return group.command(name)(_written_out(function))

    return declared


def _written_out(function: Command) -> Command:
    hints = get_type_hints(function, include_extras=True)
    shared: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    parameters = [_parameter("context", typer.Context)]
    for parameter in inspect.signature(function).parameters.values():
        kind = shared.get(parameter.name)
        parameters += _fields(kind) if kind else [_parameter(parameter.name, hints[parameter.name], parameter.default)]

    @wraps(function)
    def called(context: typer.Context, **given: Any) -> None:
        for name, kind in shared.items():
            given[name] = kind(**{field.name: given.pop(field.name) for field in fields(kind)})
        if "home" in given:
            given["home"] = given["home"] or context.obj
        function(**given)

    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] (what Typer reads)
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    return called


def _fields(kind: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    return [_parameter(one.name, hints[one.name], one.default) for one in inspect.signature(kind).parameters.values()]


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


Home = Annotated[Path | None, typer.Option("--home", help="The folder with your data (else CAIRN_HOME).")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
TaskOption = Annotated[str | None, typer.Option("--task", "-t", help="The task that answers (else the setting).")]
TemplateOption = Annotated[str | None, typer.Option("--template", help="Another template of the task.")]
StrategyOption = Annotated[str | None, typer.Option("--strategy", help="Another way of answering: react, rag, sql…")]
ModelOption = Annotated[str | None, typer.Option("--model", "-m", help="Any model: builtin, openai:NAME, gguf:FILE…")]
BaseUrl = Annotated[str | None, typer.Option("--base-url", help="Address of an OpenAI-compatible server, up to /v1.")]
PatchOption = Annotated[
    list[str] | None,
    typer.Option("--patch", "-p", help="A change to the task: KEY=VALUE, as tries.n=5. Repeatable."),
]
Temperature = Annotated[float | None, typer.Option("--temperature", help="Passed to the model.")]
Yes = Annotated[bool, typer.Option("--yes", help="Approve whatever tool call needs your yes.")]
No = Annotated[bool, typer.Option("--no", help="Reject whatever tool call needs your yes.")]
Stream = Annotated[bool, typer.Option("--stream", help="One event a line, as JSON.")]
ThreadOption = Annotated[str | None, typer.Option("--thread", help="Go on in this conversation (its id's beginning).")]


@dataclass
class Answering:
    """How a question is answered; None is not said."""

    task: TaskOption = None
    template: TemplateOption = None
    strategy: StrategyOption = None
    patch: PatchOption = None
    model: ModelOption = None
    base_url: BaseUrl = None
    temperature: Temperature = None

    def changes(self) -> dict[str, Any]:
        """The patch to the task."""
        from cairn.core.task import task_patch

        return task_patch(self.patch or (), template=self.template, strategy=self.strategy)


@dataclass
class Options(Answering):
    """What the flags of `ask` and `chat` say."""

    thread: ThreadOption = None
    yes: Yes = False
    no: No = False

    def start(self, app: Cairn, question: str) -> Handle:
        patch, model = self.changes(), self.model
        return app.start(question, thread=self.thread, task=self.task, patch=patch, model=model, origin="terminal")


@dataclass
class Many(Answering):
    """How many questions are asked."""

    at_once: Annotated[int, typer.Option("--at-once", "-j", help="How many questions at once.", min=1, max=1024)] = 8
    rpm: Annotated[int | None, typer.Option("--rpm", help="At most so many model calls a minute.", min=1)] = None
    tpm: Annotated[int | None, typer.Option("--tpm", help="At most so many tokens a minute.", min=1)] = None
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Append to this file, in which each answer comes to be once.")
    ] = None
    in_order: Annotated[bool, typer.Option("--in-order", help="In the questions' order, not as they come.")] = False
    limit: Annotated[int | None, typer.Option("--limit", help="Only the first so many questions.", min=1)] = None
    samples: Annotated[int, typer.Option("--samples", help="Ask each so often.", min=1, max=1000)] = 1
    yes: Yes = False
    no: No = False
    reuse: Annotated[
        bool, typer.Option("--reuse", help="Also answers of other runs that read a database or the web.")
    ] = False
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask everything anew.")] = False
    keep: Annotated[bool, typer.Option("--keep", help="Make a conversation of each question.")] = False


def approval(yes: bool, no: bool) -> bool | None:
    """What the flags decide of every call; None is nothing. Raises UsageError."""
    if yes and no:
        from cairn.core.errors import UsageError

        raise UsageError("--yes and --no can't both be had.", "Choose one.")
    return True if yes else False if no else None
