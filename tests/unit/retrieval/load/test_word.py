from __future__ import annotations

import io
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from cairn.retrieval.load import Document, load

W = nsdecls("w")
MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def read(file: Any) -> Document:
    made = io.BytesIO()
    file.save(made)
    return load(made.getvalue(), "x.docx")


def test_merged_cells_carry_their_text() -> None:
    file = docx.Document()
    table = file.add_table(5, 3)
    for row, words in zip(
        table.rows, ("Quay Fee Fee", "Quay May June", "East 30 35", "East 31 36", "West 20 25"), strict=True
    ):
        for cell, word in zip(row.cells, words.split(), strict=True):
            cell.text = word
    for first, last in (((0, 1), (0, 2)), ((0, 0), (1, 0)), ((2, 0), (3, 0))):
        text = table.cell(*first).text
        table.cell(*first).merge(table.cell(*last)).text = text
    assert read(file).text.strip().splitlines() == [
        "Quay: East; Fee May: 30; Fee June: 35",
        "Quay: East; Fee May: 31; Fee June: 36",
        "Quay: West; Fee May: 20; Fee June: 25",
    ]


def test_what_is_raised_lowered_struck_out_or_hidden() -> None:
    file = docx.Document()
    paragraph = file.add_paragraph("It makes 10")
    paragraph.add_run("6").font.superscript = True
    paragraph.add_run(" cells and H")
    paragraph.add_run("2").font.subscript = True
    paragraph.add_run("O for ")
    paragraph.add_run("50 ").font.strike = True
    paragraph.add_run("45")
    paragraph.add_run(" secret").font.hidden = True
    document = read(file)
    assert document.text.strip() == "It makes 10^6 cells and H2O for 45"
    assert document.notices == ("struck-out text is left out", "hidden text is left out")


def test_lists_and_headings_show_their_numbers() -> None:
    file = docx.Document()
    for words in ("Cut", "Saw"):
        file.add_paragraph(words, style="List Number")
    numbering = file.part.numbering_part.element
    numbering.insert(0, parse_xml(
        f'<w:abstractNum {W} w:abstractNumId="90"><w:lvl w:ilvl="0"><w:start w:val="4"/><w:numFmt w:val="decimal"/>'
        '<w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/>'
        '<w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum>'
    ))  # fmt: skip
    numbering.append(parse_xml(f'<w:num {W} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    for words, level in (("One", 0), ("Sub", 1), ("More", 1), ("Two", 0), ("Deep", 1)):
        listed = f'<w:numPr {W}><w:ilvl w:val="{level}"/><w:numId w:val="90"/></w:numPr>'
        file.add_paragraph(words)._p.get_or_add_pPr().append(parse_xml(listed))
    assert read(file).text.split("\n")[:7] == [
        "1. Cut",
        "2. Saw",
        "4. One",
        "4.a) Sub",
        "4.b) More",
        "5. Two",
        "5.a) Deep",
    ]


def test_headers_and_footers_are_read_once_and_tracked_deletions_never() -> None:
    file = docx.Document()
    file.add_paragraph("Body.")
    file.sections[0].header.paragraphs[0].text = "Harbour office"
    file.sections[0].footer.paragraphs[0].text = "Draft of May"
    file.add_section()
    gone = f"<w:p {W}><w:r><w:t>Now</w:t></w:r><w:del><w:r><w:delText> 40</w:delText></w:r></w:del></w:p>"
    file.element.body.insert(0, parse_xml(gone))
    document = read(file)
    assert document.text.count("Harbour office") == document.text.count("Draft of May") == 1
    assert "40" not in document.text and "deletion" in " ".join(document.notices)


def test_equations_are_linear_text() -> None:
    run = "<m:r><m:t>{}</m:t></m:r>".format
    power = f"<m:sSup><m:e>{run('b')}</m:e><m:sup>{run('2')}</m:sup></m:sSup>"
    root = f"<m:rad><m:radPr><m:degHide/></m:radPr><m:deg/><m:e>{power}{run('-4ac')}</m:e></m:rad>"
    made = f"<m:f><m:num>{run('-b±')}{root}</m:num><m:den>{run('2a')}</m:den></m:f>"
    file = docx.Document()
    file.add_paragraph("So x is ")._p.append(parse_xml(f"<m:oMath {MATH}>{made}</m:oMath>"))
    assert read(file).text.strip() == "So x is (-b±√(b^2-4ac))/(2a)"


def test_a_hidden_row_of_a_table_is_left_out() -> None:
    file = docx.Document()
    table = file.add_table(3, 2)
    for row, words in zip(table.rows, ("Quay Fee", "East 30", "West 20"), strict=True):
        for cell, word in zip(row.cells, words.split(), strict=True):
            cell.text = word
    table.rows[1]._tr.get_or_add_trPr().append(parse_xml(f"<w:hidden {W}/>"))
    document = read(file)
    assert document.text.strip() == "Quay: West; Fee: 20"
    assert document.notices == ("hidden text is left out",)


def test_comments_are_read_with_the_names_of_who_wrote_them() -> None:
    file = docx.Document()
    file.add_comment(file.add_paragraph("Open until October.").runs, "Ask the mate.", author="Ada")
    document = read(file)
    assert document.text.split() == ["Open", "until", "October.", "Ada:", "Ask", "the", "mate."]
    assert document.sections[-1].heading == "Comments"
    assert not document.notices
