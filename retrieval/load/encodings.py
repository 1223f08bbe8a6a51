"""Which encoding bytes are in: by their mark, as they declare, as UTF-8, at last by a guess, which is told."""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import NamedTuple

from cairn.core.errors import SourceError


class Decoded(NamedTuple):
    """`notices` tell what was guessed and what could not be read."""

    text: str
    notices: tuple[str, ...] = ()


_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_SUPERSETS = {
    **dict.fromkeys(("ascii", "iso8859-1"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk", "hz"), "gb18030"),
    **dict.fromkeys(("iso8859-11", "tis-620"), "cp874"),
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
"""What is said to be in the one is read as the other, as browsers do (WHATWG Encoding Standard, section 4.2)."""
_LATIN = ("cp1252", "iso8859-15")
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_SHIFTED = ((re.compile(rb"\x1b\$\)C"), "iso2022_kr"), (re.compile(rb"\x1b\$[@AB(]|\x1b\([IJ]"), "iso2022_jp_ext"))
"""Encodings that are plain ASCII to look at."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_BAD = "\ufffd"
_WORD = re.compile(r"[^\W\d_]*[^\W\d_\x00-\x7f][^\W\d_]*")
_SCRIPTS = [
    re.compile(f"[{letters}]")
    for letters in ("A-Za-zÀ-ɏ", "\u0370-\u03ff", "\u0400-\u04ff", "\u0590-\u05ff", "\u0600-\u06ff")
]
_TAG = re.compile(rb"<[!/?a-zA-Z][^<>]{0,500}>")
_ACCENTS = re.compile("[À-ɏ]+")
_WESTERN = "cp1252"
_NEARLY = 0.9
_LOOKED_AT = 8000


def known_encoding(name: str) -> str | None:
    """The codec's own name, of the larger one where another holds it; None for what is no encoding of text."""
    try:
        codec = codecs.lookup(name.strip())
        "".encode(codec.name)
    except (LookupError, UnicodeError, ValueError):  # ValueError: a NUL in it
        return None
    return _SUPERSETS.get(codec.name, codec.name)


def decoded(data: bytes, declared: str | None = None) -> Decoded:
    """The text of bytes that claim to be in an encoding, or claim nothing.

    Raises SourceError for what is no text, or in no encoding that can be told.
    """
    if mark := next((mark for mark in _MARKS if data.startswith(mark)), None):
        return _named(data[len(mark) :], _MARKS[mark]) or _refused(data)
    if data.startswith(b"%PDF"):  # may be all ASCII
        return _refused(data)
    encoding = known_encoding(declared) if declared else None
    if encoding and (found := _told(data, encoding)):
        return found
    text, notices = _plain(data) or _guessed(data) or _refused(data)
    if declared and not data.isascii():
        notices = (f"it is not in {declared[:40]!r}, as is said", *notices)
    return Decoded(text, notices)


def _told(data: bytes, encoding: str) -> Decoded | None:
    """As it is declared, unless it is UTF-8 all the same, or not at all what it says."""
    if encoding in _LATIN and _MULTIBYTE.search(data) and (unicode := _strict(data, "utf-8")) is not None:
        return Decoded(unicode, (f"it is said to be in {encoding}, but is in UTF-8",))
    found = _named(data, encoding)
    if found and encoding in _LATIN and _is_garbled(found.text) and (guessed := _guessed(data)):
        return Decoded(guessed.text, (f"it is not in {encoding}, as is said", *guessed.notices))
    return found


def _is_garbled(text: str) -> bool:
    """Whether it is another script, read as Western Europe's: there no words are all accents, as in `Äîáðûé äåíü`."""
    words = [word for word in _WORD.findall(text[:_LOOKED_AT]) if len(word) > 2]
    return 2 * sum(_ACCENTS.fullmatch(word) is not None for word in words) > max(len(words), 4)


def _named(data: bytes, encoding: str) -> Decoded | None:
    """With the few bytes replaced that don't belong there."""
    if (text := _strict(data, encoding)) is not None:
        return _mended(text, 0, encoding)
    text = data.decode(encoding, "replace")
    lost = text.count(_BAD)
    return _mended(text, lost, encoding) if lost <= max(1, _foreign(text) // 5) else None


def _plain(data: bytes) -> Decoded | None:
    """UTF-8, also with a few bad bytes; UTF-16 without a mark; what switches by escapes."""
    shifted = next((name for escape, name in _SHIFTED if escape.search(data)), None)
    if shifted and (text := _strict(data, shifted)) is not None:
        return Decoded(text)
    if (wide := _wide(data)) and (text := _strict(data, wide)) is not None:
        found = _mended(text, 0, wide)
        return found and Decoded(found.text, (_guess_told(wide), *found.notices))
    if (text := _strict(data, "utf-8")) is not None:
        return _mended(text, 0, "UTF-8")
    text = data.decode("utf-8", "replace")
    good = sum(map(len, _MULTIBYTE.findall(data)))
    return _mended(text, text.count(_BAD), "UTF-8") if good >= 2 * text.count(_BAD) else None


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: in Western text every other byte is zero."""
    even, odd = data[:4096:2].count(0), data[1:4096:2].count(0)
    most = 0.2 * len(data[:4096])
    if odd > most and not even:
        return "utf-16-le"
    return "utf-16-be" if even > most and not odd else None


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeError:
        return None


def _mended(text: str, lost: int, encoding: str) -> Decoded | None:
    """Without control characters, if they are few, and with a word about what is lost."""
    text, controls = _CONTROL.subn(_BAD, text) if _CONTROL.search(text) else (text, 0)
    if controls > len(text) // 100:
        return None
    if lost == 1 and text.endswith(_BAD):
        return Decoded(text, ("it breaks off within a letter: it may have been cut",))
    notices = [f"what is not {encoding} in {_places(lost)} is shown as \ufffd"] if lost else []
    notices += [f"control characters in {_places(controls)} are shown as \ufffd"] if controls else []
    return Decoded(text, tuple(notices))


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count:,} places"


def _foreign(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _guessed(data: bytes) -> Decoded | None:
    """The likeliest encoding that makes text of all of it; of nearly equal ones Western Europe's, the commonest."""
    sure = _candidates(data)
    name = next((name for name in sure if _text(data, name) is not None), None)
    if name is None:
        return None
    if sure.get(_WESTERN, 0) >= _NEARLY * sure[name] and _text(data, _WESTERN) is not None:
        name = _WESTERN
    return Decoded(data.decode(name), (_guess_told(name),))


def _guess_told(name: str) -> str:
    return f"its encoding was guessed: {name} (`cairn add --encoding NAME` names another)"


def _candidates(data: bytes) -> dict[str, float]:
    """Encodings with how sure the detector is, the surest first; judged by the lines that are not plain ASCII.

    Without tags: it would believe what a page declares, which was found to be wrong.
    """
    import chardet

    lines = (
        data if b"\0" in data else b"\n".join(_TAG.sub(b" ", line) for line in data.split(b"\n") if not line.isascii())
    )
    era = chardet.EncodingEra.MODERN_WEB | chardet.EncodingEra.LEGACY_ISO | chardet.EncodingEra.DOS
    names: dict[str, float] = {}
    for found in chardet.detect_all(lines[:_LOOKED_AT], ignore_threshold=True, encoding_era=era):
        if name := known_encoding(found["encoding"] or ""):
            names.setdefault(name, found["confidence"])
    return names


def _text(data: bytes, encoding: str) -> str | None:
    """What it would say; None if that is no text: control characters, such as mean nothing, words in two scripts."""
    text = _strict(data, encoding)
    if text is None or _CONTROL.search(text) or _is_garbled(text):
        return None
    foreign = {letter for letter in text if letter > "\x7f"}
    if {unicodedata.category(letter) for letter in foreign} & {"Co", "Cn", "Cs"}:
        return None
    words = _WORD.findall(text) if any(script.search("".join(foreign)) for script in _SCRIPTS[1:]) else ()
    mixed = sum(sum(script.search(word) is not None for script in _SCRIPTS) > 1 for word in words)
    return text if mixed <= 0.2 * len(words) else None


def _refused(data: bytes) -> Decoded:
    if data.startswith(tuple(SIGNATURES)) or _CONTROL.search(data[:_LOOKED_AT].decode("ascii", "ignore")):
        kind = next((kind for signature, kind in SIGNATURES.items() if data.startswith(signature)), "binary data")
        raise SourceError(f"It is not text but {kind}.", "Save it as plain text or Markdown.")
    raise SourceError(
        "It is in no encoding that could be told.", "Name it: `cairn add --encoding NAME`, or save it as UTF-8."
    )


SIGNATURES = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive or an Office document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x1f\x8b": "a gzip archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"SQLite format 3\x00": "a SQLite database",
}
