from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cairn.core.errors import SourceError, StorageError
from cairn.core.settings import Home
from cairn.ui.cli.run_documents import add, list_sources, remove


@pytest.fixture
def bare(home: Home) -> Path:
    """A home without samples."""
    home.settings.write_text("samples = false\n", "utf-8")
    return home.root


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    for name in ("a.md", "b.md", "sub/c.md", "locked/d.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"# {name}\n\nIt tells of otters.\n", "utf-8")
    return folder


@pytest.fixture
def locked(docs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that can't be opened, also for root."""
    real = os.scandir

    def scandir(path: Any) -> Any:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr("cairn.retrieval.file_discovery.os.scandir", scandir)
    return docs / "locked"


def put(home: Path, *paths: Path) -> None:
    add(home, [str(path) for path in paths], {"collection": "default"}, as_json=False)


def test_a_folder_that_can_not_be_opened_is_no_failed_document(
    bare: Path, docs: Path, locked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SourceError) as error:
        put(bare, docs)
    assert error.value.message == f"{locked} could not be opened."
    assert error.value.hint == "Add it again, with the same command, when it can be opened."
    told = capsys.readouterr()
    assert "3 added" in told.out and "1 not opened" in told.out and "failed" not in told.out
    assert f"{locked}: It can't be read: Permission denied." in told.err
    list_sources(bare, failed=True, as_json=False)
    assert "Nothing failed" in capsys.readouterr().err


def test_why_samples_are_not_searched_is_told_once(home: Home, docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(home.root, docs)
    capsys.readouterr()
    list_sources(home.root, failed=False, as_json=False)
    listed = capsys.readouterr()
    assert listed.out.count("  sample (not searched)\n") > 3
    assert (listed.out + listed.err).count("CAIRN_SAMPLES=always") == 1
    list_sources(home.root, failed=True, as_json=False)
    assert "CAIRN_SAMPLES" not in capsys.readouterr().err


def test_failed_documents_and_folders_are_counted_apart(bare: Path, docs: Path, locked: Path) -> None:
    (docs / "broken.md").write_bytes(b"\x00\x01\x02")
    with pytest.raises(SourceError) as error:
        put(bare, docs)
    assert error.value.message == f"1 document could not be read. {locked} could not be opened."
    assert "--retry" in str(error.value.hint) and "Add it again" in str(error.value.hint)


def test_what_was_read_is_kept_while_a_server_is_away(home: Home, docs: Path) -> None:
    home.settings.write_text('samples = false\nchroma_url = "http://127.0.0.1:9"\n', "utf-8")
    with pytest.raises(StorageError, match=r"127\.0\.0\.1:9") as error:
        put(home.root, docs)
    assert error.value.exit_code == 1
    assert str(error.value.hint).endswith(
        "What was read is kept; running the same command again makes what is missing."
    )


def test_several_are_removed_at_once_and_what_is_not_known_is_named(
    bare: Path, docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(bare, docs)
    capsys.readouterr()
    with pytest.raises(SourceError, match=r"No document 'x\.md' or 'y\.md' is known") as error:
        remove(bare, [str(docs / "a.md"), "x.md", str(docs / "sub"), "y.md"])
    assert error.value.exit_code == 1
    assert capsys.readouterr().out == f"{docs / 'a.md'}: 1 removed.\n{docs / 'sub'}: 1 removed.\n"
    remove(bare, [str(docs)])
    assert capsys.readouterr().out == "2 removed.\n"
