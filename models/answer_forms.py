"""Forms of answers that are read as text: lists, verdicts, orders, each a grammar in GBNF, llama.cpp's form.

For servers that keep to no grammar a form may say the same as a JSON schema, whose objects are written as its text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PIECE = re.compile(r'("(?:[^"\\]|\\.)*")|(\[(?:[^\]\\]|\\.)*\])|\s+')


@dataclass(frozen=True)
class AnswerForm:
    """Of one answer.

    `pattern`: a regular expression of which its sentences are whole matches. `written`: the text of an object of
    `schema`; it raises KeyError or TypeError for another.
    """

    grammar: str
    pattern: str
    schema: Mapping[str, Any] | None = None
    written: Callable[[Any], str] = str

    def fits(self, text: str) -> bool:
        """Whether a text is of the form."""
        return re.fullmatch(self.pattern, text.strip(), re.DOTALL) is not None


def one_line() -> AnswerForm:
    """A text without line breaks."""
    return form_of(r"[^\n]+", {"text": {"type": "string"}}, lambda value: _line(value["text"]))


def bulleted(most: int) -> AnswerForm:
    """From one to `most` lines that begin with `- `."""
    items = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": most}
    return form_of(
        rf'"- " [^\n]+ ("\n- " [^\n]+){{0,{most - 1}}}',
        {"items": items},
        lambda value: "\n".join(f"- {_line(item)}" for item in value["items"]),
    )


def verdicts_on(names: Sequence[str], reasons: bool = True) -> AnswerForm:
    """For each of `names` a line `name: yes` or `name: no`, where `reasons` may stand behind a comma."""
    no = r'"no" (", " [^\n]{1,120})?' if reasons else '"no"'
    fields = {"yes": {"type": "boolean"}, **({"why": {"type": "string"}} if reasons else {})}

    def line(name: str, said: Any) -> str:
        no = f"no, {_line(said['why'])}" if reasons else "no"
        return f"{name}: {'yes' if said['yes'] else no}"

    return form_of(
        ' "\\n" '.join(rf'{quoted(f"{name}: ")} ("yes" | {no})' for name in names),
        dict.fromkeys(names, _object(fields)),
        lambda value: "\n".join(line(name, value[name]) for name in names),
    )


def order_of(count: int) -> AnswerForm:
    """Numbers up to `count`, as `[2] > [1]`."""
    number = f'"[" ({" | ".join(quoted(str(n)) for n in range(1, count + 1))}) "]"'
    numbers = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": count}, "maxItems": count}
    return form_of(
        f'{number} (" > " {number}){{0,{count - 1}}}',
        {"order": numbers},
        lambda value: " > ".join(f"[{int(n)}]" for n in value["order"]),
    )


def ending_in(name: str, choices: Sequence[str]) -> AnswerForm:
    """A sentence why, and a last line `name: choice`."""
    return form_of(
        rf'[^\n]+ "\n" {quoted(f"{name}: ")} ({" | ".join(map(quoted, choices))})',
        {"why": {"type": "string"}, name: {"type": "string", "enum": list(choices)}},
        lambda value: f"{_line(value['why'])}\n{name}: {value[name]}",
    )


def named_lines(names: Sequence[str]) -> AnswerForm:
    """For each of `names` a line `name: text`."""
    return form_of(
        ' "\\n" '.join(rf"{quoted(f'{name}: ')} [^\n]+" for name in names),
        {name: {"type": "string"} for name in names},
        lambda value: "\n".join(f"{name}: {_line(value[name])}" for name in names),
    )


def quoted(text: str) -> str:
    """A text as it stands in a grammar."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(letter, letter) for letter in text) + '"'


def any_of(texts: Sequence[str]) -> str:
    """A grammar of which just these texts are sentences."""
    return "root ::= " + " | ".join(map(quoted, texts))


def form_of(
    rule: str, fields: Mapping[str, Any] | None = None, written: Callable[[Any], str] | None = None
) -> AnswerForm:
    """By one rule of a grammar, which but for blanks and quotes is a regular expression.

    Args:
        rule: The rule; it names no other.
        fields: JSON Schemas of the fields of an object that says the same.
        written: Its text.
    """
    pattern = _PIECE.sub(lambda match: re.escape(json.loads(match[1])) if match[1] else match[2] or "", rule)
    return AnswerForm(f"root ::= {rule}", pattern, _object(fields) if fields else None, written or str)


def _object(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(fields), "required": list(fields), "additionalProperties": False}


def _line(text: object) -> str:
    return " ".join(str(text).split())
