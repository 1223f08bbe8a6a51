"""What adding does with tags, dates, failures, vanished files, pages, and another chunking."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from cairn.core.app_database import Database, open_database
from cairn.core.errors import SettingsError, SourceError, UsageError
from cairn.core.filters import Filters
from cairn.core.passages import as_source
from cairn.core.settings import Home, Settings, load_settings
from cairn.core.task import Retrieval
from cairn.models.embeddings import make_embeddings
from cairn.retrieval import file_discovery, ingest
from cairn.retrieval.catalog_records import SourceInfo
from cairn.retrieval.library import Library
from cairn.retrieval.load import Document, ReadAs, Section
from cairn.retrieval.process_locks import exclusive
from tests.old_schemas import make_old_database
from tests.parsing import Here


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "Parsers", Here)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    for name in ("HR/Leave/parents.md", "HR/sick.md", "readme.md"):
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        (docs / name).write_text(f"# {Path(name).stem}\n\nThis is the note on {Path(name).stem}.\n")
    return docs


@pytest.fixture
def writes(database: Database) -> Iterator[list[str]]:
    """Every statement that is not a SELECT."""
    seen: list[str] = []

    def listen(*args: Any) -> None:
        if not args[2].lstrip().upper().startswith("SELECT"):
            seen.append(args[2])

    event.listen(database.engine, "before_cursor_execute", listen)
    yield seen
    event.remove(database.engine, "before_cursor_execute", listen)


def infos(library: Library) -> dict[str, SourceInfo]:
    return {Path(info.source).name: info for info in library.sources()}


def tags(library: Library) -> dict[str, tuple[str, ...]]:
    return {name: info.tags for name, info in infos(library).items()}


def test_folders_and_the_flag_give_tags_that_stay(library: Library, folder: Path) -> None:
    library.add([folder], tags=["Draft", " 草稿 "])
    everyone = ("draft", "草稿")
    assert tags(library) == {
        "parents.md": ("draft", "hr", "leave", "草稿"),
        "sick.md": ("draft", "hr", "草稿"),
        "readme.md": everyone,
    }
    (folder / "HR" / "sick.md").write_text("# Sick\n\nCall in.\n")
    library.add([folder / "HR" / "sick.md"])
    assert tags(library)["sick.md"] == ("draft", "hr", "草稿")
    hit = library.search("parents")[0]
    assert (hit.tags, hit.collection) == (("draft", "hr", "leave", "草稿"), "default")


def test_a_new_tag_on_unchanged_documents_writes_no_chunk(library: Library, folder: Path, writes: list[str]) -> None:
    library.add([folder])
    writes.clear()
    assert library.add([folder], tags=["new"]).unchanged == 3
    assert all("new" in found for found in tags(library).values())
    assert [line for line in writes if "chunks" in line or "changes" in line] == []


def test_the_date_is_the_documents_own_else_its_files(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("An old letter.")
    os.utime(tmp_path / "a.txt", (1_600_000_000, 1_600_000_000))
    library.add([tmp_path / "a.txt"])
    assert infos(library)["a.txt"].date == "2020-09-13"
    dated = Document("B", "A letter.", [Section(0, 9)], "Ada", "2019-05-01", "en", ("page 2 is scanned", "a; b"))
    monkeypatch.setattr("tests.parsing.load", lambda data, name, _: dated)
    (tmp_path / "b.txt").write_text("A letter.")
    report = library.add([tmp_path / "b.txt"])
    assert report.partial == [(str(tmp_path / "b.txt"), "page 2 is scanned; a, b")]
    info = infos(library)["b.txt"]
    assert (info.author, info.date, info.language) == ("Ada", "2019-05-01", "en")
    assert info.notice == "page 2 is scanned; a, b"
    [hit] = library.search("letter", Retrieval(), where=Filters(source="b.txt"))
    assert hit.notices == ("page 2 is scanned", "a, b")
    assert as_source(hit.as_document(1)).get("notices") == ["page 2 is scanned", "a, b"]


def test_an_unchanged_file_is_not_even_read(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, writes: list[str]
) -> None:
    monkeypatch.setattr(file_discovery, "_SETTLED_SECONDS", 0.0)
    library.add([folder])
    writes.clear()
    monkeypatch.setattr(ingest, "_read", lambda *_: pytest.fail("it was read"))
    assert library.add([folder]).unchanged == 3
    assert writes == []


def test_a_touched_file_is_unchanged_and_noted_once(library: Library, folder: Path, writes: list[str]) -> None:
    library.add([folder])
    writes.clear()
    os.utime(folder / "readme.md", (1_600_000_000, 1_600_000_000))
    assert library.add([folder]).unchanged == 3
    assert len(writes) == 1 and "UPDATE sources" in writes[0]
    writes.clear()
    assert library.add([folder]).unchanged == 3
    assert writes == []


def test_a_change_at_the_same_moment_with_the_same_size_is_seen(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The answer is 41.")
    before = path.stat()
    library.add([path])
    path.write_text("The answer is 42.")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert library.add([path]).changed == 1
    assert library.text(str(path)) == "The answer is 42."


def test_vanished_files_go_only_on_request_and_only_below_what_was_named(library: Library, folder: Path) -> None:
    library.add([folder])
    (folder / "HR" / "sick.md").unlink()
    (folder / "readme.md").unlink()
    assert library.add([folder]).removed == 0
    assert library.add([folder / "HR"], prune=True).removed == 1
    assert set(infos(library)) == {"parents.md", "readme.md"}
    assert library.search("sick", Retrieval(mode="lexical")) == []
    assert library.add([folder], prune=True).removed == 1


def test_pruning_keeps_what_is_there_but_was_passed_over(library: Library, folder: Path) -> None:
    (folder / "notes.xyz").write_text("A file that only its name brings in.")
    library.add([folder / "notes.xyz"])
    library.add([folder])
    (folder / "HR").rename(folder / ".HR")
    assert library.add([folder], prune=True).removed == 2
    assert set(infos(library)) == {"notes.xyz", "readme.md"}


def test_what_failed_is_read_again_on_request_alone(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(data: bytes, name: str, read_as: ReadAs) -> Document:
        raise SourceError("Out of memory.", "Try again.")

    with monkeypatch.context() as patch:
        patch.setattr("tests.parsing.load", breaks)
        assert len(library.add([folder]).failed) == 3
    assert [reason for _, reason in library.add([folder]).failed] == ["Out of memory. Try again."] * 3
    (folder / "readme.md").unlink()
    report = library.add([], retry=True)
    assert (report.changed, report.added) == (2, 0)
    assert [Path(source).name for source, _ in report.failed] == ["readme.md"]
    assert [name for name, info in infos(library).items() if info.error] == ["readme.md"]
    assert tags(library)["parents.md"] == ("hr", "leave")


def test_a_readable_document_stays_while_its_file_can_not_be_read(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add([folder])
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "MAX_BYTES", 3)
        (folder / "readme.md").write_text("# Readme\n\nToo much.\n")
        assert len(library.add([folder]).failed) == 3
    assert infos(library)["readme.md"].state == "ready"
    assert "larger than" in str(infos(library)["readme.md"].error)
    assert library.search("note on readme")[0].source.endswith("readme.md")
    library.add([folder])
    assert infos(library)["readme.md"].error is None
    assert library.search("too much")[0].source.endswith("readme.md")


def test_nothing_named_is_refused(library: Library) -> None:
    with pytest.raises(UsageError, match="Nothing to add"):
        library.add([])


def test_a_page_is_added_by_its_address(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    import cairn.retrieval.web_fetch

    pages = {"https://example.org/a": b"# A page\n\nIt tells of otters.\n"}

    def fetch(url: str) -> Any:
        if url not in pages:
            raise SourceError("There is no such page.", "Check the address.")
        return SimpleNamespace(url=url, bytes=pages[url], content_type="text/markdown", name="a.md")

    monkeypatch.setattr(cairn.retrieval.web_fetch, "fetch", fetch)
    report = library.add(["https://example.org/a", "https://example.org/b"])
    assert (report.added, report.failed) == (
        1,
        [("https://example.org/b", "There is no such page. Check the address.")],
    )
    assert library.search("otters")[0].source == "https://example.org/a"
    assert library.add(["https://example.org/a"]).unchanged == 1
    assert library.remove("https://example.org/a") == 1


def test_another_chunking_splits_anew_from_the_stored_text(
    library: Library, home: Home, database: Database, tmp_path: Path
) -> None:
    path, other = tmp_path / "long.txt", tmp_path / "other.txt"
    path.write_text("".join(f"Sentence number {number} is about thing{number}. " for number in range(100)))
    other.write_text("Another one.")
    library.add([path])
    before = infos(library)["long.txt"].chunks
    path.unlink()
    settings = load_settings(home.root, chunk_tokens=60, chunk_overlap=0)
    finer = Library(home, settings, database, make_embeddings(settings))
    report = finer.add([other])
    assert (report.resplit, report.added) == (1, 1)
    assert infos(finer)["long.txt"].chunks > 2 * before
    hit = finer.search("thing77")[0]
    assert "thing77" in hit.text and finer.text(str(path))[hit.start : hit.end] == hit.text
    assert finer.add([other]).resplit == 0


def test_a_passage_can_not_repeat_most_of_itself(home: Home, database: Database, folder: Path) -> None:
    settings = load_settings(home.root, chunk_tokens=60, chunk_overlap=59)
    with pytest.raises(SettingsError, match="chunk_overlap"):
        Library(home, settings, database, make_embeddings(settings)).add([folder])


def test_who_waits_for_another_process_is_told(library: Library, home: Home, folder: Path) -> None:
    told: list[str] = []
    started = threading.Event()

    def progress(_done: int, _total: int, what: str) -> None:
        told.append(what)
        started.set()

    with exclusive(home.locks / "add.lock"):
        thread = threading.Thread(target=lambda: library.add([folder], progress=progress))
        thread.start()
        started.wait(10)
    thread.join(30)
    assert told[0].startswith("waiting for another process") and "reading" in told
    assert len(library.sources()) == 3


def test_stamps_prove_nothing_while_a_file_is_new(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("x")
    status = path.stat()
    now = time.time()
    fresh, old = file_discovery.stamp_of(status, now), file_discovery.stamp_of(status, now + 60)
    assert fresh.endswith("?") and not old.endswith("?") and file_discovery.same_stamp(fresh, old)


def test_an_old_home_is_brought_up_to_date(home: Home, settings: Settings, tmp_path: Path) -> None:
    note = tmp_path / "a.txt"
    note.write_text("Trains are preferred.")
    source = {"id": 1, "collection": "default", "source": str(note), "title": "a", "text": "Trains are preferred."}
    chunk = {"id": 1, "source_id": 1, "collection": "default", "position": 0, "text": "Trains", "start": 0, "end": 6}
    make_old_database(
        settings.app_database,
        "0001",
        ("sources", {**source, "digest": "x", "recipe": "1-240-30", "state": "ready", "added": 0}),
        ("chunks", chunk),
        ("changes", {"chunk": 5000000000000000, "added": False}),
        ("changes", {"chunk": 1, "added": True}),
    )
    database = open_database(settings.app_database)
    library = Library(home, settings, database, make_embeddings(settings))
    assert library.search("trains")[0].text == "Trains"
    assert library.text(str(note)) == "Trains are preferred."
    assert library._catalog.parents([1]) == {1: (0, 6, "Trains")}
    assert library.add([note]).changed == 1
    assert infos(library)["a.txt"].date is not None
    assert library.search("trains")[0].text == "Trains are preferred."
    library.close()
    database.close()


def letter(path: Path, *attached: tuple[str, str]) -> None:
    mail = EmailMessage()
    mail["Subject"] = "Offer"
    mail.set_content("See the attachment.")
    for name, text in attached:
        mail.add_attachment(text, filename=name)
    path.write_bytes(mail.as_bytes())


def test_attachments_come_and_go_with_their_letter(library: Library, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    mail = docs / "offer.eml"
    letter(mail, ("price.txt", "The price is 50."), ("terms.md", "# Terms\n\nNo returns."))
    assert library.add([docs]).added == 3
    assert set(infos(library)) == {"offer.eml", "price.txt", "terms.md"}
    assert library.search("price of the offer 50")[0].source == f"{mail}/price.txt"
    assert library.add([docs], tags=["new"], prune=True).unchanged == 1
    assert tags(library)["price.txt"] == ("new",)
    letter(mail, ("terms.md", "# Terms\n\nReturns within a week."))
    assert library.add([docs], prune=True).changed == 2
    assert set(infos(library)) == {"offer.eml", "terms.md"}
    mail.unlink()
    assert library.add([docs], prune=True).removed == 2
    assert not library.sources()


def test_a_named_encoding_is_remembered(library: Library, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_bytes("Ключ у вахтёра.".encode("cp866"))
    library.add([note])
    assert library.add([note], encoding="IBM866").changed == 1
    assert library.text(str(note)) == "Ключ у вахтёра." and infos(library)["note.txt"].notice is None
    assert library.add([note]).unchanged == 1
    note.write_bytes("Ключ у соседа.".encode("cp866"))
    assert library.add([note]).changed == 1
    assert library.text(str(note)) == "Ключ у соседа."
    with pytest.raises(UsageError, match="no encoding"):
        library.add([note], encoding="klingon")


@pytest.mark.skipif(os.name != "posix", reason="Names are bytes on POSIX only.")
def test_file_names_that_are_not_utf8_stay_different_documents(library: Library, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    first, second = docs / os.fsdecode(b"caf\xe9.txt"), docs / os.fsdecode(b"caf\xe8.txt")
    first.write_text("Table 1 is free.")
    second.write_text("Table 2 is free.")
    library.add([docs])
    assert set(infos(library)) == {"caf\\xe9.txt", "caf\\xe8.txt"}
    again = library.add([docs], prune=True)
    assert (again.unchanged, again.removed) == (2, 0)
    first.unlink()
    assert library.add([docs], prune=True).removed == 1
    assert library.remove(second) == 1
