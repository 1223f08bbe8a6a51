"""The small pieces that everything on the page's conversation is made of."""

from __future__ import annotations

from html import escape
from typing import Any, Protocol

from cairn.core.clean_text import clean
from cairn.core.source import Source, document_name
from cairn.ui.web.page_texts import section


class Words(Protocol):
    """The page's texts in the reader's language."""

    def __call__(self, key: str, /, **fields: Any) -> str: ...


def tool_name(tool: str, say: Words) -> str:
    """What a packaged tool does; one's own by its name."""
    return say(f"calls.{tool}") if tool in section("calls", "en") else tool


def argument_name(name: str, say: Words) -> str:
    """The same of what a tool is given."""
    return say(f"arguments.{name}") if name in section("arguments", "en") else name


def fold(name: str, summary: str, body: str, style: str = "") -> str:
    """`body` a click away, nothing where there is none; `summary` and `body` are HTML. It stays open by its name."""
    if not body:
        return ""
    return f'<details class="cairn-fold {style}" data-fold="{name}"><summary>{summary}</summary>{body}</details>'


def button(do: str, label: str, style: str = "", **data: object) -> str:
    """A button that the page's script knows what to do for; `data` is what it needs to know."""
    return f'<button type="button" class="cairn-button {style}"{_held(do, data)}>{escape(label)}</button>'


def icon_button(do: str, sign: str, label: str, pressed: bool | None = None, **data: object) -> str:
    """The same with a sign, by its name in Material Symbols; its label is for who points at it or can't see it."""
    state = "" if pressed is None else f' aria-pressed="{str(pressed).lower()}"'
    named = f'title="{escape(label)}" aria-label="{escape(label)}"{state}'
    shown = f'<span class="cairn-sign" aria-hidden="true">{sign}</span>'
    return f'<button type="button" class="cairn-button icon"{_held(do, data)} {named}>{shown}</button>'


def _held(do: str, data: dict[str, object]) -> str:
    return f' data-do="{do}"' + "".join(f' data-{name}="{escape(str(value))}"' for name, value in data.items())


def one_line(text: str, limit: int = 90) -> str:
    """The beginning of a text."""
    line = " ".join(clean(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def source_name(source: Source, say: Words) -> str:
    """Its title and heading, and the page."""
    names = dict.fromkeys(part for part in (source["title"], source["heading"]) if part)
    page = f", {say('answer.page', page=source['page'])}" if source["page"] else ""
    return one_line(" › ".join(names) or document_name(source["source"])) + page
