"""PPTX: each slide is a page, with its tables, charts and notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from retrieval.load.archive import check_archive
from retrieval.load.document import Document, Writer, iso_date
from retrieval.load.tables import rows_as_lines


def load_slides(data: bytes, name: str) -> Document:
    check_archive(data)
    from pptx import Presentation

    file: Any = Presentation(BytesIO(data))
    properties = file.core_properties
    writer = Writer()
    first: str | None = None
    for number, slide in enumerate(file.slides, 1):
        title = slide.shapes.title
        heading = " ".join(title.text_frame.text.split()) if title is not None else ""
        first = first or heading
        writer.section(heading or None, number)
        if heading:
            writer.paragraph(f"## {heading}")
        for shape in _shapes(slide.shapes):
            if title is None or shape.shape_id != title.shape_id:
                _write(writer, shape)
        if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
            writer.paragraph(f"Notes: {notes.text}" if notes.text.strip() else "")
    told = " ".join((properties.title or "").split())
    return writer.document(
        first or name if told.lower() in ("", "powerpoint presentation") else told,
        author=properties.author or None,
        date=iso_date(properties.modified) or iso_date(properties.created),
    )


def _shapes(shapes: Iterable[Any]) -> Iterator[Any]:
    """Groups are opened."""
    waiting = list(shapes)[::-1]
    while waiting:
        shape = waiting.pop()
        if hasattr(shape, "shapes"):
            waiting.extend(list(shape.shapes)[::-1])
        else:
            yield shape


def _write(writer: Writer, shape: Any) -> None:
    if getattr(shape, "has_table", False):
        rows = ([cell.text for cell in row.cells] for row in shape.table.rows)
        _write_rows(writer, rows, shape.table.first_row or None)
    elif getattr(shape, "has_chart", False):
        _write_rows(writer, _chart(shape.chart), True)
    elif shape.has_text_frame:
        for paragraph in shape.text_frame.paragraphs:
            words = paragraph.text.replace("\v", "\n").strip()
            if words:
                writer.line("- " * (paragraph.level > 0) + words)
        writer.gap()


def _write_rows(writer: Writer, rows: Iterable[list[str]], header: bool | None) -> None:
    writer.gap()
    for line in rows_as_lines(rows, header):
        writer.line(line)
    writer.gap()


def _chart(chart: Any) -> Iterator[list[str]]:
    for plot in list(chart.plots)[:1]:
        series = list(plot.series)
        yield ["", *(str(one.name) for one in series)]
        for number, category in enumerate(plot.categories):
            values = [one.values[number] if number < len(one.values) else None for one in series]
            yield [str(category), *("" if value is None else format(value, ".15g") for value in values)]
