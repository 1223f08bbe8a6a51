"""What the page Documents does with a document, without a browser."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cairn.agents.service import Cairn
from cairn.core.settings import Home, load_settings
from cairn.ui.brought_files import folder_of
from cairn.ui.web import background_jobs, page_home
from tests.unit.ui.web.conftest import labels, page_of, press, shown

SAID = "Письмо Анны: 5 € за чай."


@pytest.fixture
def cairn(home: Home, monkeypatch: pytest.MonkeyPatch) -> Cairn:
    monkeypatch.setenv("CAIRN_SAMPLES", "false")
    return Cairn(load_settings(home.root))


def over() -> None:
    while (job := background_jobs.job("documents")) is None or not job.over:
        time.sleep(0.01)
    assert job.error is None


def test_a_document_is_read_in_another_encoding_and_back(cairn: Cairn) -> None:
    file = folder_of(cairn) / "letter.txt"
    file.write_bytes(SAID.encode("cp1251"))
    library = cairn.workspace.library
    library.add([file], encoding="cp1252")
    source = str(file)
    assert "Письмо" not in library.text(source)

    page = page_of("documents").run()
    assert page.selectbox(key=f"encoding:default:{source}").value == "cp1252"
    page.selectbox(key=f"encoding:default:{source}").select("cp1251").run()
    press(page, "Read again so")
    over()
    assert library.text(source).strip() == SAID
    [known] = library.sources()
    assert known.encoding == "cp1251"

    page = page_of("documents").run()
    page.selectbox(key=f"encoding:default:{source}").select("").run()
    press(page, "Read again so")
    over()
    [known] = library.sources()
    assert known.encoding is None


def test_the_samples_are_searched_beside_ones_own_by_a_button_and_back(
    cairn: Cairn, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CAIRN_SAMPLES")
    page_home.open_home().workspace.library.add([text_file(home)])
    page = page_of("documents").run()
    press(page, "Search the samples too")
    assert load_settings(home.root).samples == "always"
    assert "The samples are searched too" in shown(page) and "Search the samples too" not in labels(page)
    press(page, "Leave the samples out")
    assert load_settings(home.root).samples is True and "Search the samples too" in labels(page)


def text_file(home: Home) -> Path:
    file = home.root / "note.md"
    file.write_text("# Otters\n\nThey swim.\n", "utf-8")
    return file


def test_the_menus_of_a_page_are_kept_and_left_out_again(cairn: Cairn) -> None:
    file = folder_of(cairn) / "tides.html"
    main = f"<main><h1>Tides</h1><p>{'The tide turns at noon. ' * 20}</p></main>"
    file.write_text(f"<nav><a href='/a'>Harbour</a> <a href='/b'>Ferries</a></nav>{main}", "utf-8")
    library, source = cairn.workspace.library, str(file)
    library.add([file])
    assert "Ferries" not in library.text(source)
    for there in (True, False):
        page = page_of("documents").run()
        page.toggle(key=f"whole:default:{source}").set_value(there).run()
        press(page, "Read again so")
        over()
        assert ("Ferries" in library.text(source)) is there


def test_tags_are_added_as_they_stand_in_the_field(cairn: Cairn) -> None:
    """Without leaving it first; a click without any says what is missing."""
    file = folder_of(cairn) / "tides.md"
    file.write_text("# Tides\n\nThe tide turns at noon.\n", "utf-8")
    cairn.workspace.library.add([file])
    page = page_of("documents").run()
    press(page, "Add tags")
    assert [told.value for told in page.toast] == ["Write a tag first\\."]
    next(field for field in page.text_input if field.key == "tags:tides.md").set_value("sea, harbour")
    press(page, "Add tags")
    over()
    [known] = cairn.workspace.library.sources()
    assert sorted(known.tags) == ["harbour", "sea"]


def test_a_place_is_added_as_it_stands_in_the_field(cairn: Cairn, tmp_path: Path) -> None:
    (tmp_path / "tides.md").write_text("# Tides\n\nThe tide turns at noon.\n", "utf-8")
    page = page_of("documents").run()
    press(page, "Add")
    assert "Choose files" in page.toast[0].value
    next(field for field in page.text_input if "folder" in field.label).set_value(str(tmp_path))
    press(page, "Add")
    over()
    assert [Path(known.source).name for known in cairn.workspace.library.sources()] == ["tides.md"]


def test_how_a_passage_was_found_is_told_in_words(home: Home, cairn: Cairn, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder_of(cairn) / "tides.md"
    file.write_text("# Tides\n\nThe tide turns at noon.\n", "utf-8")
    cairn.workspace.library.add([file], "default")
    page = page_of("documents")
    page.session_state["language"], page.session_state["documents_view"] = "zh", "search"
    page.run()
    page.text_input(key="document_query").input("tide").run()
    assert "按词语和语义查找" in shown(page)
    assert "按词语第 1" in page.expander[-1].label


def test_documents_are_filtered_by_the_state_that_is_shown(cairn: Cairn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAIRN_SAMPLES")
    page = page_of("documents").run()
    field = next(field for field in page.text_input if field.label == "Filter")
    field.input("sample welcome").run()
    assert list(page.dataframe[0].value["Name"]) == ["welcome.md"]
