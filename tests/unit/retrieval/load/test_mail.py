from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import SourceError
from cairn.retrieval.load import Document, load
from tests.unit.retrieval.load import files


def letter(text: str = "See below.", subject: str = "Offer") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = "ann@example.org", subject, "Mon, 3 Mar 2025 10:00:00 +0000"
    mail.set_content(text)
    return mail


def test_the_part_that_has_words_is_the_text() -> None:
    mail = letter(" \n")
    mail.add_alternative("<p>The room is <b>free</b> on Monday.</p>", subtype="html")
    assert load(mail.as_bytes(), "x.eml").text.endswith("The room is free on Monday.\n\n")


@pytest.mark.parametrize("charset", ["x-no-such-thing", "cp-1-2-3", '"'])
def test_an_unknown_charset_loses_nothing(charset: str) -> None:
    mail = b"Subject: Key\nContent-Type: text/plain; charset=%s\n\nThe key h\xc3\xa4ngt here.\n" % charset.encode()
    assert "The key hängt here." in load(mail, "x.eml").text


def test_raw_bytes_in_headers_and_text_are_read_as_the_letter_says() -> None:
    head = "Subject: Gebühren\nContent-Type: text/html; charset=iso-8859-1\n\n"
    mail = load((head + "<p>Die Gebühr beträgt 3 €.</p>").encode("cp1252"), "x.eml")
    assert mail.title == "Gebühren"
    assert mail.text.endswith("Die Gebühr beträgt 3 €.\n\n")
    assert load("Subject: Größe\n\nOk.\n".encode(), "x.eml").title == "Größe"


def test_attachments_are_documents_of_their_own() -> None:
    mail, inner = letter(), letter("The former price was 40.", "Old")
    mail.add_attachment("The price is 50.", filename="price.txt")
    mail.add_attachment(files.workbook({"A": files.ROWS}), "application", "octet-stream", filename="ä/people.xlsx")
    inner.add_attachment("The first price was 30.", filename="price.txt")
    mail.add_attachment(inner)
    mail.add_attachment(b"\x89PNG\r\n\x1a\n\0\0", "image", "png", filename="logo.png")
    mail.add_attachment("Another.", filename="price.txt")
    document = load(mail.as_bytes(), "x.eml")
    assert [name for name, _ in document.attached] == ["price.txt", "people.xlsx", "Old.eml", "price (2).txt"]
    inside = dict(document.attached)
    assert inside["price.txt"].text == "The price is 50.\n"
    assert inside["people.xlsx"].text.startswith("Name: Ada")
    assert inside["Old.eml"].attached[0][1].text == "The first price was 30.\n"
    assert "Attached: price.txt, people.xlsx, Old.eml, logo.png" in document.text
    assert document.notices == ("logo.png is attached and was not read: It is not text but a PNG image",)


def depth(document: Document) -> int:
    return 1 + max((depth(inner) for _, inner in document.attached), default=0)


def test_letters_in_letters_are_bounded_and_told() -> None:
    mail = letter()
    for number in range(8):
        outer = letter(subject=f"Level {number}")
        outer.add_attachment(mail)
        mail = outer
    assert depth(load(mail.as_bytes(), "x.eml")) == 4
    many = letter()
    for number in range(60):
        many.add_attachment("Words.", filename=f"{number}.txt")
    document = load(many.as_bytes(), "x.eml")
    assert len(document.attached) == 50 and len(document.notices) == 10


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_header_is_a_letter_or_a_clear_refusal(subject: bytes, text: bytes) -> None:
    try:
        document = load(b"Subject: " + subject.replace(b"\n", b" ") + b"\n\n" + text, "x.eml")
    except SourceError:
        return
    document.text.encode()
