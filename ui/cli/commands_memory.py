"""`cairn memory`: the declarations; the work is in `run_memory.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from cairn.ui.cli.flags import Home, Json, command, group

memory = group("What is remembered of you in every conversation.")
FactArgument = Annotated[str, typer.Argument(help="A fact's id, its beginning, or the fact's text.")]
TextArgument = Annotated[str, typer.Argument(help='One short sentence: "prefers metric units".')]


@command(memory, "list")
def memory_list(
    query: Annotated[str | None, typer.Argument(help="Only what is nearest to this.")] = None,
    all: Annotated[bool, typer.Option("--all", help="Also what was replaced.")] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """What is remembered, newest first, with who said it and when."""
    from cairn.ui.cli.run_memory import list_facts

    list_facts(home, query, replaced=all, as_json=json)


@command(memory, "add")
def memory_add(text: TextArgument, json: Json = False, home: Home = None) -> None:
    """Remember something, beside what is remembered already; `correct` puts it in another fact's place."""
    from cairn.ui.cli.run_memory import add

    add(home, text, as_json=json)


@command(memory, "correct")
def memory_correct(fact: FactArgument, text: TextArgument, json: Json = False, home: Home = None) -> None:
    """Put something else in a fact's place."""
    from cairn.ui.cli.run_memory import correct

    correct(home, fact, text, as_json=json)


@command(memory, "forget")
def memory_forget(
    fact: Annotated[str | None, typer.Argument(help="A fact's id, its beginning, or the fact's text.")] = None,
    all: Annotated[bool, typer.Option("--all", help="Everything that is remembered of you.")] = False,
    home: Home = None,
) -> None:
    """Delete a fact, with those it replaced."""
    from cairn.ui.cli.run_memory import forget

    forget(home, fact, everything=all)
