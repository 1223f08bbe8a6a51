"""A template as fields to fill in, and its text with one of them changed, all else of it left as it was written."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import yaml

from cairn.core.errors import TemplateError
from cairn.prompts.template import FRONT, front_matter

HEAD = ("description", "role", "insight", "statement", "personality")
BODY = "body"


def read_fields(text: str) -> dict[str, str]:
    """The fields of the head, empty where it lacks one, and the body. Raises TemplateError."""
    head, body, _ = front_matter(text, "template")
    return {name: getattr(head, name) for name in HEAD} | {BODY: body}


def with_field(text: str, field: str, value: str) -> str:
    """The text with one field changed; comments and all other lines stay.

    Raises:
        TemplateError: The head is written in a way in which this can't be done.
    """
    value = value if field == BODY else value.strip()
    wanted, rest = read_fields(text) | {field: value}, _rest(text)
    found = FRONT.match(text)
    if field == BODY:
        new = (found[0] if found else "") + value
    elif found is None:
        new = f"---\n{field}: {_scalar(value, True)}\n---\n{text}"
    else:
        new = f"{text[: found.start(1)]}{_with_value(found[1], field, value)}{text[found.end(1) :]}"
    with suppress(TemplateError):
        if read_fields(new) == wanted and _rest(new) == rest:
            return new
    raise TemplateError(f"The head is written so that {field} can't be changed as a field.", "Change it in the text.")


def _rest(text: str) -> dict[str, Any]:
    return front_matter(text, "template")[0].model_dump(exclude=set(HEAD))


def _with_value(front: str, field: str, value: str) -> str:
    root = yaml.compose(front)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    node = next((node for key, node in pairs if key.value == field), None)
    if node is None:
        return f"{front}{field}: {_scalar(value, True)}\n"
    start, end = node.start_mark.index, node.end_mark.index
    end -= len(front[start:end]) - len(front[start:end].rstrip())
    alone = not front[end:].partition("\n")[0].strip()  # no comment behind it, which would become part of it
    return f"{front[:start]}{_scalar(value, alone)}{front[end:]}"


def _scalar(value: str, alone: bool) -> str:
    """As YAML: in lines where it has lines and they may follow."""
    if alone and "\n" in value:
        return "|-" + "".join(f"\n  {line}" if line.strip() else "\n" for line in value.split("\n"))
    style = '"' if "\n" in value else None
    return (
        yaml.safe_dump(value, allow_unicode=True, width=float("inf"), default_style=style).removesuffix("...\n").strip()
    )
