from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from cairn.core.app_database import Database
from cairn.core.errors import StorageError, UsageError
from cairn.core.events import listening
from cairn.core.settings import Home, Settings, load_settings
from cairn.core.task import Retrieval
from cairn.models.embedder import Embedder
from cairn.models.embeddings import make_embeddings
from cairn.retrieval import dense_index
from cairn.retrieval.dense_index import Dense
from cairn.retrieval.library import Library


class Heard(list[tuple[str, Any]]):
    def __call__(self, type: str, data: Any) -> None:
        self.append((type, data))

    @property
    def notices(self) -> list[str]:
        return [data["text"] for type, data in self if type == "notice"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "leave.md").write_text(
        "# Leave\n\n## Parental leave\n\nParents get 20 weeks.\n\n## Sick leave\n\nCall in.\n"
    )
    (docs / "travel.txt").write_text("Trains are preferred to planes on journeys below 800 km.")
    (docs / "假期.md").write_text("# 假期\n\n员工每年享有十五天带薪年假。\n")
    return docs


def test_passages_are_found_by_question_in_english_and_chinese(library: Library, folder: Path) -> None:
    report = library.add([folder])
    assert (report.added, report.chunks, report.failed) == (3, 4, [])
    hit = library.search("How long is parental leave?")[0]
    assert (hit.title, hit.heading, hit.source) == ("Leave", "Parental leave", str(folder / "leave.md"))
    assert library.text(hit.source)[hit.start : hit.end] == hit.text
    assert hit.found_by == {"lexical": 1, "dense": 1}
    assert library.search("年假有几天？")[0].title == "假期"
    assert library.search("假")[0].title == "假期"


@pytest.mark.parametrize("mode", ["lexical", "dense", "fused"])
def test_each_mode_finds_and_reports_itself(library: Library, folder: Path, mode: Any) -> None:
    library.add([folder])
    heard = Heard()
    with listening(heard):
        assert library.search("trains or planes", Retrieval(mode=mode))[0].source.endswith("travel.txt")
    assert [data["detail"].split(":")[0] for type, data in heard if type == "stage"] == [mode]


@pytest.mark.parametrize(
    "query", ["", "  \n", "AND OR NOT", '"unclosed', "body:x^2 ~ [a TO", "\ud800", "x" * 100_000, "？！", "\x00"]
)
def test_any_text_is_a_query(library: Library, folder: Path, query: str) -> None:
    library.add([folder])
    assert isinstance(library.search(query), list)


def test_adding_again_writes_nothing(library: Library, folder: Path, database: Database) -> None:
    library.add([folder])
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    report = library.add([folder])
    assert (report.added, report.changed, report.unchanged, report.chunks) == (0, 0, 3, 0)
    assert [line for line in statements if not line.lstrip().upper().startswith("SELECT")] == []


def test_a_changed_file_replaces_its_passages(library: Library, folder: Path) -> None:
    library.add([folder])
    (folder / "travel.txt").write_text("Bicycles are preferred.")
    assert library.add([folder]).changed == 1
    assert not [hit for hit in library.search("trains planes", Retrieval(k=9)) if "Trains" in hit.text]
    assert library.search("bicycles")[0].text == "Bicycles are preferred."


def test_removing_a_file_or_a_folder_forgets_it_everywhere(library: Library, folder: Path) -> None:
    library.add([folder])
    assert library.remove(folder / "travel.txt") == 1
    assert not [hit for hit in library.search("trains", Retrieval(k=9)) if "Trains" in hit.text]
    assert library.remove("") == 0
    assert library.remove(str(folder)) == 2
    assert library.remove(folder) == 0
    assert (library.search("leave"), library.sources()) == ([], [])


def test_a_file_that_fails_is_kept_with_its_reason_and_recovers(library: Library, folder: Path) -> None:
    (folder / "broken.md").write_bytes(b"\x00\x01\x02")
    reason = "It is not text but binary data."
    for _ in range(2):
        [(source, said)] = library.add([folder]).failed
        assert source.endswith("broken.md") and said.startswith(reason)
    assert [info.state for info in library.sources() if info.source.endswith("broken.md")] == ["failed"]
    with pytest.raises(UsageError):
        library.text(str(folder / "broken.md"))
    (folder / "broken.md").write_text("Now it is text.")
    assert library.add([folder]).failed == []
    assert library.search("now text")[0].source.endswith("broken.md")


def test_what_is_not_for_us_is_skipped_and_named(library: Library, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n\nOutside.")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    (folder / ".hidden.md").write_text("hidden")
    (folder / "image.png").write_bytes(b"\x89PNG")
    os.mkfifo(folder / "pipe.txt")
    report = library.add([folder])
    assert {Path(source).name for source, _ in report.skipped} == {
        "link.md",
        "up",
        ".hidden.md",
        "image.png",
        "pipe.txt",
    }
    assert report.failed == []
    assert [reason for _, reason in library.add([folder / "pipe.txt"]).unopened] == ["It is not a regular file."]
    assert not any("Outside" in hit.text for hit in library.search("secret outside", Retrieval(k=20)))


def test_a_path_that_is_not_there_is_refused_before_anything_is_written(library: Library, folder: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.md can't be added"):
        library.add([folder, folder / "nowhere.md"])
    assert library.sources() == []


def test_a_document_in_two_collections_is_found_once(library: Library, folder: Path) -> None:
    for collection in ("one", "two"):
        library.add([folder], collection)
    for query in ("Which documents are there?", "source:md"):
        alone = library.search(query, Retrieval(k=20, collections=["one"]))
        both = library.search(query, Retrieval(k=20))
        assert len(both) == len({(hit.source, hit.start, hit.text) for hit in both}) == len(alone)


@pytest.mark.parametrize("path", ["", "  "])
def test_an_empty_path_is_not_the_folder_one_is_in(library: Library, path: str) -> None:
    with pytest.raises(UsageError, match="An empty path"):
        library.add([path])
    assert library.sources() == []


@pytest.mark.parametrize("address", ["https://u:p4ssw0rd@example.org/", "https://t0ken-of-mine@example.org/x"])
def test_an_address_with_a_secret_in_it_is_kept_nowhere(library: Library, address: str) -> None:
    with pytest.raises(UsageError, match="with a user or a password") as error:
        library.add([address])
    assert "p4ssw0rd" not in str(error.value) and "t0ken" not in str(error.value)
    assert library.sources() == []


def test_an_address_that_is_no_pages_is_told_from_a_file_that_is_not_there(library: Library) -> None:
    with pytest.raises(UsageError, match=r"ftp://a\.example/b can't be added") as error:
        library.add(["ftp://a.example/b"])
    assert "https://" in str(error.value.hint)


@pytest.mark.parametrize("name", ["", " ", "a/b", "x" * 65, "a\nb"])
def test_a_collection_has_a_usable_name(library: Library, folder: Path, name: str) -> None:
    with pytest.raises(UsageError):
        library.add([folder], collection=name)


def test_other_collections_do_not_change_what_words_find_in_one(library: Library, folder: Path, tmp_path: Path) -> None:
    """Neither how rare a word is there, nor how long the passages beside it are."""
    spec = Retrieval(mode="lexical", collections=["one"])
    library.add([folder], collection="one")
    before = [(hit.source, hit.score) for hit in library.search("weeks of leave", spec)]
    others = tmp_path / "others"
    others.mkdir()
    for number in range(20):
        (others / f"{number}.txt").write_text("leave " * (10 * number + 1) + str(number))
    library.add([others], collection="other")
    assert before == [(hit.source, hit.score) for hit in library.search("weeks of leave", spec)]
    both = library.search("weeks of leave", Retrieval(mode="lexical", collections=["one", "other"], k=30))
    assert {hit.collection for hit in both} == {"one", "other"}
    assert library.remove(others) == 20
    assert before == [(hit.source, hit.score) for hit in library.search("weeks of leave", spec)]


def test_samples_answer_until_there_is_something_of_ones_own(library: Library, folder: Path) -> None:
    library.add([folder / "travel.txt"], collection="samples")
    assert library.search("trains")[0].source.endswith("travel.txt")
    library.add([folder / "假期.md"], collection="人事")
    assert {Path(hit.source).name for hit in library.search("trains 年假")} == {"假期.md"}
    assert {Path(hit.source).name for hit in library.search("trains", Retrieval(collections=["samples"]))} == {
        "travel.txt"
    }


def test_samples_answer_beside_ones_own_when_that_is_said(library: Library, home: Home, folder: Path) -> None:
    library.add([folder / "travel.txt"], collection="samples")
    library.add([folder / "leave.md"])
    assert library.left_out()
    before = library.fingerprint()
    library.apply(load_settings(home.root, samples="always"))
    assert library.fingerprint() != before, "else answers are known that rest on other documents"
    assert {Path(hit.source).name for hit in library.search("trains and leave")} == {"travel.txt", "leave.md"}
    assert not library.left_out()


def test_hidden_samples_never_answer(home: Home, database: Database, folder: Path) -> None:
    settings = load_settings(home.root, samples=False)
    library = Library(home, settings, database, make_embeddings(settings))
    library.add([folder / "travel.txt"], collection="samples")
    assert library.search("trains") == []
    library.close()


def test_an_unknown_collection_is_said(library: Library, folder: Path) -> None:
    library.add([folder])
    heard = Heard()
    with listening(heard):
        assert library.search("leave", Retrieval(collections=["nope"])) == []
    assert heard.notices == ["There are no documents in the collection nope."]


class OnlyLatin(Embedder):
    """Knows one vector, and no Chinese: blindly fused it would put every passage at the same place."""

    @property
    def fingerprint(self) -> str:
        return "only-latin"

    def covers(self, text: str) -> bool:
        return text.isascii()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, 0.0] for _ in texts]

    def embed_query(self, text: str) -> list[float]:
        return [1.0, 0.0]


@pytest.mark.parametrize("exact", [1000, 0])
def test_in_a_script_that_the_model_does_not_know_the_letters_take_its_place(
    home: Home, settings: Settings, database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch, exact: int
) -> None:
    monkeypatch.setattr(dense_index, "_EXACT", exact)
    (folder / "salary.txt").write_text("Зарплату выдают по пятницам.", "utf-8")
    (folder / "printer.txt").write_text("Принтер стоит в коридоре.", "utf-8")
    library = Library(home, settings, database, OnlyLatin())
    library.add([folder])
    dense = Retrieval(mode="dense", k=9)
    found = [Path(hit.source).name for hit in library.search("зарплата", dense)]
    assert found[0] == "salary.txt" and "printer.txt" in found
    english = {Path(hit.source).name for hit in library.search("parental leave", dense)}
    assert english and not english & {"salary.txt", "printer.txt"}
    assert "dense" in library.search("зарплата", Retrieval(fusion="rrf", dense_weight=1.0))[0].found_by
    assert library.search("зарплата", Retrieval(rerank=["mmr"]))[0].source.endswith("salary.txt")
    library.close()


def test_another_embedder_embeds_the_catalog_anew(
    library: Library, home: Home, settings: Settings, database: Database, folder: Path
) -> None:
    library.add([folder])
    other = Library(home, settings, database, OnlyLatin())
    heard = Heard()
    with listening(heard):
        assert len(other.search("leave", Retrieval(mode="dense", k=9))) == 3, "the Chinese one is known by its letters"
    assert heard.notices == ["The vector index is being made from the catalog."]
    assert library.search("parental leave", Retrieval(mode="dense"))[0].heading == "Parental leave"


def test_words_alone_answer_when_the_embedder_is_away(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add([folder])

    def away(*_: Any) -> Any:
        raise StorageError("The server is away.")

    monkeypatch.setattr(Dense, "search_vector", away)
    heard = Heard()
    with listening(heard):
        assert library.search("parental leave")[0].heading == "Parental leave"
    assert heard.notices == ["Searched by words alone: The server is away."]
    with pytest.raises(StorageError):
        library.search("parental leave", Retrieval(mode="dense"))


def test_an_interrupted_add_is_completed_by_the_next_search(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Dense, "apply", _interrupted)
        library.add([folder])
    assert library.search("parental leave")[0].found_by == {"lexical": 1, "dense": 1}


def _interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("phase", ["reading", "word index", "vector index"])
def test_ctrl_c_at_any_progress_leaves_a_state_that_converges(library: Library, folder: Path, phase: str) -> None:
    def interrupt(_done: int, _total: int, what: str) -> None:
        if what == phase:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.add([folder], progress=interrupt)
    library.add([folder])
    assert sorted(info.chunks for info in library.sources()) == [1, 1, 2]
    for query in ("parental", "sick", "trains", "年假"):
        assert library.search(query)[0].found_by == {"lexical": 1, "dense": 1}


def test_an_emptied_catalog_does_not_answer_from_an_old_index(
    library: Library, home: Home, settings: Settings, database: Database, folder: Path, tmp_path: Path
) -> None:
    from cairn.core.app_database import open_database

    library.add([folder])
    fresh = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    other = Library(home, settings, fresh, make_embeddings(settings))
    other.add([folder / "travel.txt"])
    assert {Path(hit.source).name for hit in other.search("leave trains", Retrieval(k=9))} == {"travel.txt"}
    fresh.close()
