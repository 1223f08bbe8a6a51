"""`cairn chat`: a conversation in the terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError, UsageError
from cairn.ui.cli.event_printer import Printer
from cairn.ui.cli.flags import Options
from cairn.ui.cli.run_ask import decider, opened, settle
from cairn.ui.cli.terminal import held
from cairn.ui.cli.terminal import note as _say

_HELP = """\
/new            begin a new conversation
/threads        list your conversations
/open ID        go on in another conversation
/task NAME      let another task answer
/template NAME  use another template of the task
/model NAME     let another model answer
/good           the last answer's query was right: learn it
/bad            it was not: forget it
/quit           end (as Ctrl-D)
Ctrl-C stops the answer only."""
_PROMPT = "› "


def chat(home: Path | None, options: Options) -> None:
    """Read questions and answer them until the end of input."""
    with opened(home, options) as app:
        _remember_lines(app)
        greeting = f"{_who(app, options)}. /help shows what you can type."
        while True:
            try:
                if greeting:
                    said, greeting = greeting, ""
                    _say(said)
                line = _next_line()
                if line is None or not _take(app, options, line):
                    return
            except CairnError as error:
                _say(f"cairn: {error}")
            except KeyboardInterrupt:  # at the prompt, before the answer began, or again while it was being stopped
                _say("")


def _take(app: Cairn, options: Options, line: str) -> bool:
    """Do what a line says; False ends the chat."""
    if line.startswith("/"):
        return _command(app, options, line)
    if line:
        _answer(app, options, line)
    return True


def _answer(app: Cairn, options: Options, question: str) -> None:
    with held() as interrupts:
        handle = options.start(app, question)
        options.thread = handle.thread
        if interrupts:
            app.stop(handle.run)
        settle(app, handle.run, Printer().show, decider(options), options.model)


def _next_line() -> str | None:
    """None at the end of input; Ctrl-C at the prompt drops the line, but none that comes through a pipe."""
    if not sys.stdin.isatty():
        with held():
            line = sys.stdin.readline()
        return line.strip() if line else None
    try:
        return input(_PROMPT).strip()
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return ""
    except EOFError:
        return None


def _command(app: Cairn, options: Options, line: str) -> bool:
    """Do what a line with a slash says; False ends the chat."""
    name, _, argument = line[1:].partition(" ")
    if name in ("quit", "exit"):
        return False
    commands: dict[str, Callable[[Cairn, Options, str], None]] = {
        "help": lambda _app, _options, _argument: _say(_HELP),
        "new": _new,
        "threads": _threads,
        "open": _open,
        "task": _task,
        "template": _template,
        "model": _model,
        "good": _good,
        "bad": _bad,
    }
    if name not in commands:
        raise UsageError(f"There is no command /{name}.", "/help lists them.")
    commands[name](app, options, argument.strip())
    return True


def _new(_app: Cairn, options: Options, _argument: str) -> None:
    options.thread = None
    _say("A new conversation.")


def _threads(app: Cairn, _options: Options, _argument: str) -> None:
    for thread in app.threads.list()[:20]:
        _say(f"{thread.id[:8]}  {thread.name}")


def _open(app: Cairn, options: Options, argument: str) -> None:
    options.thread = app.threads.get(argument).id
    for message in app.threads.messages(options.thread)[-6:]:
        _say(f"{_PROMPT if message.role == 'user' else ''}{message.text}")


def _task(app: Cairn, options: Options, argument: str) -> None:
    task = app.prompts.task(argument)
    options.task, options.template = task.name, None
    _say(f"{task.name}: {task.description}")


def _template(app: Cairn, options: Options, argument: str) -> None:
    app.prompts.template(options.task or app.settings.task, argument)
    options.template = argument
    _say(f"Template {argument}, from the next question on.")


def _model(app: Cairn, options: Options, argument: str) -> None:
    app.workspace.chat_model(argument)
    options.model = argument
    _say(f"{argument} answers from the next question on.")


def _good(app: Cairn, options: Options, _argument: str) -> None:
    from cairn.ui.cli.run_learn import good

    good(app, options.thread)


def _bad(app: Cairn, options: Options, _argument: str) -> None:
    from cairn.ui.cli.run_learn import bad

    bad(app, options.thread)


def _who(app: Cairn, options: Options) -> str:
    choice = app.model_in_use(options.model)
    return f"Task {options.task or app.settings.task}, model {choice.name} ({choice.reason})"


def _remember_lines(app: Cairn) -> None:
    """The arrow keys bring back earlier lines, also of earlier chats; without readline there is just no history."""
    if not sys.stdin.isatty():
        return
    with contextlib.suppress(ImportError):
        import atexit
        import readline

        file = app.workspace.home.root / "chat_history"
        with contextlib.suppress(OSError):
            readline.read_history_file(file)
        readline.set_history_length(1000)
        atexit.register(readline.write_history_file, file)
