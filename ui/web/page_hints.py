"""What a hint tells people to do in a terminal or a file, said as what to do on the page."""

from __future__ import annotations

import re

from cairn.ui.web.html_pieces import Words

_COMMAND = re.compile(r"\bcairn (\w+)")
_HERE = {
    "add": "hints.documents",
    "sources": "hints.documents",
    "remove": "hints.documents",
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
    "ask": "hints.chat",
    "chat": "hints.chat",
}
_ELSEWHERE = {
    re.compile(r"--(?:model|strategy)\b"): "hints.model",
    re.compile(r"\bcairn\.toml\b|\bCAIRN_[A-Z]|\bthe environment\b"): "hints.settings",
}


def hint_here(hint: str | None, say: Words) -> str:
    """A hint as it is; one that names a command, a flag or a variable as the place on the page."""
    named = _COMMAND.findall(hint or "")
    if named:
        return " ".join(dict.fromkeys(say(_HERE[command]) for command in named if command in _HERE))
    return next((say(text) for words, text in _ELSEWHERE.items() if words.search(hint or "")), hint or "")
