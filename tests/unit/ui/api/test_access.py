"""Who may do what: hosts, origins, frames, keys, scopes, sizes and odd paths."""

from __future__ import annotations

import socket

import httpx
import pytest

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.memory.api_keys import SCOPES, Keys
from cairn.ui.api.http_server import listen_on
from tests.unit.ui.api.conftest import Served

TASKS = "/api/v1/tasks"


def said(port: int, lines: list[str], body: bytes = b"") -> tuple[int, str]:
    """Status and response of a request that is sent as it is."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return int(answer.split()[1]), answer.decode("utf-8", "replace")


def status(served: Served, *headers: str, method: str = "GET", path: str = TASKS) -> int:
    key = f"Authorization: {served.http.headers['Authorization']}"
    return said(served.port, [f"{method} {path} HTTP/1.1", key, *headers])[0]


HOSTS = [
    ("127.0.0.1:PORT", True),
    ("localhost:PORT", True),
    ("LOCALHOST:PORT", True),
    ("[::1]:PORT", True),
    ("cairn.example", True),
    ("cairn.example:8443", True),
    ("evil.example:PORT", False),
    ("127.0.0.1:1", False),
    ("127.0.0.1", False),
    ("localhost.evil.example:PORT", False),
    ("cairn.example.evil.example", False),
    ("127.0.0.1:PORT@evil.example", False),
    ("evil.example#127.0.0.1:PORT", False),
    ("127.0.0.1:PORT/", False),
    ("127.0.0.1:PORT, evil.example", False),
    ("127.0.0.1:99999999", False),
    ("", False),
]


def test_it_answers_for_its_own_names_only(served: Served) -> None:
    """What a site does that rebinds its name to 127.0.0.1."""
    for host, answered in HOSTS:
        got = status(served, f"Host: {host.replace('PORT', str(served.port))}")
        assert got in ([200] if answered else [400, 421]), host


def test_without_or_with_two_hosts_nothing_is_answered(served: Served) -> None:
    own = f"Host: 127.0.0.1:{served.port}"
    assert status(served) in (400, 421)
    assert status(served, own, "Host: evil.example") in (400, 421)


ORIGINS = [
    ("http://127.0.0.1:PORT", True),
    ("http://localhost:PORT", True),
    ("https://cairn.example", True),
    ("http://127.0.0.1:1", False),
    ("https://127.0.0.1:PORT", True),
    ("https://evil.example", False),
    ("http://evil.example:PORT", False),
    ("null", False),
    ("file://", False),
    ("ftp://127.0.0.1:PORT", False),
    ("http://127.0.0.1:PORT.evil.example", False),
    ("http://127.0.0.1:PORT@evil.example", False),
]


def test_pages_of_other_sites_get_nothing_done(served: Served) -> None:
    own = f"Host: 127.0.0.1:{served.port}"
    for origin, answered in ORIGINS:
        for method in ("GET", "POST", "OPTIONS", "DELETE"):
            got = status(served, own, f"Origin: {origin.replace('PORT', str(served.port))}", method=method)
            assert (got != 403) is answered, (origin, method)


def test_nobody_may_frame_read_or_guess(served: Served) -> None:
    for path in (TASKS, "/v1/models", "/nothing", "/"):
        response = served.http.get(path, headers={"Origin": served.url})
        assert response.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert not [name for name in response.headers if name.startswith("access-control")]
        assert "server" not in response.headers


def test_without_a_key_nothing_is_told(served: Served) -> None:
    for given in (None, "", "Bearer", "Bearer nonsense", "Basic eDp5", "Bearer cairn_", "Bearer ключ"):
        told_nothing(served, given)


def told_nothing(served: Served, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given.encode()}
    with httpx.Client(base_url=served.url) as stranger:
        for path in (TASKS, "/api/v1/threads", "/api/v1/runs/ab", "/v1/models"):
            response = stranger.get(path, headers=headers)
            assert response.status_code == 401
            assert response.headers["www-authenticate"] == "Bearer"
        told = stranger.post("/v1/chat/completions", json={"model": "math", "messages": []}, headers=headers).json()
        assert told["error"]["type"] == "authentication_error"


def test_a_key_may_do_what_it_was_made_for(served: Served) -> None:
    needed = {
        "ask": [("POST", "/api/v1/runs"), ("POST", "/v1/chat/completions"), ("POST", "/v1/embeddings")],
        "read": [("GET", "/api/v1/threads"), ("GET", "/api/v1/search"), ("GET", "/api/v1/databases")],
        "threads": [("DELETE", "/api/v1/threads/ab"), ("PATCH", "/api/v1/threads/ab")],
        "documents": [("POST", "/api/v1/documents"), ("DELETE", "/api/v1/documents")],
        "approve": [("POST", "/api/v1/runs/ab/decisions")],
    }
    assert set(needed) == set(SCOPES)
    for scope in SCOPES:
        with served.client(served.key(scope)) as client:
            for needs, requests in needed.items():
                for method, path in requests:
                    assert (client.request(method, path).status_code != 403) is (needs == scope), (scope, path)


def test_a_removed_key_opens_nothing(served: Served) -> None:
    keys = Keys(served.home.workspace.database, served.home.settings.user)
    known, key = keys.add("short-lived", ["read"])
    with served.client(key) as client:
        assert client.get(TASKS).status_code == 200
        assert next(one for one in keys.list() if one.id == known.id).last_used is not None
        keys.remove("short-lived")  # holds from a second later on
        served.until(lambda: client.get(TASKS).status_code == 401)


def test_a_key_of_another_user_opens_nothing(served: Served) -> None:
    _, key = Keys(served.home.workspace.database, "somebody else").add("theirs", SCOPES)
    with served.client(key) as client:
        assert client.get(TASKS).status_code == 401


def test_a_key_that_asks_too_often_waits(served: Served) -> None:
    with served.client(served.key("read", rpm=3)) as client:
        assert [client.get(TASKS).status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = client.get(TASKS)
        assert 1 <= int(refused.headers["retry-after"]) <= 61
        assert refused.json()["error"]["kind"] == "TooManyRequests"
    assert served.http.get(TASKS).status_code == 200


def test_keys_are_kept_as_digests_and_named_once(opened: Cairn) -> None:
    keys = Keys(opened.workspace.database, "local")
    _, key = keys.add("editor", ["ask"])
    with opened.workspace.database.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT * FROM keys").all()
    assert key not in str(stored)
    for name, scopes in (("editor", ["ask"]), ("", ["ask"]), ("other", ["everything"])):
        with pytest.raises(UsageError):
            keys.add(name, scopes)
    with pytest.raises(UsageError):
        keys.remove("unknown")


def test_what_is_too_large_is_refused(served: Served) -> None:
    for path in ("/api/v1/runs", "/v1/chat/completions"):
        assert served.http.post(path, content=b"x" * 100_001).status_code == 413
        assert served.http.post(path, content=iter([b"x" * 60_000] * 2)).status_code == 413
    assert served.http.post("/api/v1/documents", content=b"x" * 1_000_001).status_code == 413
    own = f"Host: 127.0.0.1:{served.port}"
    assert status(served, own, "Content-Length: -1", method="POST") in (400, 413)


PATHS = [
    "/api/v1/../../etc/passwd",
    "/api/v1/tasks/..%2f..%2f..%2fetc%2fpasswd",
    "/api/v1/tasks/%2e%2e/templates/default",
    "/api/v1/tasks/assistant/templates/..%2fdefault",
    "/api/v1/tasks/%00",
    "/api/v1/threads/%25",
    "/api/v1/runs/%2e%2e%2f",
    "/api/v1/tasks//etc/passwd",
    "/api/v1/tasks/%5c%5cserver%5cshare",
    "/api/v1/databases/..",
    "//api/v1/tasks",
    "/API/v1/tasks",
    "/api/v1/tasks;x",
]


def test_odd_paths_lead_nowhere(served: Served) -> None:
    own = f"Host: 127.0.0.1:{served.port}"
    key = f"Authorization: {served.http.headers['Authorization']}"
    for path in PATHS:
        code, text = said(served.port, [f"GET {path} HTTP/1.1", own, key])
        assert code in (400, 404, 422), path
        assert "root:" not in text and str(served.home.settings.home) not in text


def test_other_methods_are_refused(served: Served) -> None:
    for method in ("TRACE", "CONNECT", "PUT", "PATCH", "HEAD", "NONSENSE"):
        assert status(served, f"Host: 127.0.0.1:{served.port}", method=method) in (400, 404, 405), method


def test_an_address_that_is_taken_or_none_is_explained() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="can't be listened on"):
        listen_on("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(UsageError, match="no address"):
        listen_on("somewhere", 0)


def test_without_a_valid_key_no_body_is_taken(served: Served) -> None:
    """The answer is there though nothing of what was announced has come."""
    for key in ("", "Authorization: Bearer nobody's\r\n"):
        with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
            head = f"POST /api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n{key}Content-Length: 9000\r\n\r\n"
            connection.sendall(head.encode())
            assert connection.recv(65536).split()[1] == b"401"
