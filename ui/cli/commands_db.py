"""`cairn db`: the declarations; the work is in `run_db.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from cairn.ui.cli.flags import Home, Json, command, group

db = group("Databases that questions may be asked of, read-only.")


@command(db, "add")
def db_add(
    name: Annotated[str, typer.Argument(help="What you want to call it.")],
    url: Annotated[str, typer.Argument(help="sqlite:///shop.db, postgresql://user:password@host/shop, mysql://…")],
    hide: Annotated[list[str] | None, typer.Option(help="A TABLE or TABLE.COLUMN that nobody may see.")] = None,
    home: Home = None,
) -> None:
    """Make a database known. It is only ever read; a role that could write is refused."""
    from cairn.ui.cli.run_db import add

    add(home, name, url, hide or [])


@command(db, "hide")
def db_hide(
    name: str,
    names: Annotated[list[str], typer.Argument(help="TABLE or TABLE.COLUMN, as many as you like.")],
    undo: Annotated[bool, typer.Option("--undo", help="Let them be seen again.")] = False,
    home: Home = None,
) -> None:
    """Hide tables and columns: no question can read, filter by, or be told of them."""
    from cairn.ui.cli.run_db import hide

    hide(home, name, names, undo)


@command(db, "list")
def db_list(json: Json = False, home: Home = None) -> None:
    """The databases that are known."""
    from cairn.ui.cli.run_db import list_databases

    list_databases(home, json)


@command(db, "show")
def db_show(name: str, home: Home = None) -> None:
    """The tables and columns of a database, as a model sees them."""
    from cairn.ui.cli.run_db import show

    show(home, name)


@command(db, "remove")
def db_remove(name: str, home: Home = None) -> None:
    """Forget a database. The database itself stays as it is."""
    from cairn.ui.cli.run_db import remove

    remove(home, name)


@command(db, "learn")
def db_learn(
    name: Annotated[str, typer.Argument(help="The database.")],
    question: Annotated[str, typer.Argument(help="A question, as people ask it.")],
    sql: Annotated[str, typer.Argument(help="The query that is right for it; it is run once.")],
    task: Annotated[str | None, typer.Option("--task", "-t", help="The task that learns it (else database).")] = None,
    home: Home = None,
) -> None:
    """Teach a question and its query; they are shown to the model when questions like it are asked."""
    from cairn.ui.cli.run_learn import learn_pair

    learn_pair(home, name, question, sql, task)


@command(db, "unlearn")
def db_unlearn(
    name: Annotated[str, typer.Argument(help="The database.")],
    question: Annotated[str, typer.Argument(help="The question that was taught.")],
    task: Annotated[str | None, typer.Option("--task", "-t", help="The task that learned it.")] = None,
    home: Home = None,
) -> None:
    """Take back what was taught for a question."""
    from cairn.ui.cli.run_learn import forget_pair

    forget_pair(home, name, question, task)


@command(db, "learned")
def db_learned(
    name: Annotated[str | None, typer.Argument(help="Only of this database.")] = None,
    by: Annotated[str | None, typer.Option(help="Only what this user taught.")] = None,
    since: Annotated[str, typer.Option(help="Only since this day or time (UTC), as 2026-11-30.")] = "",
    forget: Annotated[bool, typer.Option("--forget", help="Take all of these back at once.")] = False,
    task: Annotated[str | None, typer.Option("--task", "-t", help="The task that learned them.")] = None,
    home: Home = None,
) -> None:
    """List the pairs that corrections and thumbs up taught, with who and when."""
    from cairn.evals.feedback import Taught
    from cairn.ui.cli.run_learn import list_learned

    list_learned(home, Taught(name, by, since), task, forget)
