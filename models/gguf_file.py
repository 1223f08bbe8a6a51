"""What a model's file in llama.cpp's format says of itself, read without the package that runs it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from cairn.core.errors import SettingsError

_T = TypeVar("_T")
_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_MOST_UNASKED = 8_192
_MOST_OF_SMALL = 4_096
_SMALL_BYTES = 1_000_000_000
_UNKNOWN = 4_096
_LONGEST = 10_000_000
_ENTRIES = 100_000


def window_of(path: Path) -> int:
    """Tokens that the model is given where nobody says how many: what it was trained on, at most 8,192.

    A longer window costs memory whether it is used or not. Of a file below 1 GB at most 4,096: so small a model answers
    no better for the long instructions that go into more, and is slow to read them.

    Raises:
        SettingsError: There is no such file, it can't be read, or is of another format.
    """
    try:
        with path.open("rb") as file:
            most = _MOST_OF_SMALL if path.stat().st_size < _SMALL_BYTES else _MOST_UNASKED
            return min(_first(file, b".context_length", int) or _UNKNOWN, most)
    except OSError as error:
        raise SettingsError(
            f"{path} can't be read: {error.strerror}.", "Write a model's file as `gguf:FILE`."
        ) from None
    except (ValueError, struct.error):
        raise SettingsError(f"{path} is no GGUF file, or is damaged.", "Take a model's `.gguf` file.") from None


def knows_tools(path: Path) -> bool | None:
    """False where the chat template of a model's file says nothing of tools, so that none would reach the model."""
    try:
        with path.open("rb") as file:
            template = _first(file, b"tokenizer.chat_template", bytes)
    except (OSError, ValueError, struct.error):
        return None
    return False if template is not None and b"tools" not in template else None


def _first(file: BinaryIO, ending: bytes, kind: type[_T]) -> _T | None:
    """The first value whose name ends so. Raises ValueError for another format."""
    if file.read(4) != _MAGIC or _number(file, "I") not in _VERSIONS:
        raise ValueError
    _number(file, "Q")  # how many tensors
    entries = _number(file, "Q")
    if entries > _ENTRIES:
        raise ValueError
    for _ in range(entries):
        name = _text(file)
        value = _value(file, _number(file, "I"))
        if name.endswith(ending) and isinstance(value, kind):
            return value
    return None


def _value(file: BinaryIO, kind: int) -> Any:
    if kind in _NUMBERS:
        return _number(file, _NUMBERS[kind])
    if kind == _STRING:
        return _text(file)
    if kind != _ARRAY:
        raise ValueError
    inner, length = _number(file, "I"), _number(file, "Q")
    if inner in _NUMBERS:
        file.seek(struct.calcsize(f"<{_NUMBERS[inner]}") * length, 1)
        return None
    if length > _LONGEST:
        raise ValueError
    for _ in range(length):
        _value(file, inner)
    return None


def _text(file: BinaryIO) -> bytes:
    length = _number(file, "Q")
    if length > _LONGEST or len(text := file.read(length)) < length:
        raise ValueError
    return text


def _number(file: BinaryIO, form: str) -> Any:
    return struct.unpack(f"<{form}", file.read(struct.calcsize(f"<{form}")))[0]
