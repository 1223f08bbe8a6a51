"""EML: who wrote what to whom and when, and the letter's text; attachments are named."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from retrieval.load.document import Document, Writer, iso_date
from retrieval.load.html import read_html

_SHOWN = ("From", "To", "Cc", "Date", "Subject")


def load_mail(data: bytes, name: str) -> Document:
    mail = message_from_bytes(data, EmailMessage, policy=policy.default)
    writer = Writer()
    for field in _SHOWN:
        if words := _field(mail, field):
            writer.line(f"{field}: {words}")
    body = mail.get_body(("plain", "html"))
    if body is not None:
        writer.gap()
        text = body.get_content()
        writer.paragraph(read_html(text, name).text if body.get_content_subtype() == "html" else text)
    attached = [part.get_filename() or part.get_content_type() for part in mail.iter_attachments()]
    notices = (f"attachments are not read: {', '.join(attached)}",) if attached else ()
    return writer.document(
        _field(mail, "Subject") or name, author=_field(mail, "From"), date=_day(mail), notices=notices
    )


def _field(mail: EmailMessage, field: str) -> str | None:
    return " ".join(str(mail[field]).split()) or None if mail[field] else None


def _day(mail: EmailMessage) -> str | None:
    try:
        return iso_date(parsedate_to_datetime(str(mail["Date"]))) if mail["Date"] else None
    except ValueError:
        return None
