"""The arguments of one planned call: JSON-like values, references, and nothing that is evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cairn.core.clean_text import clean

_MOST_DEPTH = 16
NAME = r"[^\W\d][\w-]{0,99}"
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>\"{3}(?:[^\\]|\\.)*?\"{3}|"(?!"")(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|“[^”]*”|「[^」]*」|『[^』]*』)"""
    r"""|(?P<number>-?[0-9]{1,300}(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?)(?![\w.])"""
    r"""|(?P<reference>\$(?:[0-9]{1,4}|\{[0-9]{1,4}\})(?!\w))"""
    rf"""|(?P<word>{NAME})|(?P<sign>[()\[\]{{}},:=（），：＝]))""",
    re.S,
)
_NAMED = re.compile(rf"""(?:(?P<word>{NAME})|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))\s*[:=：＝]""", re.S)
_PLAIN = str.maketrans("（），：＝", "(),:=")
_OPENING = "\"'“「『"
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.S)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", '"': '"', "'": "'", "/": "/"}
_WORDS = {"true": True, "false": False, "null": None, "none": None}


class Unfinished(Exception):
    """The text ends inside the call."""


class Malformed(Exception):
    """The message says what is wrong, as the end of a sentence."""


class ArgumentsParser:
    """Recursive descent over the tokens of one call's arguments, from behind its opening bracket.

    `names`: what words without quotes stand for, such as the outputs of earlier steps.
    """

    def __init__(self, text: str, start: int, names: Mapping[str, str]) -> None:
        self.text = text
        self.at = start
        self.names = names
        self.kind, self.matched = "", ""

    def _next(self) -> None:
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            rest = self.text[self.at :].lstrip()
            if not rest or rest[0] in _OPENING:
                raise Unfinished
            raise Malformed(f"can't be read at {rest[:20]!r}")
        self.at = match.end()
        self.kind = match.lastgroup or ""
        self.matched = match[self.kind].translate(_PLAIN) if self.kind == "sign" else match[self.kind]

    def arguments(self) -> tuple[list[Any], dict[str, Any]]:
        positional: list[Any] = []
        named: dict[str, Any] = {}
        self._next()
        while self.matched != ")" or self.kind != "sign":
            if (name := self._name()) is None:
                positional.append(self._value(0))
            elif name in named:
                raise Malformed(f"gives {name} twice")
            else:
                named[name] = self._value(0)
            self._next()
            self._comma(")")
        if named and positional and len(positional) > 20:
            raise Malformed("has too many arguments")
        return positional, named

    def _name(self) -> str | None:
        """The argument's name, if one stands here; then the token behind its sign is the next one."""
        match = _NAMED.match(self.text, self.at - len(self.matched)) if self.kind in ("word", "text") else None
        if match is None:
            return None
        self.at = match.end()
        self._next()
        return match["word"] or _unquoted(match["text"])

    def _comma(self, end: str) -> None:
        if self.kind == "sign" and self.matched == ",":
            self._next()
        elif self.kind != "sign" or self.matched != end:
            raise Malformed(f"lacks a comma before {self.matched[:20]!r}")

    def _value(self, depth: int) -> Any:
        if depth > _MOST_DEPTH:
            raise Malformed("is nested too deeply")
        if self.kind == "text":
            return _unquoted(self.matched)
        if self.kind == "number":
            return float(self.matched) if set(self.matched) & set(".eE") else int(self.matched)
        if self.kind == "reference":
            return self.matched
        if self.kind == "word" and self.matched in self.names:
            return self.names[self.matched]
        if self.kind == "word" and self.matched.casefold() in _WORDS:
            return _WORDS[self.matched.casefold()]
        if self.matched == "[":
            return self._list(depth)
        if self.matched == "{":
            return self._object(depth)
        raise Malformed(f"has {self.matched[:20]!r} where a value in quotes, a number or a reference belongs")

    def _list(self, depth: int) -> list[Any]:
        found: list[Any] = []
        self._next()
        while self.kind != "sign" or self.matched != "]":
            found.append(self._value(depth + 1))
            self._next()
            self._comma("]")
        return found

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._next()
        while self.kind != "sign" or self.matched != "}":
            if (name := self._name()) is None:
                raise Malformed("has an object without names")
            found[name] = self._value(depth + 1)
            self._next()
            self._comma("}")
        return found


def _unquoted(token: str) -> str:
    if token[0] not in "\"'":
        return clean(token[1:-1])
    width = 3 if len(token) >= 6 and token.startswith('"""') else 1
    return clean(_ESCAPE.sub(_escaped, token[width:-width]))


def _escaped(match: re.Match[str]) -> str:
    """As JSON has it; what it does not know (a regular expression's, a path's, `\\$`) stays."""
    if len(match[1]) == 5:
        return chr(int(match[1][1:], 16))
    return _ESCAPES.get(match[1], match[0])
