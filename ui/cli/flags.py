"""What several commands share: their flags, and how a group of commands looks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


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
