"""Settings changed by the program: lines of the home's `cairn.toml`, whose other lines stay byte for byte."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cairn.core.errors import SettingsError
from cairn.core.settings import FILE, Settings, load_settings
from cairn.core.whole_files import write_whole


def change_settings(home: Path, **changes: Any) -> Settings:
    """Write settings into `cairn.toml`; None takes one out, so that its default counts.

    Args:
        home: The folder.
        changes: By the names that `Settings` has.

    Returns:
        The settings in force, which an environment variable may still decide otherwise.

    Raises:
        SettingsError: A value is wrong, or the file can't be changed so; then it stays as it was.
        StorageError: It can't be written.
    """
    file = home / FILE
    before = file.read_text("utf-8") if file.is_file() else ""
    after = before
    for name, value in changes.items():
        after = _with(after, name, value)
    _check(after, changes)
    write_whole(file, after, private=True)
    try:
        return load_settings(home)
    except SettingsError:
        write_whole(file, before, private=True)
        raise


def _with(text: str, name: str, value: Any) -> str:
    """The text with its line for the setting replaced, or with a new one where settings without a table stand."""
    line = "" if value is None else f"{name} = {toml_value(value)}\n"
    known = re.compile(rf"^{name}[ \t]*=[^\n]*\n?", re.MULTILINE)
    top = re.search(r"^[ \t]*\[", text, re.MULTILINE)
    head, rest = (text[: top.start()], text[top.start() :]) if top else (text, "")
    if known.search(head):
        return known.sub(lambda _: line, head, count=1) + rest
    gap = "" if not head or head.endswith("\n") else "\n"
    return head + gap + line + rest


def toml_value(value: Any) -> str:
    """A value as TOML has it: texts and numbers as JSON has them, too."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {toml_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    text = json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)
    return text.replace("\x7f", "\\u007f")


def _check(text: str, changes: Mapping[str, Any]) -> None:
    """Raises SettingsError unless the text says just these, for example where a value runs over several lines."""
    try:
        said = tomllib.loads(text)
        fine = all(said.get(name) == json.loads(json.dumps(value)) for name, value in changes.items())
    except (tomllib.TOMLDecodeError, ValueError):
        fine = False
    if not fine:
        names = ", ".join(changes)
        raise SettingsError(f"{FILE} can't be changed by the program: {names}.", "Change it there yourself.")
