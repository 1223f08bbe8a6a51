"""PPTX: each slide is a page, with its tables, charts and notes; footers are read once, hidden slides are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from cairn.retrieval.load.equations import MATH, linear
from cairn.retrieval.load.loaded_document import Document, Writer, iso_date
from cairn.retrieval.load.office_marks import HIDDEN, STRUCK, Mark, marked
from cairn.retrieval.load.table_lines import Cell, Row, rows_as_lines, spread
from cairn.retrieval.load.zip_limits import check_archive

_MAIN = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def load_slides(data: bytes, name: str) -> Document:
    names = check_archive(data)
    from pptx import Presentation

    file: Any = Presentation(BytesIO(data))
    properties = file.core_properties
    deck, hidden = _Deck(), list[str]()
    for number, slide in enumerate(file.slides, 1):
        if slide._element.get("show") in ("0", "false"):
            hidden.append(str(number))
        else:
            deck.read(slide, number)
    notices = list(deck.notices)
    if deck.pictures:
        notices.append(f"slides that hold little but pictures, which are not read: {', '.join(deck.pictures)}")
    if hidden:
        notices.append(f"hidden slides are left out: {', '.join(hidden)}")
    if any(part.startswith("ppt/comments") for part in names):
        notices.append("comments on slides are not read")
    told = " ".join((properties.title or "").split())
    return deck.writer.document(
        deck.first or name if told.lower() in ("", "powerpoint presentation") else told,
        author=properties.author or None,
        date=iso_date(properties.modified) or iso_date(properties.created),
        notices=tuple(notices),
    )


class _Deck:
    def __init__(self) -> None:
        self.writer = Writer()
        self.first: str | None = None
        self.notices: dict[str, None] = {}
        self.pictures: list[str] = []
        self._footers: set[str] = set()

    def read(self, slide: Any, number: int) -> None:
        title = slide.shapes.title
        heading = " ".join(self._words(title.text_frame).split()) if title is not None else ""
        self.first = self.first or heading
        self.writer.section(heading or None, number)
        self.writer.paragraph(f"## {heading}" if heading else "")
        written = pictures = 0
        for shape in _shapes(slide.shapes):
            if _is_hidden(shape):
                self.notices[HIDDEN] = None
            elif (title is None or shape.shape_id != title.shape_id) and self._is_new(shape):
                pictures += shape._element.tag.endswith("}pic")
                written += self._write(shape)
        if pictures and not written:
            self.pictures.append(str(number))
        if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
            words = self._words(notes)
            self.writer.paragraph(f"Notes: {words}" if words.strip() else "")

    def _is_new(self, shape: Any) -> bool:
        """Not a slide's number, nor a date or footer that stood on a slide before."""
        kind = getattr(shape.placeholder_format.type, "name", "") if shape.is_placeholder else ""
        if kind not in ("FOOTER", "DATE", "HEADER"):
            return kind != "SLIDE_NUMBER"
        words = shape.text_frame.text.strip()
        known = words in self._footers
        self._footers.add(words)
        return not known

    def _write(self, shape: Any) -> bool:
        """Whether it holds anything that can be written."""
        if getattr(shape, "has_table", False):
            self._write_rows(spread(map(self._cells, shape.table.rows)), 1 if shape.table.first_row else None)
        elif getattr(shape, "has_chart", False):
            self._write_rows(_chart(shape.chart), 1)
        elif shape.has_text_frame:
            lines = [(paragraph.level, self._line(paragraph).strip()) for paragraph in shape.text_frame.paragraphs]
            for level, words in lines:
                if words:
                    self.writer.line("- " * (level > 0) + words)
            self.writer.gap()
            return any(words for _, words in lines)
        else:
            return False
        return True

    def _cells(self, row: Any) -> list[Cell]:
        whole = [cell for cell in row.cells if not cell.is_spanned]
        return [Cell(self._words(cell.text_frame), cell.span_height, cell.span_width) for cell in whole]

    def _write_rows(self, rows: Iterable[Row | str], header: int | None) -> None:
        self.writer.gap()
        for line in rows_as_lines(rows, header):
            self.writer.line(line)
        self.writer.gap()

    def _words(self, frame: Any) -> str:
        return "\n".join(map(self._line, frame.paragraphs))

    def _line(self, paragraph: Any) -> str:
        return marked(self._pieces(paragraph._p))

    def _pieces(self, paragraph: Any) -> Iterator[tuple[str, Mark]]:
        for part in paragraph.iter(_MAIN + "r", _MAIN + "fld", _MAIN + "br", MATH + "oMath"):
            look = part.find(_MAIN + "rPr")
            if part.tag == MATH + "oMath":
                yield linear(part), ""
            elif part.tag == _MAIN + "br":
                yield "\n", ""
            elif look is not None and look.get("strike", "noStrike") != "noStrike":
                self.notices[STRUCK] = None
            elif next(part.iterancestors(_FALLBACK), None) is None:  # what older programs show for an equation
                yield part.findtext(_MAIN + "t") or "", _position(look)


def _position(look: Any) -> Mark:
    raised = (look.get("baseline") if look is not None else None) or "0"
    return "lowered" if raised.startswith("-") else "raised" if raised.strip("0%") else ""


def _is_hidden(shape: Any) -> bool:
    return shape._element._nvXxPr.cNvPr.get("hidden") in ("1", "true")


def _shapes(shapes: Iterable[Any]) -> Iterator[Any]:
    """Groups are opened, unless they are hidden."""
    waiting = list(shapes)[::-1]
    while waiting:
        shape = waiting.pop()
        if hasattr(shape, "shapes") and not _is_hidden(shape):
            waiting.extend(list(shape.shapes)[::-1])
        else:
            yield shape


def _chart(chart: Any) -> Iterator[list[str]]:
    for plot in list(chart.plots)[:1]:
        series = list(plot.series)
        yield ["", *(str(one.name) for one in series)]
        for number, category in enumerate(plot.categories):
            values = [one.values[number] if number < len(one.values) else None for one in series]
            yield [str(category), *("" if value is None else format(value, ".15g") for value in values)]
