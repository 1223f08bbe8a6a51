"""EML: who wrote what to whom and when, and the letter's text; what is attached becomes documents of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, parsedate_to_datetime

from cairn.core.errors import SourceError
from cairn.retrieval.load.encodings import Decoded
from cairn.retrieval.load.html import declared_encoding, read_html
from cairn.retrieval.load.loaded_document import Document, Writer, iso_date, no_text
from cairn.retrieval.load.text_decoding import read_bytes

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_DEPTH = 3
"""Letters in letters that are opened."""
_MOST = 50
"""Attachments of one letter that are read."""

LoadFile = Callable[[bytes, str], Document]


def load_mail(data: bytes, name: str, load_file: LoadFile | None = None, depth: int = 1) -> Document:
    """A letter with what is attached to it, which `load_file` reads; without one, attachments are only named."""
    mail = message_from_bytes(data, policy=policy.compat32)  # the newer policy fails on headers that are broken
    _read_raw_headers(mail)
    return _letter(mail, name, load_file, depth)


def _letter(mail: Message, name: str, load_file: LoadFile | None, depth: int) -> Document:
    writer = Writer()
    for field in _SHOWN:
        if words := _field(mail, field):
            writer.line(f"{field}: {words}")
    parts = list(_leaves(mail))
    body = _body(parts)
    attached = [part for part in parts if part is not body and _is_attached(part)]
    if attached:
        writer.line(f"Attached: {', '.join(map(_name_of, attached))}")
    if body is not None:
        writer.gap()
        text, notices = _text_of(body, name)
        writer.tell(*notices)
        writer.paragraph(text)
    documents = _read(attached, writer, load_file, depth)
    if body is None and not documents and writer.is_empty:
        raise no_text()
    letter = writer.document(_field(mail, "Subject") or name, author=_field(mail, "From"), date=_day(mail))
    return replace(letter, attached=tuple(documents))


def _leaves(mail: Message) -> Iterator[Message]:
    """Its parts in order, a letter in it as one."""
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting.extend(reversed(_parts(part)))
        else:
            yield part


def _parts(part: Message) -> list[Message]:
    inner = part.get_payload()
    return [one for one in inner if isinstance(one, Message)] if isinstance(inner, list) else []


def _body(parts: list[Message]) -> Message | None:
    """The first part with words in it, plain text before HTML: many letters have an empty plain one."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == kind and not _is_attached(part) and _words(part, kind):
                return part
    return None


def _words(part: Message, kind: str) -> bool:
    try:
        return bool((read_html(_decoded(part).text, "").text if kind == "text/html" else _decoded(part).text).strip())
    except SourceError:
        return False


def _is_attached(part: Message) -> bool:
    """What has a name or is called an attachment; pictures that a letter shows inside are not."""
    if part.get_content_disposition() == "attachment" or part.get_content_type() == "message/rfc822":
        return True
    shown_inside = part.get_content_maintype() == "image" and part["Content-ID"] is not None
    return not shown_inside and (part.get_content_maintype() not in ("text", "multipart") or bool(part.get_filename()))


def _text_of(part: Message, name: str) -> Decoded:
    text, notices = _decoded(part)
    if part.get_content_type() != "text/html":
        return Decoded(text, notices)
    page = read_html(text, name, whole=True)
    return Decoded(page.text, (*notices, *page.notices))


def _decoded(part: Message) -> Decoded:
    data = _bytes(part)
    charset = part.get_param("charset")
    declared = collapse_rfc2231_value(charset) if charset else None
    if part.get_content_type() == "text/html":
        declared = declared or declared_encoding(data)
    return read_bytes(data, declared)


def _bytes(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _read(parts: list[Message], writer: Writer, load_file: LoadFile | None, depth: int) -> list[tuple[str, Document]]:
    """The attachments that can be read; the others are told with the reason."""
    read: dict[str, Document] = {}
    for number, part in enumerate(parts, 1):
        name = _name_of(part)
        try:
            if load_file is None or number > _MOST or depth > _DEPTH:
                raise SourceError("There are more of them, or they lie deeper, than are read.")
            read[_different(name, read)] = _document(part, name, load_file, depth + 1)
        except (SourceError, MemoryError) as error:
            reason = error.message if isinstance(error, SourceError) else "It needs too much memory."
            writer.tell(f"{name} is attached and was not read: {reason.removesuffix('.')}")
    return list(read.items())


def _document(part: Message, name: str, load_file: LoadFile, depth: int) -> Document:
    stem = re.sub(r"\.eml$", "", name, flags=re.IGNORECASE)
    if part.get_content_type() == "message/rfc822" and (inner := _parts(part)):
        return _letter(inner[0], stem, load_file, depth)
    return load_mail(_bytes(part), stem, load_file, depth) if stem != name else load_file(_bytes(part), name)


def _different(name: str, taken: Container[str]) -> str:
    stem, dot, suffix = name.rpartition(".")
    number = 1
    wanted = name
    while wanted in taken:
        number += 1
        wanted = f"{stem} ({number}){dot}{suffix}" if stem else f"{name} ({number})"
    return wanted


def _name_of(part: Message) -> str:
    """Without folders; a letter in the letter is called as its subject."""
    name = _unfolded(part.get_filename() or "")
    if not name and part.get_content_type() == "message/rfc822":
        inner = _parts(part)
        name = f"{(_field(inner[0], 'Subject') if inner else None) or 'letter'}.eml"
    return name.replace("\\", "/").rpartition("/")[2][:150] or part.get_content_type().replace("/", ".")


def _read_raw_headers(mail: Message) -> None:
    """Bytes that stand in headers as they are: UTF-8, or the encoding that the letter's text is in."""
    charset = next((found for part in mail.walk() if (found := part.get_content_charset())), None)
    for part in mail.walk():
        for field, value in list(part.raw_items()):
            if not _is_valid(value):
                part.replace_header(field, _text_in(value.encode("utf-8", "surrogateescape"), charset))


def _is_valid(value: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _text_in(data: bytes, charset: str | None) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    try:
        return read_bytes(data, charset).text
    except SourceError:
        return data.decode("ascii", "replace")


def _field(mail: Message, field: str) -> str | None:
    return _unfolded(str(mail[field])) or None if mail[field] else None


def _unfolded(raw: str) -> str:
    """A header's words, decoded as RFC 2047 has it."""
    try:
        pieces = decode_header(raw)
    except (HeaderParseError, ValueError):
        pieces = [(raw, None)]
    return " ".join("".join(_piece(piece, charset) for piece, charset in pieces).split())


def _piece(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    return _text_in(piece, charset) if charset else piece.decode("raw-unicode-escape", "replace")


def _day(mail: Message) -> str | None:
    try:
        return iso_date(parsedate_to_datetime(str(mail["Date"]))) if mail["Date"] else None
    except (ValueError, TypeError):
        return None
