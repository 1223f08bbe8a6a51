"""`cairn models` and `cairn threads`: the declarations; the work is in `run_models.py` and `run_threads.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cairn.ui.cli.flags import Home, Json, command, group

models = group("Which models there are, and which one answers.")
threads = group("Your conversations.")


@command(models, "list")
def models_list(json: Json = False, home: Home = None) -> None:
    """Which models can be used here, and which one answers."""
    from cairn.ui.cli.run_models import list_all

    list_all(home, json)


@command(models, "get")
def models_get(
    name: Annotated[str, typer.Argument(help="minilm: embeddings for English; tiktoken: exact counts of tokens.")],
    home: Home = None,
) -> None:
    """Download an embedding model, or the encodings of your models. Nothing is ever downloaded unasked."""
    from cairn.ui.cli.run_models import get

    get(home, name)


@command(models, "tune")
def models_tune(
    rows: Annotated[Path, typer.Argument(help="Rows as `cairn eval export` writes them.")],
    base: Annotated[Path, typer.Option("--base", help="The model's file (.gguf).")],
    out: Annotated[Path, typer.Option("--out", help="The adapter's file (.gguf).")],
    folds: Annotated[
        int, typer.Option("--folds", help="Also so many without a part of the rows each, to be judged on it.", max=20)
    ] = 0,
    peft: Annotated[
        Path | None, typer.Option("--peft", help="A folder to keep it in as peft writes it, for servers such as vLLM.")
    ] = None,
    share: Annotated[float, typer.Option("--share", help="Only the first so much of the rows.", max=1)] = 1.0,
    rank: Annotated[int, typer.Option("--rank", help="Of the matrices.", min=1)] = 8,
    epochs: Annotated[int, typer.Option("--epochs", help="How often each row is seen.", min=1)] = 4,
    rate: Annotated[float, typer.Option("--learning-rate", help="At the start.")] = 1e-3,
    batch: Annotated[int, typer.Option("--batch", help="Rows to a step.", min=1)] = 4,
    max_tokens: Annotated[int, typer.Option("--max-tokens", help="That a row may have.", min=1)] = 2048,
    seed: Annotated[int, typer.Option("--seed", help="Of the first matrices and the rows' order.")] = 0,
    threads: Annotated[int | None, typer.Option("--threads", help="Of the processor (else all but one).")] = None,
    json: Json = False,
) -> None:
    """Train a LoRA adapter on this machine (extra `tune`); docs/lora.md leads through it."""
    from cairn.evals.lora_training import LoraSettings
    from cairn.ui.cli.run_lora import spare_cores, tune

    settings = LoraSettings(rank, 2 * rank, rate, epochs, batch, max_tokens, seed, threads or spare_cores())
    tune(rows, base, out, settings, folds, share, peft, json)


@command(threads, "list")
def threads_list(json: Json = False, home: Home = None) -> None:
    """Your conversations, newest first."""
    from cairn.ui.cli.run_threads import list_threads

    list_threads(home, json)


@command(threads, "show")
def threads_show(thread: str, json: Json = False, home: Home = None) -> None:
    """A conversation's messages."""
    from cairn.ui.cli.run_threads import show

    show(home, thread, json)


@command(threads, "branch")
def threads_branch(
    thread: str,
    at: Annotated[str | None, typer.Option("--at", help="The last run of the new one (its id's beginning).")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The new one's name, else the old one's.")] = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Begin a new conversation with the questions and answers of this one."""
    from cairn.ui.cli.run_threads import branch

    branch(home, thread, at, name, json)


@command(threads, "rename")
def threads_rename(thread: str, name: str, home: Home = None) -> None:
    """Give a conversation a name."""
    from cairn.ui.cli.run_threads import rename

    rename(home, thread, name)


@command(threads, "delete")
def threads_delete(thread: str, home: Home = None) -> None:
    """Delete a conversation with all it holds."""
    from cairn.ui.cli.run_threads import delete

    delete(home, thread)
