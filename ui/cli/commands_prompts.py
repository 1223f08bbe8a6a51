"""`cairn prompts`: the declarations; the work is in `run_prompts.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cairn.ui.cli.flags import BaseUrl, Home, Json, ModelOption, StrategyOption, TemplateOption, command, group

prompts = group("Tasks and their prompt templates.")
TaskArgument = Annotated[str, typer.Argument(help="A task's name.")]


@command(prompts, "list")
def prompts_list(json: Json = False, home: Home = None) -> None:
    """All tasks with their templates; * is the one in use."""
    from cairn.ui.cli.run_prompts import list_prompts

    list_prompts(home, json)


@command(prompts, "show")
def prompts_show(
    task: TaskArgument,
    template: Annotated[str | None, typer.Argument(help="Else the one in use.")] = None,
    home: Home = None,
) -> None:
    """A task's configuration and a template's text."""
    from cairn.ui.cli.run_prompts import show

    show(home, task, template)


@command(prompts, "new")
def prompts_new(
    task: TaskArgument,
    template: Annotated[str | None, typer.Argument(help="A new template's name; without it, a new task.")] = None,
    source: Annotated[str | None, typer.Option("--from", help="The template to begin from.")] = None,
    strategy: Annotated[str, typer.Option(help="How a new task answers.")] = "direct",
    description: Annotated[str, typer.Option(help="What a new task is for.")] = "",
    home: Home = None,
) -> None:
    """A new template of your own, or a new task."""
    from cairn.ui.cli.run_prompts import new

    new(home, task, template, source, strategy, description)


@command(prompts, "edit")
def prompts_edit(
    task: TaskArgument,
    template: Annotated[str | None, typer.Argument(help="Else the one in use.")] = None,
    home: Home = None,
) -> None:
    """Open a template in $EDITOR; a packaged one is copied into your home first."""
    from cairn.ui.cli.run_prompts import edit

    edit(home, task, template)


@command(prompts, "use")
def prompts_use(
    task: TaskArgument,
    template: Annotated[str, typer.Argument(help="The template to use from now on.")],
    home: Home = None,
) -> None:
    """Swap a task's template, also for chats that are open."""
    from cairn.ui.cli.run_prompts import use

    use(home, task, template)


@command(prompts, "diff")
def prompts_diff(
    task: TaskArgument,
    one: Annotated[str, typer.Argument(help="A template.")],
    other: Annotated[str | None, typer.Argument(help="Another; else the packaged one of that name.")] = None,
    home: Home = None,
) -> None:
    """What differs between two templates."""
    from cairn.ui.cli.run_prompts import diff

    diff(home, task, one, other)


@command(prompts, "render")
def prompts_render(
    task: TaskArgument,
    question: Annotated[str, typer.Argument(help="A question.")],
    template: TemplateOption = None,
    strategy: StrategyOption = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Exactly what the model would be sent first: messages and tools. No model is called."""
    from cairn.ui.cli.run_prompts import render

    render(home, task, question, template, strategy, json)


@command(prompts, "mine")
def prompts_mine(
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

    mine(home, task, questions, most, model=model, base_url=base_url, as_json=json)


@command(prompts, "learn")
def prompts_learn(
    task: Annotated[str, typer.Argument(help="A task of strategy pearl or plan.")],
    evaluation: Annotated[str, typer.Argument(help="An evaluation's name, as `cairn eval list` has it.")],
    home: Home = None,
) -> None:
    """Plans that led to right answers in an evaluation become examples of the task."""
    from cairn.ui.cli.run_plans import learn

    learn(home, task, evaluation)
