"""Office files and e-books are zip archives: what they would become is looked at before anything is unpacked."""

from __future__ import annotations

from io import BytesIO
from zipfile import BadZipFile, LargeZipFile, ZipFile

from cairn.core.errors import SourceError

_UNPACKED = 400 * 1024 * 1024
_ENTRIES = 50_000


def check_archive(data: bytes) -> list[str]:
    """The names in it. Raises SourceError for what isn't an archive, is encrypted, or would become too large."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except (BadZipFile, LargeZipFile, ValueError, OSError, NotImplementedError, UnicodeError):
        raise SourceError("It is damaged.", "Open it in its own program, save it anew, and add it again.") from None
    if len(entries) > _ENTRIES or sum(entry.file_size for entry in entries) > _UNPACKED:
        size = sum(entry.file_size for entry in entries) >> 20
        raise SourceError(f"It would unpack to {size} MiB in {len(entries)} files.", "Is it what you think it is?")
    if any(entry.flag_bits & 1 for entry in entries):
        raise SourceError("It is protected by a password.", "Save it without one and add it again.")
    return [entry.filename for entry in entries]
