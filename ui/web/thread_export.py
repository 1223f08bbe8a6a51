"""A conversation as a file: Markdown, JSON, or HTML that prints well and needs nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from html import escape

from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.source import document_name
from cairn.memory.thread_store import Thread
from cairn.ui.web import safe

FORMS = {"md": "Markdown", "json": "JSON", "html": "HTML"}
_STYLE = """body { font: 12pt/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
.cairn-question { font-weight: 600; white-space: pre-wrap; margin-top: 2rem; }
table { border-collapse: collapse; } th, td { padding: .2rem .6rem; border-bottom: 1px solid #8886; text-align: left; }
pre { white-space: pre-wrap; } li, .cairn-question { overflow-wrap: anywhere; }"""
_Turn = tuple[str, str, Answer]


def written(cairn: Cairn, thread: Thread, form: str) -> str:
    """The conversation: of several answers to a question the one that it goes on with.

    Args:
        cairn: The home.
        thread: Which one.
        form: One of `FORMS`.

    Returns:
        The file's text.

    Raises:
        UsageError: There is no such thread any more.
    """
    turns = _turns(cairn, thread)
    if form == "json":
        told = [
            {"question": asked, "answer": said, "run": answer.model_dump(mode="json")} for asked, said, answer in turns
        ]
        return json.dumps({**asdict(thread), "turns": told}, ensure_ascii=False, indent=2)
    return _html(thread, turns) if form == "html" else _markdown(thread, turns)


def file_name(thread: Thread, form: str) -> str:
    """`the-name.md`, which every system takes."""
    plain = re.sub(r"[^\w-]+", "-", thread.name).strip("-_")[:60]
    return f"{plain or thread.id}.{form}"


def _turns(cairn: Cairn, thread: Thread) -> list[_Turn]:
    messages = cairn.threads.messages(thread.id)
    said = {message.run: message.text for message in messages if message.role == "assistant"}
    asked = [message for message in messages if message.role == "user" and message.run]
    return [(one.text, said.get(one.run, ""), cairn.answer(str(one.run))) for one in asked]


def _markdown(thread: Thread, turns: Sequence[_Turn]) -> str:
    parts = [f"# {thread.name}"]
    for asked, said, answer in turns:
        parts += [f"## {asked}", said, *(f"{n}. {name}" for n, name in enumerate(_sources(answer), 1))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _html(thread: Thread, turns: Sequence[_Turn]) -> str:
    parts = [f"<h1>{escape(thread.name)}</h1>"]
    for asked, said, answer in turns:
        names = "".join(f"<li>{escape(name)}</li>" for name in _sources(answer))
        parts += [
            f'<p class="cairn-question">{escape(asked)}</p>',
            safe.html(said),
            f"<ol>{names}</ol>" if names else "",
        ]
    head = f'<meta charset="utf-8"><title>{escape(thread.name)}</title><style>{_STYLE}</style>'
    return f"<!doctype html><html><head>{head}</head><body>{''.join(parts)}</body></html>\n"


def _sources(answer: Answer) -> list[str]:
    """As the numbers in the text count them, without the places of this machine."""
    return [
        " › ".join(filter(None, (source["title"] or document_name(source["source"]), source["heading"])))
        for source in answer.sources
    ]
