"""Which addresses of the web may be read: those of the open internet, however they are spelled."""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import threading
import unicodedata
from urllib.parse import SplitResult, quote, urlsplit

from cairn.core.clean_text import clean
from cairn.core.errors import SourceError

PORTS = frozenset((80, 443, 8000, 8080, 8443))
"""Other services than web servers listen elsewhere."""

_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""NAT64 (RFC 6052, RFC 8215): an IPv4 address in its last 32 bits."""
_ALSO_INSIDE = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "168.63.129.16/32", "192.88.99.0/24", "3fff::/20")))
"""Services of clouds to their own machines, relays and examples, which not every version of Python calls inside."""
_NUMERIC = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+)){0,3}\.?", re.IGNORECASE)


def check_url(url: str, allow_private: bool = False) -> SplitResult:
    """The address in its plain form: ASCII host, no password, no fragment. Raises SourceError for one that is not."""
    try:
        parts = urlsplit(clean(url).strip())
        host, port = _plain_host(parts.hostname or ""), parts.port
    except (ValueError, OSError):
        raise SourceError("This is not a web address.", "It looks like https://example.org/page.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise SourceError("Only addresses of the web can be read.", "They begin with https:// or http://.")
    if not allow_private and _is_inside(host):
        raise _inside(host)
    if parts.username is not None or parts.password is not None:
        raise SourceError("Addresses with a user or a password in them are not read.", "Leave these out.")
    if port not in (None, *PORTS) and not allow_private:
        raise SourceError(f"Port {port} is not one of web servers.", "Use an address without a port.")
    place = f"[{host}]" if ":" in host else host
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]")
    return SplitResult(parts.scheme, f"{place}:{port}" if port else place, path, query, "")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also when it is wrapped into an IPv6 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in _TRANSLATED):
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        else:
            inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
            low = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if int(ip) >> 32 == 0 else None
            ip = inner or low or ip
    inner_only = ip.is_multicast or ip.is_reserved or (isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local)
    return ip.is_global and not inner_only and not any(ip in network for network in _ALSO_INSIDE)


def _is_inside(host: str) -> bool:
    """Whether a plain host is known to be inside without asking a name server; of other names `resolve` judges."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return not is_public(host)


def _inside(host: str) -> SourceError:
    return SourceError(f"{host} is inside your own network.", "Only pages of the open internet are read.")


def _plain_host(host: str) -> str:
    """As it is resolved: full-width letters and dots are plain ones, other scripts Punycode."""
    host = unicodedata.normalize("NFKC", host).replace("。", ".").rstrip(".").lower()
    if ":" in host:
        return str(ipaddress.IPv6Address(host.partition("%")[0]))
    if _NUMERIC.fullmatch(host):
        return socket.inet_ntoa(socket.inet_aton(host)) if host.isascii() else ""
    plain = host if host.isascii() else host.encode("idna").decode("ascii")
    if not re.fullmatch(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", plain) or len(plain) > 253:
        raise ValueError(plain)
    return plain


def resolve(host: str, port: int, allow_private: bool, seconds: float) -> list[str]:
    """The host's addresses, all of which are allowed. Raises SourceError if one is not: such a name is a trap."""
    answers: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    threading.Thread(target=_look_up, args=(host, port, answers), daemon=True).start()
    try:
        addresses = answers.get(timeout=seconds)
    except queue.Empty:
        raise SourceError("The name server takes too long.", "Try again later.") from None
    if not addresses:
        raise SourceError(f"There is no server named {host}.", "Check the address, and the network.")
    if not allow_private and not all(map(is_public, addresses)):
        raise _inside(host)
    return addresses


def _look_up(host: str, port: int, answers: queue.SimpleQueue[list[str]]) -> None:
    """In a thread of its own, since the system's resolver knows no deadline."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    answers.put(list(dict.fromkeys(str(item[4][0]) for item in found)))
