"""What a model thinks before it speaks, told apart from what it says.

Many servers send a model's reasoning inside the text, as `<think>…</think>`; where the chat template has written the
first tag into the prompt already, only the last one comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

END = "</think>"
_PAIRS = {
    "<think>": END,
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
}
_TAG = re.compile("|".join(map(re.escape, [*_PAIRS, END])))
_FIRSTS = re.compile("|".join(re.escape(tag[0]) for tag in [*_PAIRS, END, *_PAIRS.values()]))
_LONGEST = max(map(len, [*_PAIRS, *_PAIRS.values()]))
_QUOTES = tuple("`'\"“‘«「")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text. `unopened`: a thought whose first tag is missing; it holds all that was given as said."""

    kind: Literal["thought", "said", "unopened"]
    text: str


class Thoughts:
    """Takes a text in pieces, cut anywhere, and gives its parts as soon as it is certain what they are.

    A tag opens a thought where it begins the text or a line. An end without a beginning counts once, before any other
    thought. Neither counts in a fence, nor the end where it is quoted: an answer may be about such tags.
    """

    def __init__(self) -> None:
        self._held = ""
        self._said = ""
        self._closing = ""
        self._thought = False

    def take(self, text: str) -> list[Part]:
        """The parts that are certain with this piece."""
        self._held += text
        parts: list[Part] = []
        while (part := self._in_thought() if self._closing else self._in_answer()) is not None:
            parts.append(part)
        return [part for part in parts if part.text]

    def end(self) -> list[Part]:
        """What was held back, since it might have become a tag."""
        text, self._held = self._held, ""
        if self._thought and not self._said:
            text = text if self._closing else text.lstrip()
        return [Part("thought" if self._closing else "said", text)] if text else []

    def _in_thought(self) -> Part | None:
        text, found, rest = self._held.partition(self._closing)
        if not found:
            return self._certain("thought", _begun(self._held, [self._closing]))
        self._held, self._closing = rest, ""
        return Part("thought", text)

    def _in_answer(self) -> Part | None:
        if self._thought and not self._said:
            self._held = self._held.lstrip()
        tag = next(filter(self._counts, _TAG.finditer(self._held)), None)
        if tag is None:
            keep = _begun(self._held, [*_PAIRS, END])
            blank = (not self._said or self._said.isspace()) and not self._held[: len(self._held) - keep].strip()
            return self._certain("said", len(self._held) if blank else keep)
        before, self._held = self._held[: tag.start()], self._held[tag.end() :]
        self._thought = True
        if tag[0] == END:
            before, self._said = self._said + before, ""
            return Part("unopened", before)
        self._closing = _PAIRS[tag[0]]
        before = before if (self._said + before).strip() else ""
        self._said += before
        return Part("said", before)

    def _counts(self, tag: re.Match[str]) -> bool:
        before = self._said + self._held[: tag.start()]
        if before.count("```") % 2:
            return False
        if tag[0] == END:
            return not self._thought and not before.endswith(_QUOTES)
        return not before.rpartition("\n")[2].strip()

    def _certain(self, kind: Literal["thought", "said"], keep: int) -> Part | None:
        """All but the last `keep` characters of what is held; None where that is nothing."""
        end = len(self._held) - keep
        text, self._held = self._held[:end], self._held[end:]
        self._said += text if kind == "said" else ""
        return Part(kind, text) if text else None


def _begun(text: str, tags: list[str]) -> int:
    """How many characters at the end of `text` may be the beginning of a tag."""
    if not _FIRSTS.search(text, max(0, len(text) - _LONGEST)):
        return 0
    return max((n for tag in tags for n in range(1, len(tag)) if text.endswith(tag[:n])), default=0)
