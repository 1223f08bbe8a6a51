"""A run killed (kill -9 of a real process) at every write of events and inside its tools, in turn, and gone on with.

The run counts and sends letters, each of which is a line in a file. For each way of working, with and without
approval: a process is killed at point 1, 2, … until one lives to the end; after each kill another process goes on with
the run. A third of the time that one is killed too, at a random point, and a third process goes on. A call of which the
log shows the beginning and not the end is not approved a second time.

Counted is what was sent twice (must be 0), what the log shows as done and was not (0), and what did not come to an end.
The model is scripted: each answer depends on nothing but the messages.

    python -m benchmarks.resume_kills [only every n-th point]
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import BaseTool, tool

from cairn.agents import run_recorder
from cairn.agents.run_progress import read_history
from cairn.agents.service import Cairn
from cairn.core.registry import Plugin, register
from cairn.core.settings import load_settings
from cairn.memory.run_store import Runs
from cairn.tools.tool_invocation import COMPUTES

PEOPLE = ("Ann", "Bob", "Eve")
PLAN = ['count(of="letters")', 'send(to="Ann", text="$1")', 'send(to="Bob", text="Hi")', 'send(to="Eve", text="$2")']
TASKS: dict[str, dict[str, Any]] = {
    "react": {"strategy": "react", "tools": ["letters"]},
    "react, approve": {"strategy": "react", "tools": ["letters"], "approve": ["send"]},
    "plan": {"strategy": "plan", "tools": ["letters"]},
    "plan, approve": {"strategy": "plan", "tools": ["letters"], "approve": ["send"]},
}


class Steady(BaseChatModel):
    """Two letters at once, then a third, then the end; as a planner the same as a plan."""

    @property
    def _llm_type(self) -> str:
        return "steady"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(**kwargs)

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=_says(messages))])

    def _stream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        said = _says(messages)
        for line in said.text.splitlines(keepends=True):
            yield ChatGenerationChunk(message=AIMessageChunk(line))
        yield ChatGenerationChunk(message=AIMessageChunk("", tool_calls=said.tool_calls))


def _says(messages: list[BaseMessage]) -> AIMessage:
    if "join()" in "\n".join(message.text for message in messages):
        return _plan(messages)
    made = [call["args"] for message in messages if isinstance(message, AIMessage) for call in message.tool_calls]
    first, then = [("count", {"of": "letters"}), _letter("Ann"), _letter("Bob")], [_letter("Eve")]
    wanted = [one for one in first if one[1] not in made] or [one for one in then if one[1] not in made]
    calls = [{"name": name, "args": args, "id": f"{len(made)}{args}"} for name, args in wanted]
    return AIMessage("I write." if calls else "All is sent.", tool_calls=calls)


def _letter(to: str) -> tuple[str, dict[str, str]]:
    return "send", {"to": to, "text": "Hi"}


def _plan(messages: list[BaseMessage]) -> AIMessage:
    if any("$1 = " in message.text for message in messages):
        return AIMessage("All is sent.")
    before = "\n".join(message.text for message in messages if message.type == "ai")
    missing = [(n, line) for n, line in enumerate(PLAN, 1) if line.split("text")[0] not in before]
    return AIMessage("\n".join([*(f"{n}. {line}" for n, line in missing), "join()"]))


class Killer:
    """Kills this process at the `at`-th point that is passed; never for 0."""

    def __init__(self, at: int) -> None:
        self.left = at

    def point(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def killed(*arguments: Any) -> Any:
            self.point()
            result = method(*arguments)
            self.point()
            return result

        return killed


def letters(file: Path, killer: Killer) -> list[BaseTool]:
    @tool
    def send(to: str, text: str) -> str:
        """Send a letter."""
        killer.point()
        with file.open("a", encoding="utf-8") as lines:
            lines.write(f"{to}\n")
        killer.point()
        return f"Sent to {to}."

    @tool("count")
    def number(of: str) -> str:
        """Count something."""
        killer.point()
        return "3"

    number.metadata, send.metadata = COMPUTES, {"side_effects": True, "untrusted": False}
    return [send, number]


def work(home: Path, task: dict[str, Any], kill_at: int) -> None:
    """Begin the run, or go on with it, to its end; approve what was never begun."""
    killer = Killer(kill_at)
    for name in ("begin", "append", "pause", "decide", "resume", "end"):
        setattr(Runs, name, killer.around(getattr(Runs, name)))
    run_recorder.FLUSH_SECONDS = 0.0
    register(Plugin("tool", "letters", lambda _home, _task, _count: letters(home / "sent", killer)))
    app = Cairn(load_settings(home, embeddings="hash", model="builtin", samples=False))
    unfinished = app.unfinished()
    begun = [run for run, _, _ in unfinished if app.events(run)[0].type == "started"]
    if not begun:
        if not any(app.threads.messages(thread.id) for thread in app.threads.list()):
            list(app.follow(app.start("Write to all.", task="math", patch=task, model=Steady()).run))
    elif unfinished[0][2] == "interrupted":
        app.resume(begun[0], model=Steady())
        list(app.follow(begun[0]))
    for run, _, state in app.unfinished():
        while state == "waiting" and (asked := app.waiting(run)):
            started = {event.data["id"] for event in app.events(run) if event.type == "tool_started"}
            for one in asked:
                app.decide(run, one["id"], "reject" if one["id"] in started else "approve", model=Steady())
            list(app.follow(run))
    app.close()


def forked(home: Path, task: dict[str, Any], kill_at: int) -> bool:
    """Whether a process of its own came to its end. Raises RuntimeError where it failed by itself."""
    child = os.fork()
    if child == 0:
        try:
            work(home, task, kill_at)
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise RuntimeError(f"a process of {task} failed (point {kill_at})")
    return os.WIFEXITED(status)


def judged(home: Path) -> Counter[str]:
    """What became of the run; in a process of its own, since opening the database starts threads."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        app = Cairn(load_settings(home, embeddings="hash", model="builtin", samples=False))
        threads = [thread.id for thread in app.threads.list()]
        runs = [run for thread in threads for run, _, _ in app.workspace.runs.of_thread(thread)]
        found = _judge(app, runs, (home / "sent").read_text().split() if (home / "sent").exists() else [])
        os.write(writer, repr(found).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        text = told.read()
    os.wait()
    return Counter(eval(text))


def _judge(app: Cairn, runs: list[str], sent: list[str]) -> dict[str, int]:
    answers = [app.answer(run) for run in runs]
    calls = [call for run in runs for call in read_history(app.events(run)).calls.values() if call.tool == "send"]
    done = [call.made_with["to"] for call in calls if call.state == "finished" and not call.error]
    missing = {name for name in PEOPLE if name not in sent}
    refused = [call.made_with["to"] for call in calls if call.state == "rejected"]
    return {
        "twice": sum(sent.count(name) > 1 for name in PEOPLE),
        "not done": sum(sent.count(name) != 1 for name in done),
        "lost": len(missing - {*refused, *(["Eve"] if "Ann" in refused else [])}),  # hers needs the result of Ann's
        "asked": len(refused),
        "no end": int(sum(answer.answer == "All is sent." for answer in answers) != 1),
    }


def killed_everywhere(name: str, root: Path, every: int) -> Counter[str]:
    task, found = TASKS[name], Counter[str]()
    for point in count(every, every):
        home = root / f"{name}{point}"
        shutil.copytree(root / "empty", home)
        whole = lived = forked(home, task, point)
        found["processes"] += 1
        while not whole:
            again = random.choice((0, 0, random.randint(1, 12)))
            whole = forked(home, task, again)
            found["processes"] += 1
        found += judged(home)
        shutil.rmtree(home)
        if lived:
            break
        found["points"] += 1
    return found


def _prepare(home: Path) -> None:
    """What every process would do first is done once: imports here, before any thread is, and the app database."""
    for module in (
        "cairn.agents.react",
        "cairn.agents.plan.plan_strategy",
        "cairn.models.guarded_model",
        "cairn.models.builtin.builtin_chat",
        "psutil",
    ):
        import_module(module)
    home.mkdir()
    if os.fork() == 0:
        Cairn(load_settings(home, embeddings="hash", model="builtin", samples=False)).close()
        os._exit(0)
    os.wait()


def main() -> int:
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    random.seed(5)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _prepare(root / "empty")
        for name in TASKS:
            found = killed_everywhere(name, root, every)
            wrong += sum(found[what] for what in ("twice", "not done", "lost", "no end"))
            print(
                f"{name}: {found['points']} points, {found['processes']} processes; sent twice {found['twice']}, "
                f"logged but not sent {found['not done']}, lost {found['lost']}, without an end {found['no end']}; "
                f"{found['asked']} that may have been sent were asked about and not sent again",
                flush=True,
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
