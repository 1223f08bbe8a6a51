"""Files that others may read while they are written."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from cairn.core.errors import StorageError


def write_whole(file: Path, text: str, hint: str = "Check the folder's rights.", *, private: bool = False) -> None:
    """Put a text into a file whole or not at all, in UTF-8; whoever reads it sees the old text or the new one.

    Args:
        file: The file. Its folder is made where it is not there.
        text: The text, as it is.
        hint: What to do where it can't be written.
        private: Whether only its owner may read it.

    Raises:
        StorageError: It can't be written; the old text stays.
    """
    draft = file.with_name(f"{file.name}.{uuid4().hex}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.touch(0o600 if private else 0o666)
        draft.write_text(text, "utf-8", newline="")
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StorageError(f"{file} can't be written: {error.strerror}.", hint) from None
