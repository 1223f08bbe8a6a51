"""Files of each format, made by the tests themselves."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Mapping, Sequence

ROWS = (("Name", "City"), ("Ada", "Berlin"), ("Bo", "Oslo"))
LINES = "Name: Ada; City: Berlin\nName: Bo; City: Oslo\n"


def word(*, author: str = "Ann Lee") -> bytes:
    import docx

    file = docx.Document()
    file.core_properties.author = author
    file.core_properties.modified = datetime.datetime(2025, 3, 1)
    file.add_heading("Guide", 0)
    file.add_paragraph("Who it is for.")
    file.add_heading("Leave", 1)
    file.add_heading("Sick", 2)
    file.add_paragraph("Call your lead.")
    file.add_paragraph("before ten", style="List Bullet")
    table = file.add_table(len(ROWS), 2)
    for cells, row in zip(table.rows, ROWS, strict=True):
        for cell, words in zip(cells.cells, row, strict=True):
            cell.text = words
    return _saved(file)


def slides() -> bytes:
    from pptx import Presentation
    from pptx.util import Inches

    file = Presentation()
    first = file.slides.add_slide(file.slide_layouts[1])
    first.shapes.title.text = "Plan"
    first.placeholders[1].text = "Walk\nRest"
    first.notes_slide.notes_text_frame.text = "Say it slowly."
    second = file.slides.add_slide(file.slide_layouts[5])
    second.shapes.title.text = "People"
    table = second.shapes.add_table(len(ROWS), 2, 0, 0, Inches(3), Inches(1)).table
    for row, words in enumerate(ROWS):
        for column, word_ in enumerate(words):
            table.cell(row, column).text = word_
    return _saved(file)


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]], formats: Mapping[int, str] | None = None) -> bytes:
    """`formats` by column."""
    import openpyxl

    file = openpyxl.Workbook()
    file.remove(file.worksheets[0])
    for name, rows in sheets.items():
        sheet = file.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                cell.number_format = (formats or {}).get(cell.column - 1, cell.number_format)
    return _saved(file)


def archive(members: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return made.getvalue()


def replaced(package: bytes, member: str, data: bytes) -> bytes:
    """An Office file with one of its parts exchanged."""
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        return archive({name: data if name == member else file.read(name) for name in file.namelist()})


def _saved(file: object) -> bytes:
    made = io.BytesIO()
    file.save(made)
    return made.getvalue()


def raw_pdf(
    content: bytes,
    resources: bytes = b"",
    extra: Sequence[bytes] = (),
    trailer: str = "",
    catalog: bytes = b"",
    page: bytes = b"",
) -> bytes:
    """One page; `extra` are objects from number 5 on."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << %s >> %s >>"
        % (resources, page),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        *extra,
    ]
    out, places = bytearray(b"%PDF-1.4\n"), list[int]()
    for number, data in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, data)
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


Placed = tuple[float, float, float, str]
"""Left edge and baseline in points from below, the letters' size, the words."""


def placed_pdf(*words: Placed, extra: Sequence[bytes] = (), catalog: bytes = b"", page: bytes = b"") -> bytes:
    """One page with words at their places, drawn in this order."""
    drawn = [f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET" for x, y, size, text in words]
    font = b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    return raw_pdf("\n".join(drawn).encode("ascii"), font, extra, "", catalog, page)


def scanned_pdf() -> bytes:
    image = b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\nstream\n\x80\nendstream"  # noqa: E501
    return raw_pdf(b"q 595 0 0 842 0 0 cm /I1 Do Q", b"/XObject << /I1 5 0 R >>", [image])


def encrypted_pdf() -> bytes:
    padded = bytes(range(32)).hex()
    cipher = f"<< /Filter /Standard /V 1 /R 2 /O <{padded}> /U <{padded}> /P -4 >>".encode()
    return raw_pdf(b"", b"", [cipher], f"/Encrypt 5 0 R /ID [<{'00' * 16}> <{'00' * 16}>]")


def joined_pdf(*files: bytes) -> bytes:
    """Their pages in one file."""
    import pypdfium2

    whole = pypdfium2.PdfDocument.new()
    for data in files:
        whole.import_pages(pypdfium2.PdfDocument(data))
    made = io.BytesIO()
    whole.save(made)
    return made.getvalue()
