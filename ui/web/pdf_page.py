"""A page of a PDF as a picture, with a passage marked: `python -m cairn.ui.web.pdf_page FILE PAGE`, the quote as input.

In a process of its own, since a file may crash, hang or swell PDFium; it writes a PNG.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cairn.core.errors import SourceError

if TYPE_CHECKING:
    from pypdfium2 import PdfBitmap, PdfTextPage

_SECONDS = 20
_SCALE = 1.6
_WIDEST = 1600
_COLOUR = (255, 214, 74, 90)
_Box = tuple[float, float, float, float]


def picture_of(file: Path, page: int, quote: str) -> bytes:
    """A page, counted from 1, as PNG. Raises SourceError where it can't be drawn."""
    command = [sys.executable, "-m", "cairn.ui.web.pdf_page", str(file), str(page)]
    try:
        done = subprocess.run(command, input=quote.encode(), capture_output=True, timeout=_SECONDS)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise SourceError(f"Page {page} of {file.name} takes too long to draw.", "Open the file itself.") from None
    if done.returncode or not done.stdout:
        raise SourceError(f"Page {page} of {file.name} can't be drawn.", "Open the file itself.")
    return done.stdout


def draw(data: bytes, page: int, quote: str) -> bytes:
    """The same in this process. Raises whatever PDFium and Pillow do."""
    import pypdfium2
    from PIL import Image, ImageDraw

    shown = pypdfium2.PdfDocument(data)[page - 1]
    render: Callable[..., PdfBitmap] = shown.render  # its annotation says that the scale is an int
    scale = min(_SCALE, _WIDEST / shown.get_width())
    picture = render(scale=scale).to_pil().convert("RGBA")
    layer = Image.new("RGBA", picture.size)
    pen, height = ImageDraw.Draw(layer), shown.get_height()
    for left, bottom, right, top in _boxes(shown.get_textpage(), quote):
        pen.rectangle((left * scale, (height - top) * scale, right * scale, (height - bottom) * scale), fill=_COLOUR)
    out = io.BytesIO()
    Image.alpha_composite(picture, layer).convert("RGB").save(out, "PNG")
    return out.getvalue()


def _boxes(text: PdfTextPage, quote: str) -> list[_Box]:
    """Where the quote's letters stand, or those of its lines and cells: spaces and hyphens may be others there."""
    letters = [(n, letter) for n, letter in enumerate(text.get_text_range()) if letter.isalnum()]
    page = "".join(letter for _, letter in letters)
    for pieces in ([quote], quote.splitlines(), re.split(r"[\n:;|]", quote)):
        spans = [span for piece in pieces if (span := _span(page, piece)) is not None]
        if spans:
            return [text.get_charbox(n) for start, end in spans for n, _ in letters[start:end]]
    return []


def _span(page: str, piece: str) -> tuple[int, int] | None:
    wanted = "".join(letter for letter in piece if letter.isalnum())
    at = page.find(wanted) if wanted else -1
    return (at, at + len(wanted)) if at >= 0 else None


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(Path(sys.argv[1]).read_bytes(), int(sys.argv[2]), sys.stdin.buffer.read().decode()))
