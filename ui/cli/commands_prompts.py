"""`cairn prompts`: the declarations; the work is in `run_prompts.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cairn.ui.cli.flags import BaseUrl, Home, Json, ModelOption, StrategyOption, TemplateOption, group

prompts = group("Tasks and their prompt templates.")
TaskArgument = Annotated[str, typer.Argument(help="A task's name.")]


@prompts.command("list")
def prompts_list(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """All tasks with their templates; * is the one in use."""
    from cairn.ui.cli.run_prompts import list_prompts

    list_prompts(home or context.obj, json)


@prompts.command("show")
def prompts_show(
    context: typer.Context,
    task: TaskArgument,
    template: Annotated[str | None, typer.Argument(help="Else the one in use.")] = None,
    home: Home = None,
) -> None:
    """A task's configuration and a template's text."""
    from cairn.ui.cli.run_prompts import show

    show(home or context.obj, task, template)


@prompts.command("new")
def prompts_new(
    context: typer.Context,
    task: TaskArgument,
    template: Annotated[str | None, typer.Argument(help="A new template's name; without it, a new task.")] = None,
    source: Annotated[str | None, typer.Option("--from", help="The template to begin from.")] = None,
    strategy: Annotated[str, typer.Option(help="How a new task answers.")] = "direct",
    description: Annotated[str, typer.Option(help="What a new task is for.")] = "",
    home: Home = None,
) -> None:
    """A new template of your own, or a new task."""
    from cairn.ui.cli.run_prompts import new

    new(home or context.obj, task, template, source, strategy, description)


@prompts.command("edit")
def prompts_edit(
    context: typer.Context,
    task: TaskArgument,
    template: Annotated[str | None, typer.Argument(help="Else the one in use.")] = None,
    home: Home = None,
) -> None:
    """Open a template in $EDITOR; a packaged one is copied into your home first."""
    from cairn.ui.cli.run_prompts import edit

    edit(home or context.obj, task, template)


@prompts.command("use")
def prompts_use(
    context: typer.Context,
    task: TaskArgument,
    template: Annotated[str, typer.Argument(help="The template to use from now on.")],
    home: Home = None,
) -> None:
    """Swap a task's template, also for chats that are open."""
    from cairn.ui.cli.run_prompts import use

    use(home or context.obj, task, template)


@prompts.command("diff")
def prompts_diff(
    context: typer.Context,
    task: TaskArgument,
    one: Annotated[str, typer.Argument(help="A template.")],
    other: Annotated[str | None, typer.Argument(help="Another; else the packaged one of that name.")] = None,
    home: Home = None,
) -> None:
    """What differs between two templates."""
    from cairn.ui.cli.run_prompts import diff

    diff(home or context.obj, task, one, other)


@prompts.command("render")
def prompts_render(
    context: typer.Context,
    task: TaskArgument,
    question: Annotated[str, typer.Argument(help="A question.")],
    template: TemplateOption = None,
    strategy: StrategyOption = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Exactly what the model would be sent first: messages and tools. No model is called."""
    from cairn.ui.cli.run_prompts import render

    render(home or context.obj, task, question, template, strategy, json)


@prompts.command("mine")
def prompts_mine(
    context: typer.Context,
    task: Annotated[str, typer.Argument(help="A task of strategy pearl.")],
    questions: Annotated[Path, typer.Argument(help="A set of questions, none of which you want to measure it on.")],
    most: Annotated[int, typer.Option("-n", "--number", help="How many actions it is to have.", min=1, max=60)] = 20,
    model: ModelOption = None,
    base_url: BaseUrl = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """The actions that a set's questions need, written and merged by a model, kept with the task."""
    from cairn.ui.cli.run_plans import mine

    mine(home or context.obj, task, questions, most, model=model, base_url=base_url, as_json=json)


@prompts.command("learn")
def prompts_learn(
    context: typer.Context,
    task: Annotated[str, typer.Argument(help="A task of strategy pearl or plan.")],
    evaluation: Annotated[str, typer.Argument(help="An evaluation's name, as `cairn eval list` has it.")],
    home: Home = None,
) -> None:
    """Plans that led to right answers in an evaluation become examples of the task."""
    from cairn.ui.cli.run_plans import learn

    learn(home or context.obj, task, evaluation)
