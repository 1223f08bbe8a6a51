"""The commands and their flags. Each hands over to a module of its own at once, so that `--help` imports none of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _group(help: str, name: str | None = None) -> typer.Typer:
    """Plain help text: drawing it with Rich would cost more than everything else."""
    return typer.Typer(
        name=name,
        help=help,
        rich_markup_mode=None,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


app = _group("A chat over your documents and databases that you can measure, and improve step by step.", "cairn")
prompts = _group("Tasks and their prompt templates.")
db = _group("Databases that questions may be asked of, read-only.")
models = _group("Which models there are, and which one answers.")
threads = _group("Your conversations.")
app.add_typer(prompts, name="prompts")
app.add_typer(db, name="db")
app.add_typer(models, name="models")
app.add_typer(threads, name="threads")

Home = Annotated[Path | None, typer.Option("--home", help="The folder with your data (else CAIRN_HOME).")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
TaskOption = Annotated[str | None, typer.Option("--task", "-t", help="The task that answers (else the setting).")]
TemplateOption = Annotated[str | None, typer.Option("--template", help="Another template of the task.")]
StrategyOption = Annotated[str | None, typer.Option("--strategy", help="Another way of answering: react, rag, sql…")]
ModelOption = Annotated[str | None, typer.Option("--model", "-m", help="Any model: builtin, openai:NAME, ollama:NAME…")]
BaseUrl = Annotated[str | None, typer.Option("--base-url", help="Address of an OpenAI-compatible server, up to /v1.")]
Temperature = Annotated[float | None, typer.Option("--temperature", help="Passed to the model.")]
ThreadOption = Annotated[str | None, typer.Option("--thread", help="Go on in this conversation (its id's beginning).")]


@app.callback(invoke_without_command=True)
def cairn(
    context: typer.Context,
    home: Home = None,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        from cairn import __version__

        typer.echo(f"cairn {__version__}")
        raise typer.Exit
    context.obj = home


@app.command()
def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="The question; - reads it from standard input.")],
    task: TaskOption = None,
    template: TemplateOption = None,
    strategy: StrategyOption = None,
    model: ModelOption = None,
    base_url: BaseUrl = None,
    temperature: Temperature = None,
    thread: ThreadOption = None,
    json: Json = False,
    stream: Annotated[bool, typer.Option("--stream", help="One event a line, as JSON.")] = False,
    home: Home = None,
) -> None:
    """Ask a question; the answer comes with its sources, tables and steps."""
    from ui.cli.asking import Options, ask

    options = Options(task, template, strategy, model, base_url, temperature, thread)
    ask(home or context.obj, question, options, as_json=json, as_stream=stream)


@app.command()
def chat(
    context: typer.Context,
    task: TaskOption = None,
    template: TemplateOption = None,
    strategy: StrategyOption = None,
    model: ModelOption = None,
    base_url: BaseUrl = None,
    temperature: Temperature = None,
    thread: ThreadOption = None,
    home: Home = None,
) -> None:
    """A conversation in the terminal. Ctrl-C stops the answer only; Ctrl-D ends."""
    from ui.cli.asking import Options
    from ui.cli.chatting import chat

    chat(home or context.obj, Options(task, template, strategy, model, base_url, temperature, thread))


@app.command()
def web(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="The page's port.", envvar="CAIRN_WEB_PORT", min=1, max=65535)] = 8501,
    open: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
    model: ModelOption = None,
    base_url: BaseUrl = None,
    home: Home = None,
) -> None:
    """The chat as a page in the browser."""
    from cairn.settings import load_settings
    from ui.web import serve

    raise typer.Exit(serve(load_settings(home or context.obj, model=model, base_url=base_url), port, open))


@app.command()
def add(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.")],
    json: Json = False,
    home: Home = None,
) -> None:
    """Add documents. Running it again does nothing; changed files are replaced."""
    from ui.cli.documents import add

    add(home or context.obj, paths, json)


@app.command()
def sources(
    context: typer.Context,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only those that could not be read, with the reason.")
    ] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """The documents that are known."""
    from ui.cli.documents import list_sources

    list_sources(home or context.obj, failed, json)


@app.command()
def remove(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="A file or folder that was added.")],
    home: Home = None,
) -> None:
    """Forget a document, or all of a folder. Your files stay."""
    from ui.cli.documents import remove

    remove(home or context.obj, source)


@app.command()
def doctor(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """What is configured, what is missing, and how to mend it."""
    from ui.cli.doctor import doctor

    doctor(home or context.obj, json)


@db.command("add")
def db_add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What you want to call it.")],
    url: Annotated[str, typer.Argument(help="For example sqlite:///shop.db")],
    home: Home = None,
) -> None:
    """Make a database known. It is only ever read."""
    from ui.cli.databases import add

    add(home or context.obj, name, url)


@db.command("list")
def db_list(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """The databases that are known."""
    from ui.cli.databases import list_databases

    list_databases(home or context.obj, json)


@db.command("show")
def db_show(context: typer.Context, name: str, home: Home = None) -> None:
    """The tables and columns of a database, as a model sees them."""
    from ui.cli.databases import show

    show(home or context.obj, name)


@db.command("remove")
def db_remove(context: typer.Context, name: str, home: Home = None) -> None:
    """Forget a database. The database itself stays as it is."""
    from ui.cli.databases import remove

    remove(home or context.obj, name)


TaskArgument = Annotated[str, typer.Argument(help="A task's name.")]


@prompts.command("list")
def prompts_list(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """All tasks with their templates; * is the one in use."""
    from ui.cli.prompting import list_prompts

    list_prompts(home or context.obj, json)


@prompts.command("show")
def prompts_show(
    context: typer.Context,
    task: TaskArgument,
    template: Annotated[str | None, typer.Argument(help="Else the one in use.")] = None,
    home: Home = None,
) -> None:
    """A task's configuration and a template's text."""
    from ui.cli.prompting import show

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
    from ui.cli.prompting import new

    new(home or context.obj, task, template, source, strategy, description)


@prompts.command("edit")
def prompts_edit(
    context: typer.Context,
    task: TaskArgument,
    template: Annotated[str | None, typer.Argument(help="Else the one in use.")] = None,
    home: Home = None,
) -> None:
    """Open a template in $EDITOR; a packaged one is copied into your home first."""
    from ui.cli.prompting import edit

    edit(home or context.obj, task, template)


@prompts.command("use")
def prompts_use(
    context: typer.Context,
    task: TaskArgument,
    template: Annotated[str, typer.Argument(help="The template to use from now on.")],
    home: Home = None,
) -> None:
    """Swap a task's template, also for chats that are open."""
    from ui.cli.prompting import use

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
    from ui.cli.prompting import diff

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
    from ui.cli.prompting import render

    render(home or context.obj, task, question, template, strategy, json)


@models.command("list")
def models_list(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Which models can be used here, and which one answers."""
    from ui.cli.modelling import list_all

    list_all(home or context.obj, json)


@models.command("get")
def models_get(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="minilm: a small embedding model for English.")],
    home: Home = None,
) -> None:
    """Download an embedding model. Nothing is ever downloaded unasked."""
    from ui.cli.modelling import get

    get(home or context.obj, name)


@threads.command("list")
def threads_list(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Your conversations, newest first."""
    from ui.cli.conversations import list_threads

    list_threads(home or context.obj, json)


@threads.command("show")
def threads_show(context: typer.Context, thread: str, json: Json = False, home: Home = None) -> None:
    """A conversation's messages."""
    from ui.cli.conversations import show

    show(home or context.obj, thread, json)


@threads.command("rename")
def threads_rename(context: typer.Context, thread: str, name: str, home: Home = None) -> None:
    """Give a conversation a name."""
    from ui.cli.conversations import rename

    rename(home or context.obj, thread, name)


@threads.command("delete")
def threads_delete(context: typer.Context, thread: str, home: Home = None) -> None:
    """Delete a conversation with all it holds."""
    from ui.cli.conversations import delete

    delete(home or context.obj, thread)
