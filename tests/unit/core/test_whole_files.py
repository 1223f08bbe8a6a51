"""A file is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from cairn.core.errors import StorageError
from cairn.core.whole_files import write_whole


def test_a_text_comes_into_a_folder_that_is_not_there_yet_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "new" / "notes.txt"
    write_whole(file, "一\r\ntwo\n")
    assert file.read_bytes() == "一\r\ntwo\n".encode()


def test_what_is_private_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    write_whole(tmp_path / "keys.json", "{}", private=True)
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(StorageError, match=r"folder can't be written: .*Look at it\."):
        write_whole(tmp_path / "folder", "text", "Look at it.")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
