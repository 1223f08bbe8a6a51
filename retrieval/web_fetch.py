"""Fetches a web page by its address, and nothing from inside one's own network.

The host is resolved once, every address it has is judged, and the connection goes to one of those that were: a name
that answers differently the second time gains nothing. Each redirect starts anew. Bytes are counted after unpacking.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from ssl import SSLContext
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

from cairn.core.clean_text import clean
from cairn.core.errors import SourceError
from cairn.retrieval.web_addresses import check_url, resolve

if TYPE_CHECKING:
    import httpcore

MAX_BYTES = 20 * 1024 * 1024
SECONDS = 30.0
REDIRECTS = 5

_HEADERS = {"User-Agent": "Cairn", "Accept": "text/html,*/*;q=0.8", "Accept-Encoding": "gzip, deflate"}
_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/epub+zip": ".epub",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
_ANY = ("", "application/octet-stream", "binary/octet-stream")


@dataclass(frozen=True, slots=True)
class Page:
    """`url` is where the redirects led, `name` a file name by which a loader finds its way, `bytes` unpacked."""

    url: str
    bytes: bytes
    name: str


def fetch(url: str, *, allow_private: bool = False, max_bytes: int = MAX_BYTES, seconds: float = SECONDS) -> Page:
    """The page at an address, after at most five redirects, within `seconds` in all.

    `allow_private` lets addresses of this machine and network through, on any port. Raises SourceError.
    """
    end = time.monotonic() + seconds
    for _ in range(REDIRECTS + 1):
        address = check_url(url, allow_private)
        answer = _get(address, allow_private, max_bytes, end)
        if isinstance(answer, Page):
            return answer
        url = urljoin(urlunsplit(address), answer)
    raise SourceError(f"It redirects more than {REDIRECTS} times.", "Give the address of the page itself.")


def _get(address: SplitResult, allow_private: bool, max_bytes: int, end: float) -> Page | str:
    """The page, or the address that it redirects to."""
    import httpcore

    headers = [(b"Host", address.netloc.encode())] + [(k.encode(), v.encode()) for k, v in _HEADERS.items()]
    with httpcore.ConnectionPool(network_backend=_backend(allow_private, end)) as pool:
        try:
            with pool.stream("GET", urlunsplit(address), headers=headers) as answer:
                fields = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in answer.headers}
                if answer.status in (301, 302, 303, 307, 308) and "location" in fields:
                    return fields["location"]
                if answer.status != 200:
                    raise SourceError(f"The server answered with status {answer.status}.", _HINTS.get(answer.status))
                chunks = _unpacked(answer.iter_stream(), fields.get("content-encoding", "").strip().lower())
                data = _bounded(chunks, max_bytes, end)
        except httpcore.TimeoutException:
            raise _too_slow() from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            words = " ".join(str(error).split()) or type(error).__name__
            raise SourceError(f"The page can't be fetched: {words}.", "Check the address, and try again.") from None
    return _page(urlunsplit(address), data, fields.get("content-type", ""))


_HINTS = {
    401: "It needs a sign-in: save the page as a file and add that.",
    403: "The server refuses: save the page as a file and add that.",
    404: "Check the address.",
    429: "Try again later.",
    503: "Try again later.",
}


def _too_slow() -> SourceError:
    return SourceError("The server takes too long.", "Try again later.")


def _backend(allow_private: bool, end: float) -> httpcore.NetworkBackend:
    import httpcore

    class Pinned(httpcore.NetworkBackend):
        """Connects to addresses that were judged; TLS and the Host header keep the name."""

        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
        ) -> httpcore.NetworkStream:
            addresses = resolve(host, port, allow_private, _left(end))
            for number, address in enumerate(addresses, 1):
                try:
                    stream = httpcore.SyncBackend().connect_tcp(address, port, _left(end), local_address, None)
                    return Timed(stream)
                except (httpcore.ConnectError, httpcore.ConnectTimeout):
                    if number == len(addresses):
                        raise
            raise httpcore.ConnectError("it has no address")

        def connect_unix_socket(
            self,
            path: str,
            timeout: float | None = None,
            socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
        ) -> httpcore.NetworkStream:
            raise httpcore.ConnectError("not a web address")

        def sleep(self, seconds: float) -> None:
            time.sleep(min(seconds, _left(end)))

    class Timed(httpcore.NetworkStream):
        """A stream whose every step ends with the whole fetch: a server that drips bytes gains no time."""

        def __init__(self, stream: httpcore.NetworkStream) -> None:
            self._stream = stream

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            return self._stream.read(max_bytes, _left(end))

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self._stream.write(buffer, _left(end))

        def close(self) -> None:
            self._stream.close()

        def start_tls(
            self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
        ) -> httpcore.NetworkStream:
            return Timed(self._stream.start_tls(ssl_context, server_hostname, _left(end)))

        def get_extra_info(self, info: str) -> object:
            return self._stream.get_extra_info(info)

    return Pinned()


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise _too_slow()
    return left


def _unpacked(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """In portions of at most 64 kB, so that whoever counts them can stop in time."""
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise SourceError("The page is packed in a way that was not asked for.", "Save it as a file and add that.")
    wbits = 47 if encoding != "deflate" else zlib.MAX_WBITS
    unpack, first = zlib.decompressobj(wbits=wbits), True
    for chunk in chunks:
        if first and encoding == "deflate" and chunk[:1] and chunk[0] & 0x0F != 8:
            unpack = zlib.decompressobj(wbits=-zlib.MAX_WBITS)  # many servers leave the zlib header out
        first = False
        while chunk:
            if unpack.eof and chunk.strip(b"\0"):  # another member (RFC 1952, section 2.2), not padding
                unpack = zlib.decompressobj(wbits=wbits)
            elif unpack.eof:
                break
            try:
                yield unpack.decompress(chunk, 65536)
            except zlib.error:
                raise _damaged() from None
            chunk = unpack.unconsumed_tail or unpack.unused_data
    if not first and not unpack.eof:
        raise _damaged()


def _damaged() -> SourceError:
    return SourceError("The page arrived damaged or incomplete.", "Try again.")


def _bounded(chunks: Iterable[bytes], max_bytes: int, end: float) -> bytes:
    data = bytearray()
    for chunk in chunks:
        _left(end)
        data += chunk
        if len(data) > max_bytes:
            raise SourceError(f"The page is larger than {max_bytes:,} bytes.", "Save what you need of it as a file.")
    return bytes(data)


def _page(url: str, data: bytes, content_type: str) -> Page:
    kind, _, rest = content_type.partition(";")
    kind = kind.strip().lower()
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", rest, re.IGNORECASE)
    if charset and kind.startswith("text/"):
        data = _as_utf8(data, charset[1])
    return Page(url, data, _name(url, kind))


def _as_utf8(data: bytes, charset: str) -> bytes:
    """The header overrules what a page says of its encoding; a byte order mark tells the loader so."""
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return data
    try:
        return data.decode(charset).encode("utf-8-sig")
    except (LookupError, UnicodeError):
        return data


def _name(url: str, kind: str) -> str:
    """The path's last part, with the suffix that its type asks for."""
    parts = urlsplit(url)
    last = PurePosixPath(clean(unquote(parts.path, errors="replace")).replace("\\", "/")).name[:150]
    stem = last or parts.hostname or "page"
    suffix = _SUFFIXES.get(kind)
    if kind not in _ANY and suffix is None and not kind.startswith("text/"):
        raise SourceError(f"It is not a page but {kind}.", "Only pages and documents are read.")
    return stem if suffix is None or stem.lower().endswith(suffix) else stem + suffix
