from __future__ import annotations

import contextlib
import datetime
import gzip
import socket
import ssl
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import SourceError
from cairn.retrieval.load import load
from cairn.retrieval.web_addresses import check_url, is_public
from cairn.retrieval.web_fetch import fetch

PAGE = b"<html><head><title>Leave</title></head><body><p>Twenty-five days.</p></body></html>"
Answer = tuple[int, dict[str, str], bytes]


class Site:
    """A web server on this machine; `requests` are the request lines and headers it got."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests.append((self.path, dict(self.headers)))
                page = site.pages.get(self.path, (404, {}, b"nothing"))
                if callable(page):
                    page(self)
                    return
                status, headers, body = page
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


def test_a_page_is_fetched_and_named_so_that_it_can_be_loaded(site: Site) -> None:
    site.pages["/handbook/leave"] = (200, {"Content-Type": "text/html; charset=utf-8"}, PAGE)
    page = fetch(site.url + "/handbook/leave#days", allow_private=True)
    assert (page.url, page.name) == (site.url + "/handbook/leave", "leave.html")
    assert load(page.bytes, page.name).text == "Twenty-five days.\n\n"
    assert site.requests[0][1]["Host"] == site.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("/", "text/html", "127.0.0.1.html"),
        ("/a/guide.pdf", "application/pdf", "guide.pdf"),
        ("/download?id=7", "application/pdf", "download.pdf"),
        ("/notes.md", "text/plain; charset=utf-8", "notes.md.txt"),
        ("/data", "application/octet-stream", "data"),
        ("/..%2f..%2fetc%2fpasswd.txt", "text/plain", "passwd.txt"),
    ],
)
def test_the_type_gives_the_name_its_suffix(site: Site, path: str, kind: str, name: str) -> None:
    site.pages[path] = (200, {"Content-Type": kind}, b"words")
    assert fetch(site.url + path, allow_private=True).name == name


def test_the_charset_of_the_header_holds(site: Site) -> None:
    html = '<html><head><meta charset="utf-8"></head><body>休假规定</body></html>'
    site.pages["/x"] = (200, {"Content-Type": "text/html; charset=GBK"}, html.encode("gbk"))
    page = fetch(site.url + "/x", allow_private=True)
    assert load(page.bytes, page.name).text.strip() == "休假规定"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate"])
def test_packed_pages_are_unpacked(site: Site, encoding: str) -> None:
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(PAGE),
        "deflate": zlib.compress(PAGE),
        "raw deflate": raw.compress(PAGE) + raw.flush(),
    }
    headers = {"Content-Type": "text/html", "Content-Encoding": encoding.removeprefix("raw ")}
    site.pages["/x"] = (200, headers, packed[encoding])
    assert fetch(site.url + "/x", allow_private=True).bytes == PAGE


def test_a_page_packed_in_several_members_is_whole_and_one_cut_short_is_refused(site: Site) -> None:
    headers = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    site.pages["/x"] = (200, headers, gzip.compress(PAGE[:40]) + gzip.compress(PAGE[40:]))
    assert fetch(site.url + "/x", allow_private=True).bytes == PAGE
    site.pages["/y"] = (200, headers, gzip.compress(PAGE)[:-12])
    with pytest.raises(SourceError, match="incomplete"):
        fetch(site.url + "/y", allow_private=True)


def test_what_unpacks_without_end_is_cut_off(site: Site) -> None:
    bomb = gzip.compress(bytes(200 << 20), 9)
    assert len(bomb) < 250_000
    site.pages["/x"] = (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, bomb)
    with pytest.raises(SourceError, match="larger than"):
        fetch(site.url + "/x", allow_private=True)


def test_a_page_that_is_too_large_is_refused(site: Site) -> None:
    site.pages["/x"] = (200, {"Content-Type": "text/html"}, bytes(2000))
    assert len(fetch(site.url + "/x", allow_private=True, max_bytes=2000).bytes) == 2000
    with pytest.raises(SourceError, match="larger than 1,999 bytes"):
        fetch(site.url + "/x", allow_private=True, max_bytes=1999)


def test_redirects_are_followed_a_few_times(site: Site) -> None:
    site.pages["/a"] = (302, {"Location": "/b"}, b"")
    site.pages["/b"] = (301, {"Location": site.url + "/c"}, b"")
    site.pages["/c"] = (200, {"Content-Type": "text/html"}, PAGE)
    site.pages["/round"] = (302, {"Location": "/round"}, b"")
    assert fetch(site.url + "/a", allow_private=True).url == site.url + "/c"
    with pytest.raises(SourceError, match="redirects more than"):
        fetch(site.url + "/round", allow_private=True)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/x", "http://user:word@127.0.0.1/"])
def test_a_redirect_leads_only_where_an_address_may(site: Site, target: str) -> None:
    site.pages["/a"] = (302, {"Location": target}, b"")
    with pytest.raises(SourceError):
        fetch(site.url + "/a", allow_private=True)


def test_a_redirect_inside_is_refused_before_anyone_is_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(site.url.rpartition(":")[2])
    monkeypatch.setattr("cairn.retrieval.web_addresses.PORTS", {port})
    monkeypatch.setattr("cairn.retrieval.web_addresses.is_public", lambda address: address == "203.0.113.7")
    monkeypatch.setattr(socket, "getaddrinfo", resolver({"open.example": ["203.0.113.7"]}))
    real = socket.create_connection
    monkeypatch.setattr(
        socket, "create_connection", lambda where, *rest, **more: real(("127.0.0.1", port), *rest, **more)
    )
    site.pages["/a"] = (302, {"Location": f"{site.url}/inside"}, b"")
    with pytest.raises(SourceError, match="inside your own network"):
        fetch(f"http://open.example:{port}/a")
    assert [path for path, _ in site.requests] == ["/a"]
    assert site.requests[0][1]["Host"] == f"open.example:{port}"


def test_tls_is_asked_for_the_name_and_its_certificate_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = server.getsockname()
        thread = Thread(target=shake_hands, args=(server, context))
        thread.start()
        real = socket.create_connection
        monkeypatch.setattr(socket, "create_connection", lambda _, *rest, **more: real(where, *rest, **more))
        monkeypatch.setattr(socket, "getaddrinfo", resolver({"open.example": ["8.8.8.8"], "127.0.0.1": ["127.0.0.1"]}))
        with pytest.raises(SourceError, match="CERTIFICATE_VERIFY_FAILED"):
            fetch("https://open.example/")
        thread.join()
    assert asked == ["open.example"]


def shake_hands(server: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = server.accept()
    with connection, contextlib.suppress(OSError):
        context.wrap_socket(connection, server_side=True).close()


def self_signed(folder: Path) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "open.example")])
    today = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(today - day).not_valid_after(today + day).sign(key, hashes.SHA256())
    plain, pem = serialization.NoEncryption(), serialization.Encoding.PEM
    file = folder / "cert.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(private + made.public_bytes(pem))
    return file


def resolver(names: dict[str, list[str]]) -> Callable[..., list[Any]]:
    def getaddrinfo(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in names.get(host, [host])]

    return getaddrinfo


def test_a_name_that_means_two_things_is_refused_and_one_that_changes_gains_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected: list[str] = []

    def connect(where: tuple[str, int], *rest: Any, **more: Any) -> None:
        connected.append(where[0])
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(socket, "getaddrinfo", resolver({"two.example": ["8.8.8.8", "10.0.0.1"]}))
    with pytest.raises(SourceError, match="inside"):
        fetch("http://two.example/")
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: resolver({"flip.example": next(answers)})(*a, **k))
    with pytest.raises(SourceError, match="fetched"):
        fetch("http://flip.example/")
    assert connected == ["8.8.8.8"]


INSIDE = """
http://127.0.0.1/ http://localhost/ http://2130706433/ http://0x7f000001/ http://0x7f.1/ http://017700000001/ http://127.1/
http://127。0。0。1/ http://１２７.０.０.１/ http://[::1]/ http://[::]/ http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/
http://[::127.0.0.1]/ http://[64:ff9b::7f00:1]/ http://[64:ff9b:1::7f00:1]/ http://[2002:7f00:1::]/ http://[fe80::1]/
http://[fe80::1%25eth0]/ http://[fc00::1]/ http://[fec0::1]/ http://[ff02::1]/ http://0.0.0.0/ http://0/ http://10.0.0.1/
http://172.16.0.1/ http://192.168.1.1/ http://169.254.169.254/latest/meta-data http://100.64.0.1/ http://198.18.0.1/
http://224.0.0.1/ http://240.0.0.1/ http://255.255.255.255/ http://127.0.0.1./ http://LOCALHOST/ https://127.0.0.1/
http://example.org@127.0.0.1/ http://127.0.0.1:22/ http://example.org:22/ http://127.0.0.1\\@example.org/
http://[2001:0:7f00:1:0:0:80ff:fffe]/ http://٠/ http://example.org:99999/ http://[::1 http:///x http:x x //x
file:///etc/passwd ftp://example.org/ gopher://127.0.0.1/ javascript:alert(1) data:text/html,x
""".split()  # noqa: SIM905


@pytest.mark.parametrize(
    "url", [*INSIDE, "", "http://a b/", "http://\ud800/", "http://\x00/", "http://" + "a" * 300 + "/"]
)
def test_addresses_inside_are_refused_however_they_are_spelled(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*rest: Any, **more: Any) -> None:
        raise AssertionError("it was asked")

    monkeypatch.setattr(socket, "create_connection", never)
    with pytest.raises(SourceError) as caught:
        fetch(url)
    assert caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:18777/",
        "http://localhost:18777/",
        "http://a.localhost:22/",
        "http://[::1]:22/",
        "http://0x7f.1:22/",
    ],
)
def test_what_is_inside_is_said_before_the_port(url: str) -> None:
    with pytest.raises(SourceError, match="inside your own network"):
        check_url(url)
    assert check_url(url, allow_private=True)
    with pytest.raises(SourceError, match="Port 22"):
        check_url("http://8.8.8.8:22/")


def test_public_addresses_are_public() -> None:
    assert all(map(is_public, ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]))


def test_services_of_clouds_to_their_own_machines_are_inside() -> None:
    assert not any(map(is_public, ["192.0.0.192", "168.63.129.16", "::ffff:168.63.129.16", "3fff::1"]))


def test_an_address_is_made_plain() -> None:
    assert (
        check_url("HTTPS://Bücher.Example:443/a b?q=ü#x").geturl() == "https://xn--bcher-kva.example:443/a%20b?q=%C3%BC"
    )
    assert check_url("http://ｅｘａｍｐｌｅ.org").geturl() == "http://example.org/"


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_clear_refusal(text: str) -> None:
    for url in (text, "http://" + text):
        try:
            check_url(url).geturl().encode("ascii")
        except SourceError as error:
            assert error.hint


@pytest.mark.parametrize(("status", "hint"), [(404, "Check"), (401, "sign-in"), (429, "later"), (500, None)])
def test_a_refusal_of_the_server_is_told(site: Site, status: int, hint: str | None) -> None:
    site.pages["/x"] = (status, {}, b"no")
    with pytest.raises(SourceError, match=f"status {status}") as caught:
        fetch(site.url + "/x", allow_private=True)
    assert hint is None or hint in (caught.value.hint or "")


def test_pictures_and_unknown_packings_are_refused(site: Site) -> None:
    site.pages["/x"] = (200, {"Content-Type": "image/png"}, b"png")
    site.pages["/y"] = (200, {"Content-Type": "text/html", "Content-Encoding": "br"}, b"br")
    site.pages["/z"] = (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, b"not gzip")
    for path, what in (("/x", "image/png"), ("/y", "packed"), ("/z", "damaged")):
        with pytest.raises(SourceError, match=what):
            fetch(site.url + path, allow_private=True)


def test_a_server_that_drips_gains_no_time(site: Site) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"a")
        except OSError:
            return

    site.pages["/x"] = drip
    with pytest.raises(SourceError, match="too long"):
        fetch(site.url + "/x", allow_private=True, seconds=0.3, max_bytes=1 << 40)


def test_nobody_listening_is_told(site: Site) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SourceError, match="can't be fetched"):
        fetch(f"http://127.0.0.1:{port}/", allow_private=True)


def test_a_name_server_that_is_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Event()

    def wait(*rest: Any, **more: Any) -> list[Any]:
        silent.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    with pytest.raises(SourceError, match="name server takes too long"):
        fetch("http://slow.example/", seconds=0.1)
    silent.set()


def test_a_name_that_nobody_has_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*rest: Any, **more: Any) -> None:
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(SourceError, match=r"no server named nobody\.example"):
        fetch("http://nobody.example/")
