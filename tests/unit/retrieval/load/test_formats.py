from __future__ import annotations

import datetime
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import SourceError
from cairn.core.registry import packaged
from cairn.retrieval.load import Document, load
from cairn.samples.make_guides import pdf
from tests.unit.retrieval.load import files

SUFFIXES = sorted(suffix for loader in packaged("loader") for suffix in loader.needs if suffix.startswith("."))


def parts(document: Document) -> list[tuple[str | None, int | None, str]]:
    return [(part.heading, part.page, document.text[part.start : part.end].strip()) for part in document.sections]


PAGE = b"""<!doctype html><html lang="en-GB"><head><title>Leave - The Handbook</title>
<meta name="author" content="Ann Lee"><meta property="article:published_time" content="2025-03-01T10:00:00Z">
<style>p {color: red}</style><script>alert("no")</script></head>
<body><nav><a href="/">Home</a></nav><h1>Leave</h1><p>Everybody has <b>25</b>
days.<br>More later.</p><h2>Sick</h2><ul><li>Call <li>Rest</ul>
<table><caption>People</caption><tr><th>Name<th>City<tr><td>Ada<td>Berlin<tr><td>Bo<td>Oslo</table>
<pre>x = 1
  y</pre><p hidden>secret</p><div style="display: none">ghost</div><footer>(c) 2025</footer></body></html>"""


def test_a_web_page_gives_its_headings_lists_and_rows_and_nothing_of_its_machinery() -> None:
    page = load(PAGE, "leave.html")
    assert (page.title, page.author, page.date, page.language) == ("Leave", "Ann Lee", "2025-03-01", "en")
    assert parts(page) == [
        (None, None, "# Leave\n\nEverybody has 25 days.\nMore later."),
        ("Sick", None, f"## Sick\n\n- Call\n- Rest\n\nPeople\n\n{files.LINES}\n```\nx = 1\n  y\n```"),
    ]


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "iso-8859-1", "windows-1251", "shift_jis"])
def test_a_page_is_read_in_the_encoding_that_it_names(charset: str) -> None:
    words = {"gb18030": "休假规定", "windows-1251": "Отпуск", "shift_jis": "休暇の規則です"}.get(
        charset, "Müßiggang café"
    )
    html = f'<html><head><meta charset="{charset}"></head><body><p>{words}</p></body></html>'
    assert load(html.encode(charset), "x.html").text.strip() == words


def test_a_table_that_only_arranges_the_page_is_no_table() -> None:
    html = b"<html><body><table><tr><td><h2>One</h2><p>First.</p><td><h2>Two</h2><p>Second.</p></table></body></html>"
    assert [heading for heading, _, _ in parts(load(html, "x.html"))] == ["One", "Two"]


def test_a_pdf_gives_pages_bookmarks_whole_paragraphs_and_rows() -> None:
    long = "This sentence is so long that it goes over more than one line of the page, as sentences do. " * 2
    made = pdf("Guide", "Ann Lee", ["# Guide", long.strip(), "", "## People", files.ROWS, "After the table."])
    guide = load(made, "scan0001.pdf")
    assert (guide.title, guide.author, guide.date, guide.language) == ("Guide", "Ann Lee", "2026-09-14", "en")
    assert parts(guide) == [
        (None, 1, f"Guide\n\n{long.strip()}"),
        ("People", 2, f"People\n\n{files.LINES}\nAfter the table."),
    ]


def test_a_scanned_pdf_is_said_to_be_so() -> None:
    with pytest.raises(SourceError, match=r"scanned.*text recognition"):
        load(files.scanned_pdf(), "x.pdf")


@pytest.mark.parametrize("told", ["(anonymous)", "untitled", "Microsoft Word - draft.doc"])
def test_what_a_program_wrote_by_itself_is_no_title(told: str) -> None:
    assert load(pdf(told, "Ann Lee", ["Words."]), "terms.pdf").title == "terms"


def test_scanned_pages_among_others_are_named() -> None:
    words, scan = pdf("Guide", "Ann Lee", ["Words."]), files.scanned_pdf()
    mixed = load(files.joined_pdf(words, scan, scan, scan, words, scan), "x.pdf")
    assert mixed.notices == ("pages 2-4, 6 are scanned: they hold no text",)
    assert [part.page for part in mixed.sections] == [1, 5]
    assert load(files.joined_pdf(words, scan), "x.pdf").notices == ("page 2 is scanned: it holds no text",)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "empty"),
        (b"just words", "not a PDF"),
        (b"%PDF-1.7\nand then nothing", "damaged"),
        (files.raw_pdf(b""), "no text"),
        (files.encrypted_pdf(), "password"),
        (pdf("x", "y", ["words"])[:300], "damaged"),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why(data: bytes, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        load(data, "x.pdf")


def test_a_word_document_gives_headings_lists_tables_and_properties() -> None:
    guide = load(files.word(), "x.docx")
    assert (guide.title, guide.author, guide.date) == ("Guide", "Ann Lee", "2025-03-01")
    assert parts(guide) == [
        (None, None, "# Guide\n\nWho it is for."),
        ("Leave", None, "# Leave"),
        ("Leave > Sick", None, f"## Sick\n\nCall your lead.\n\n- before ten\n\n{files.LINES}".strip()),
    ]


def test_tracked_insertions_and_content_controls_are_read_and_deletions_are_not() -> None:
    main = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'
    body = (
        b"<w:p><w:r><w:t>kept </w:t></w:r><w:ins><w:r><w:t>added</w:t></w:r></w:ins>"
        b"<w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
        b"<w:sdt><w:sdtContent><w:p><w:r><w:t>in a control</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    made = files.replaced(files.word(), "word/document.xml", main % body)
    assert load(made, "x.docx").text == "kept added\n\nin a control\n\n"


def test_slides_are_pages_with_notes_and_tables() -> None:
    deck = load(files.slides(), "x.pptx")
    assert deck.title == "Plan"
    assert parts(deck) == [
        ("Plan", 1, "## Plan\n\nWalk\nRest\n\nNotes: Say it slowly."),
        ("People", 2, f"## People\n\n{files.LINES}".strip()),
    ]


def test_cells_are_written_as_people_write_them() -> None:
    day = datetime.datetime(2025, 5, 1)
    rows = [("Staff list",), ("Name", "Share", "Born", "Sum", "Pay"), ("Ada", 0.175, day, 0.1 + 0.2, 1200)]
    made = files.workbook({"People": rows, "Empty": []}, {1: "0.0%", 4: "[$£-809]#,##0"})
    book = load(made, "x.xlsx")
    assert parts(book) == [
        ("People", None, "Staff list\nName: Ada; Share: 17.5%; Born: 2025-05-01; Sum: 0.3; Pay: £1200")
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_delimiter_and_encoding_of_a_csv_are_guessed(delimiter: str, encoding: str) -> None:
    text = f'Name{delimiter}City\nZoë{delimiter}"Köln, {delimiter} Mitte"\n'
    assert load(text.encode(encoding), "x.csv").text == f"Name: Zoë; City: Köln, {delimiter} Mitte\n".replace("\t ", "")


def test_rows_without_a_header_stay_rows() -> None:
    assert load(b"1,2\n3,4\n", "x.csv").text == "1 | 2\n3 | 4\n"
    assert load(b"Year,2023,2024\nUK,5,6\n", "x.csv").text == "Year: UK; 2023: 5; 2024: 6\n"


def test_each_record_of_json_is_a_section() -> None:
    data = {"version": 2, "people": [{"name": "Ada", "tags": ["a", "b"], "home": {"city": "Berlin"}}, {"name": "Bo"}]}
    assert parts(load(json.dumps(data).encode(), "x.json")) == [
        (None, None, "version: 2"),
        ("people > Ada", None, "name: Ada\ntags: a, b\nhome.city: Berlin"),
        ("people > Bo", None, "name: Bo"),
    ]
    lines = b'{"id": 7, "ok": true}\n\n{"id": 8, "sum": 1.5}\n'
    assert parts(load(lines, "x.jsonl")) == [("7", None, "id: 7\nok: true"), ("8", None, "id: 8\nsum: 1.5")]


def test_json_that_is_broken_says_where() -> None:
    with pytest.raises(SourceError, match="line 2"):
        load(b'{"a": 1}\n{"a": \n', "x.jsonl")
    with pytest.raises(SourceError, match="line 1"):
        load(b"[1, 2", "x.json")
    with pytest.raises(SourceError, match="deep"):
        load(b"[" * 100_000 + b"]" * 100_000, "x.json")


CODE = {
    "x.py": ("import os\n\n# Adds.\n@cache\ndef add(a, b):\n    return a\n\n\nclass Sum:\n    x = 1\n", ["add", "Sum"]),
    "old.py": ('print "two"\ndef add(a):\n    pass\n', ["add"]),
    "x.js": ("import a from 'a'\n\nexport function add(a) {\n}\n\nconst sum = (a) => {\n}\n", ["add", "sum"]),
    "x.ts": ("export interface Sum {\n}\nexport default class Add {\n}\n", ["Sum", "Add"]),
    "x.go": ("package x\n\n// Add adds.\nfunc (s *Sum) Add(a int) error {\n}\n", ["Add"]),
    "x.rs": ("use a;\n\n/// Adds.\npub fn add(a: u8) {}\n\npub struct Sum;\n", ["add", "Sum"]),
    "x.java": ("package a;\n\npublic class Sum {\n    private int add(int a) {\n    }\n}\n", ["Sum", "add"]),
    "x.c": ("#include <a.h>\n\nstatic int add(int a, int b)\n{\n}\n", ["add"]),
    "x.sql": ("-- people\nCREATE TABLE people (id int);\ncreate or replace view old AS SELECT 1;\n", ["people", "old"]),
    "x.sh": ("#!/bin/sh\nset -e\nadd() {\n}\n", ["add"]),
}


@pytest.mark.parametrize("name", CODE)
def test_source_code_has_a_section_for_each_definition(name: str) -> None:
    text, names = CODE[name]
    document = load(text.encode(), name)
    assert document.text == text
    assert [part.heading for part in document.sections if part.heading] == names
    assert document.sections[0].start == 0 and document.sections[-1].end == len(text)
    if name == "x.py":
        assert parts(document)[1][2].startswith("# Adds.\n@cache\ndef add")


def test_a_book_is_read_in_its_order_and_a_letter_with_its_head() -> None:
    chapter = "<html><body><h1>{0}</h1><p>Text of {0}.</p></body></html>"
    made = files.archive(
        {
            "META-INF/container.xml": b'<c><rootfiles><rootfile full-path="a/b.opf"/></rootfiles></c>',
            "a/b.opf": b"""<p xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Walks</dc:title><dc:creator>Ann
                </dc:creator><manifest><item id="1" href="one.html"/><item id="2" href="two%20b.html"/></manifest>
                <spine><itemref idref="2"/><itemref idref="1"/></spine></p>""",
            "a/one.html": chapter.format("One").encode(),
            "a/two b.html": chapter.format("Two").encode(),
        }
    )
    book = load(made, "x.epub")
    assert (book.title, book.author) == ("Walks", "Ann")
    assert parts(book) == [("Two", 1, "# Two\n\nText of Two."), ("One", 2, "# One\n\nText of One.")]
    letter = load(
        b"From: Ann <ann@example.org>\nSubject: Hello\nDate: Mon, 3 Mar 2025 10:00:00 +0000\n\nCome.\n", "x.eml"
    )
    assert (letter.title, letter.date) == ("Hello", "2025-03-03")
    assert letter.text.endswith("Subject: Hello\n\nCome.\n\n")


def test_front_matter_says_who_wrote_a_page_and_when() -> None:
    text = b"---\nTitle: Leave\nauthor: [Ann, Bo]\ndate: 2025-03-01\ntags: [hr, 2025]\nlang: en-GB\n---\nWords.\n"
    page = load(text, "x.md")
    assert (page.title, page.author, page.date, page.language) == ("Leave", "Ann, Bo", "2025-03-01", "en")
    assert page.tags == ("hr", "2025")
    assert load(b"---\ntitle: a: b: [\nauthor: Ann\n---\nWords.\n", "x.md").author == "Ann"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The committee decides on the budget, and it is not open to the public.", "en"),
        ("Der Ausschuss entscheidet über das Budget und die Sitzung ist nicht öffentlich.", "de"),
        ("Le comité décide du budget et la séance n'est pas ouverte au public.", "fr"),
        ("El comité decide sobre el presupuesto y la sesión no es pública para los demás.", "es"),
        ("员工每年享有十五天带薪年假。", "zh"),
        ("有給休暇は毎年二十日です。", "ja"),
        ("Комитет решает, как и на что идут деньги.", "ru"),
        ("직원은 매년 휴가를 받습니다.", "ko"),
        ("12345 67890", None),
        ("Tarn Thistle Aldermere", None),
    ],
)
def test_the_language_is_guessed(text: str, language: str | None) -> None:
    assert load(text.encode(), "x.txt").language == language


@pytest.mark.parametrize(
    ("name", "data", "loader"),
    [
        ("x.txt", pdf("Guide", "Ann", ["Words."]), "a PDF"),
        ("x.pdf", files.word(), "a Word document"),
        ("x.docx", files.slides(), "a presentation"),
        ("x.txt", PAGE, "a web page"),
        ("x.csv", files.workbook({"A": files.ROWS}), "a workbook"),
    ],
)
def test_content_that_contradicts_the_name_is_read_as_what_it_is(name: str, data: bytes, loader: str) -> None:
    document = load(data, name)
    assert document.notices[0] == f"it was read as {loader}, not as its name says"


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("x.docx", b"words", "not a Word document"),
        ("x.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), "password"),
        ("x.pptx", files.word()[:2000], "damaged"),
        ("x.docx", files.archive({"a.txt": b"hello"}), "not a Word document"),
        ("x.txt", b"\x89PNG\r\n\x1a\n\0\0", "PNG"),
        ("x.json", b"\x00\x01\x02\x03", "binary"),
        ("x.html", b"<html><body><script>1</script></body></html>", "no text"),
        ("x.csv", b"\n\n", "no text"),
        ("x.eml", b"\n\n", "no text"),
    ],
)
def test_what_cannot_be_read_says_what_it_is(name: str, data: bytes, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        load(data, name)


@pytest.mark.parametrize(
    "name", ["../../etc/x.md", "..\\..\\x.md", "x\x00.md", "\ud800.md", ".md", "", "a" * 5000 + ".md"]
)
def test_a_strange_name_is_only_a_name(name: str) -> None:
    title = load(b"Words.", name).title
    assert title and len(title) <= 300
    assert "/" not in title and "\\" not in title and "\x00" not in title
    title.encode()


@given(st.sampled_from(SUFFIXES), st.binary(max_size=120))
def test_any_bytes_under_any_name_are_a_document_or_a_clear_refusal(suffix: str, data: bytes) -> None:
    try:
        document = load(data, "x" + suffix)
    except SourceError as error:
        assert error.message and error.hint
        return
    assert document.text.strip()


TEXT = st.text(max_size=12)


@given(st.lists(st.dictionaries(TEXT, st.none() | st.integers() | TEXT | st.lists(TEXT, max_size=2), max_size=3)))
def test_sections_of_any_json_are_in_order_and_hold_all_text(records: list[dict[str, object]]) -> None:
    try:
        document = load(json.dumps(records).encode(), "x.json")
    except SourceError:
        return
    _check(document)


@given(st.lists(st.lists(TEXT, max_size=4), max_size=5), st.sampled_from(["html", "csv"]))
def test_rows_of_any_table_lose_no_word(rows: list[list[str]], suffix: str) -> None:
    words = [[" ".join("".join(c for c in cell if c.isalnum()).split()) for cell in row] for row in rows]
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in words)
    html = f"<html><body><table>{body}</table></body></html>"
    text = html if suffix == "html" else "\n".join(",".join(row) for row in words)
    try:
        document = load(text.encode(), f"x.{suffix}")
    except SourceError:
        return
    _check(document)
    assert all(cell in document.text for row in words for cell in row)


def _check(document: Document) -> None:
    end = 0
    for section in document.sections:
        assert end == section.start < section.end <= len(document.text)
        end = section.end
    assert end == len(document.text)


def test_a_hidden_shape_of_a_slide_is_left_out() -> None:
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    for words in ("Open at nine.", "Ignore all."):
        slide.shapes.add_textbox(0, 0, Inches(2), Inches(1)).text_frame.text = words
    slide.shapes[1]._element.nvSpPr.cNvPr.set("hidden", "1")
    file = io.BytesIO()
    deck.save(file)
    document = load(file.getvalue(), "x.pptx")
    assert document.text.strip() == "Open at nine."
    assert document.notices == ("hidden text is left out",)


def test_a_key_that_a_record_of_json_has_twice_keeps_both_values() -> None:
    document = load(b'[{"name": "Ada", "phone": "1", "phone": "2"}, {"name": "Bob", "phone": "3"}]', "x.json")
    assert document.text.split("\n\n") == ["name: Ada\nphone: 1, 2", "name: Bob\nphone: 3", ""]
    assert document.notices == ("said more than once in one record, and kept each time: `phone`",)


def test_a_table_within_a_table_that_arranges_the_page_is_read_as_rows() -> None:
    inner = "<table><tr><th>Quay<th>Fee<tr><td rowspan=2>East<td>30<tr><td>31</table>"
    page = f"<table><tr><td>{inner}<td><table><tr><td>Ring the mate.</table></table>"
    assert load(page.encode(), "x.html").text.split("\n\n") == [
        "Quay: East; Fee: 30\nQuay: East; Fee: 31",
        "Ring the mate.",
        "",
    ]


def test_slides_with_little_but_pictures_are_named() -> None:
    from PIL import Image
    from pptx import Presentation

    picture, file = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    deck = Presentation()
    for words in ("Catch", None):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = "Fish"
        slide.shapes.add_picture(picture, 0, 0)
        if words:
            slide.shapes.add_textbox(0, 0, 9, 9).text_frame.text = words
    deck.save(file)
    assert load(file.getvalue(), "x.pptx").notices == ("slides that hold little but pictures, which are not read: 2",)
