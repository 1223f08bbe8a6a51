"""Every packaged task with a real model in windows of 1, 2 and 4 thousand tokens.

    python -m benchmarks.windows MODEL.gguf [TASK … | handbook]

What was sent, by part, of the longest prompt that was answered; whether all of it was; what came back. Then questions
about the handbook by the template `small` and by `default`, in 4,096 tokens. A figure counts as right that stands in
the answer; the questions were written for this.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.settings import load_settings
from cairn.models.context_window import ContextWindow, PromptSize
from cairn.models.guarded_model import GuardedChatModel
from cairn.models.model_registry import make_chat_model

WINDOWS = (1_024, 2_048, 4_096)
_TOKENS, _FIELD_TOKENS = 48, 160
BRIEF: dict[str, Any] = {"limits": {"model_calls": 4, "seconds": 60}}
TASKS = {
    "assistant": "How many days of annual leave do full-time employees have?",
    "classify": "I was charged twice for my order.",
    "database": "How many customers are there?",
    "documents": "How many days of annual leave do full-time employees have?",
    "extract": "Ann Lee, ann@example.org, owes 12.50 euros since 2024-03-01.",
    "math": "What is 17 * 23?",
    "plan": "How many customers are there, and what is 2 + 3?",
}
HANDBOOK = {
    "How many days of annual leave do full-time employees have?": "27",
    "How many days of paid parental leave does a new parent have?": "80",
    "Within how many days of the purchase must a claim be sent?": "60",
    "How much may a hotel in London cost for a night?": "165",
    "On which day of the month are salaries paid?": "25",
    "How many months ahead do I ask for a sabbatical?": "ine",
}


def main(path: str, *only: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        name, home = f"gguf:{Path(path).absolute()}", Path(folder)
        print("| task | window | calls | longest prompt | its parts | left out | seconds | what came |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for window in WINDOWS:
            with asking(name, home, window) as (app, model, sent):
                for task, question in TASKS.items():
                    if only and task not in only:
                        continue
                    sent.clear()
                    longer = {"answer_tokens": _FIELD_TOKENS if task == "extract" else _TOKENS}
                    asked = model.model_copy(update=longer)
                    _tell(task, window, sent, app.ask(question, task=task, model=asked, patch=BRIEF))
        with asking(name, home, WINDOWS[-1]) as (app, model, sent):
            print("\n| template | right | cited | tokens sent, mean |\n| --- | --- | --- | --- |")
            for template in ("small", "default") if not only or "handbook" in only else ():
                sent.clear()
                _tell_answers(template, sent, lambda question, title=template: _about(app, model, question, title))


def _about(app: Cairn, model: GuardedChatModel, question: str, template: str) -> Answer:
    patch = {**BRIEF, "template": template, **({"retrieval": {"k": 3}} if template == "small" else {})}
    return app.ask(question, task="documents", model=model, patch=patch)


@contextmanager
def asking(name: str, home: Path, window: int) -> Iterator[tuple[Cairn, GuardedChatModel, list[PromptSize]]]:
    """An application whose model notes the size of each prompt that it answered."""
    settings = load_settings(home, model=name, context_window=window, embeddings="hash")
    made = make_chat_model(name, settings, 0, _TOKENS)
    sent: list[PromptSize] = []

    def note(messages: Sequence[BaseMessage], asked: dict[str, Any], answer: AIMessage) -> None:
        sent.append(ContextWindow(window, _TOKENS, made.counter).size(messages, asked.get("tools") or ()))

    with Cairn(settings) as app:
        yield app, made.model_copy(update={"recorder": note}), sent


def _tell(task: str, window: int, sent: list[PromptSize], answer: Answer) -> None:
    longest = max(sent, key=lambda size: size.total, default=PromptSize())
    parts = ", ".join(f"{part} {tokens}" for part, tokens in longest.parts.items())
    out = "; ".join(notice.rpartition("at once: ")[2] for notice in answer.notices if notice.startswith("Left out"))
    print(
        f"| {task} | {window} | {len(sent)} | {longest.total} | {parts} | {out} | {answer.seconds or 0:.0f} "
        f"| {_kind(answer)} |",
        flush=True,
    )
    print(f"{task} {window}: {answer.answer or answer.error!r} {answer.notices}", file=sys.stderr, flush=True)


def _kind(answer: Answer) -> str:
    """What came: an answer, with its limit if one ended it, or an error's first words."""
    if answer.error:
        return f"declined: {answer.error.split('. ')[0][:80]}"
    if answer.task == "extract":
        return "valid JSON" if isinstance(json.loads(answer.answer or ""), dict) else "other"
    return f"limited by {answer.stopped_by}" if answer.stopped_by else f"text of {len(answer.answer or '')} letters"


def _tell_answers(template: str, sent: list[PromptSize], ask: Callable[[str], Answer]) -> None:
    answers = {question: ask(question) for question in HANDBOOK}
    right = sum(HANDBOOK[question] in (answer.answer or "") for question, answer in answers.items())
    cited = sum(bool(answer.citations) for answer in answers.values())
    mean = sum(size.total for size in sent) / len(sent) if sent else 0
    print(f"| {template} | {right} of {len(HANDBOOK)} | {cited} | {mean:.0f} |", flush=True)
    for question, answer in answers.items():
        print(f"{template}: {question} {answer.answer or answer.error!r}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
