"""What an error, a hint or a notice says, said on the page: in its language, and with its places for commands.

The sentences that people meet most stand under `[messages]` in the page's texts: the English ones as they are made
elsewhere, with their `{fields}`, so that each can be said in another language. Others stay as they are.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import PurePath

from cairn.ui.web.html_pieces import Words
from cairn.ui.web.page_texts import section

_HERE = {
    "add": "hints.documents",
    "sources": "hints.documents",
    "remove": "hints.documents",
    "search": "hints.documents",
    "db": "hints.databases",
    "prompts": "hints.prompts",
    "eval": "hints.evaluation",
    "climb": "hints.evaluation",
    "models": "hints.settings",
    "doctor": "hints.settings",
    "memory": "hints.settings",
    "threads": "hints.chat",
    "runs": "hints.chat",
    "resume": "hints.chat",
    "retry": "hints.chat",
    "ask": "hints.chat",
    "chat": "hints.chat",
    "keys": "",
    "serve": "",
    "web": "",
    "extract": "",
    "run": "",
    "plugins": "",
}
"""Each command by its first word; the empty ones have no place on the page."""
_COMMAND = re.compile(rf"\bcairn ({'|'.join(_HERE)})\b")
_FLAG = re.compile(r"(?<![\w-])--[a-z][\w-]*")
_ELSEWHERE = {
    re.compile(r"--(?:encoding|whole-page)\b"): "hints.read_as",
    re.compile(r"--(?:model|strategy)\b"): "hints.model",
    re.compile(r"\bcairn\.toml\b|\bCAIRN_[A-Z]|\bthe environment\b"): "hints.settings",
}
_SENTENCE = re.compile(r"\s*\([^()]*\)|\s*[^\s(](?:[^()]*?[.;?!](?=\s|$)|[^()]*)")
_FIELD = re.compile(r"\{(\w+)\}")


def hint_here(hint: str | None, say: Words) -> str:
    """A hint as the page says it; what of it names a command, a flag or a variable as the place on the page."""
    return said_here(hint or "", say, variables=True)


def said_here(told: str, say: Words, *, variables: bool = False) -> str:
    """A message as the page says it.

    Args:
        told: As it was made, for the terminal as well.
        say: The page's texts.
        variables: Whether what names a setting's variable or file is said as a place, too.

    Returns:
        The same without commands and flags.
    """
    apart = all(_known(match[0].strip(), say) for match in _SENTENCE.finditer(told))
    if not apart and (whole := _known(told, say)) is not None:
        told = whole
    sentences = (_sentence(match[0], say, variables) for match in _SENTENCE.finditer(told))
    return "".join(dict.fromkeys(filter(None, sentences))).strip()


def _sentence(told: str, say: Words, variables: bool) -> str:
    blank = told[: len(told) - len(told.lstrip())]
    if (known := _known(told.strip(), say)) is not None:
        told = blank + known
    named = [_HERE[command] for command in _COMMAND.findall(told)]
    elsewhere = [text for words, text in _ELSEWHERE.items() if words.search(told) and (variables or "--" in told)]
    if not (named or elsewhere or _FLAG.search(told)):
        return told
    if "hints.read_as" in elsewhere:
        named = []
    place = " ".join(dict.fromkeys(say(key) for key in (named or elsewhere[:1]) if key))
    if not place:
        return ""
    return f"{blank}({place.rstrip('.。')})" if told.lstrip().startswith("(") else blank + place


def report_here(told: str, say: Words) -> str:
    """What the report of a climb says, and what stands in it, as `[ladder]` in the page's texts has it."""
    for key, pattern in _messages("ladder"):
        if match := pattern.fullmatch(told):
            return say(key, **{name: report_here(value, say) for name, value in match.groupdict().items()})
    return told


def _known(told: str, say: Words) -> str | None:
    """In the reader's language; None unless it is one of the texts' messages."""
    for key, pattern in _messages("messages"):
        if match := pattern.fullmatch(told):
            return say(key, **{name: _field_here(name, value, say) for name, value in match.groupdict().items()})
    return None


def _field_here(name: str, value: str, say: Words) -> str:
    """A limit in words; a set by its name, not by its place on this machine."""
    return limit_here(value, say) if name == "limit" else PurePath(value).name if name == "set" else value


def limit_here(name: str, say: Words) -> str:
    """Which of a task's limits ended an answer."""
    return say(f"limits.{name}") if name in section("limits", "en") else name


@cache
def _messages(catalogue: str) -> list[tuple[str, re.Pattern[str]]]:
    known = {key: value for key, value in section(catalogue, "en").items() if isinstance(value, str)}
    return [(f"{catalogue}.{key}", _pattern(value)) for key, value in known.items()]


def _pattern(message: str) -> re.Pattern[str]:
    """`No task is {name}.` finds what stands for its fields."""
    parts = _FIELD.split(message)
    return re.compile("".join(f"(?P<{part}>.+)" if n % 2 else re.escape(part) for n, part in enumerate(parts)), re.S)
