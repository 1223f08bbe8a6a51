"""What a model's file in llama.cpp's format says of itself, read without the package that runs it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

from cairn.core.errors import SettingsError

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_MOST_UNASKED = 8_192
_UNKNOWN = 4_096
_LONGEST = 10_000_000
_ENTRIES = 100_000


def window_of(path: Path) -> int:
    """Tokens that the model is given where nobody says how many: what it was trained on, at most 8,192.

    A longer window costs memory whether it is used or not.

    Raises:
        SettingsError: There is no such file, it can't be read, or is of another format.
    """
    try:
        with path.open("rb") as file:
            return min(_context_length(file) or _UNKNOWN, _MOST_UNASKED)
    except OSError as error:
        raise SettingsError(
            f"{path} can't be read: {error.strerror}.", "Write a model's file as `gguf:FILE`."
        ) from None
    except (ValueError, struct.error):
        raise SettingsError(f"{path} is no GGUF file, or is damaged.", "Take a model's `.gguf` file.") from None


def _context_length(file: BinaryIO) -> int | None:
    if file.read(4) != _MAGIC or _number(file, "I") not in _VERSIONS:
        raise ValueError
    _number(file, "Q")  # how many tensors
    entries = _number(file, "Q")
    if entries > _ENTRIES:
        raise ValueError
    for _ in range(entries):
        name = _text(file)
        value = _value(file, _number(file, "I"))
        if name.endswith(b".context_length") and isinstance(value, int):
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
