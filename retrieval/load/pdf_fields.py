"""What is written on a PDF page beside its text: filled form fields, notes and boxes of free text."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

_HIDDEN = 2 | 32
"""Flags of an annotation (ISO 32000-1, 12.5.3): hidden, and not to be shown."""
_MOST = 5000
CHECKED, UNCHECKED = "[x]", "[ ]"


class Field(NamedTuple):
    """What was filled in, and where. A box is `[x]` or `[ ]`."""

    left: float
    bottom: float
    right: float
    top: float
    name: str
    value: str


class Written(NamedTuple):
    fields: list[Field]
    notes: list[str]
    struck: bool


def written_on(page: PdfPage, form: Any) -> Written:
    """Filled fields, notes, and whether a mark strikes text out."""
    from pypdfium2 import raw

    written, struck = Written([], [], False), False
    for number in range(min(raw.FPDFPage_GetAnnotCount(page), _MOST)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        if not raw.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
            struck = struck or raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_STRIKEOUT
            _add(annotation, form, written)
        raw.FPDFPage_CloseAnnot(annotation)
    return written._replace(struck=struck)


def _add(annotation: Any, form: Any, written: Written) -> None:
    from pypdfium2 import raw

    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if kind == raw.FPDF_ANNOT_WIDGET:
        name, value = _filled(annotation, form) if form else ("", "")
        if value:
            box = raw.FS_RECTF()
            raw.FPDFAnnot_GetRect(annotation, ctypes.byref(box))
            written.fields.append(Field(box.left, box.bottom, box.right, box.top, name, value))
    elif kind not in (raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_LINK):
        words = _string(lambda buffer, size: raw.FPDFAnnot_GetStringValue(annotation, b"Contents", buffer, size))
        if words:
            written.notes.append(words if kind == raw.FPDF_ANNOT_FREETEXT else f"Note: {words}")


def _filled(annotation: Any, form: Any) -> tuple[str, str]:
    """A form field's name, as it is told to people if it is, and what was filled in."""
    from pypdfium2 import raw

    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    name = _string(
        lambda buffer, size: raw.FPDFAnnot_GetFormFieldAlternateName(form, annotation, buffer, size)
    ) or _string(lambda buffer, size: raw.FPDFAnnot_GetFormFieldName(form, annotation, buffer, size))
    if kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
        return name, CHECKED if raw.FPDFAnnot_IsChecked(form, annotation) else UNCHECKED
    if kind in (raw.FPDF_FORMFIELD_PUSHBUTTON, raw.FPDF_FORMFIELD_SIGNATURE):
        return name, ""
    return name, _string(lambda buffer, size: raw.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))


def _string(read: Callable[[Any, int], int]) -> str:
    """What PDFium writes as UTF-16 into a buffer of the size that it says."""
    from pypdfium2 import raw

    size = read(None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    read(ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    words = buffer.raw[: size - 2].decode("utf-16-le", "replace").rstrip("\0")
    return " ".join(words.split())
