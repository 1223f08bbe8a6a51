"""An OpenAI-compatible server for tests: real HTTP on a free port of this machine, with every fault we know of.

    server.say("It is 2.", call("calculator", {"expression": "1+1"}), fault(429, retry_after=3))   # one per request
    server.answer = lambda request: "…"                                       # or a function of the request's JSON
    make_chat_model("openai:m", settings with base_url=server.url)
    server.requests[-1]["messages"], server.headers[-1], server.count         # what it was sent

An answer is a text, a `Reply` or what the helpers `call`, `fault` make. Streams and plain answers, as asked for.
Also `/v1/models` (`server.models`, each with `server.about_models`), Ollama's `/api/show` (the latter) and
`/v1/embeddings` (a vector of each text's own, the same in every process).
The fixture `server` of `tests/integration/conftest.py` starts and stops one.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal


@dataclass(frozen=True)
class Reply:
    """`calls`: names and arguments, a string being sent as it is. `cut`: where the connection breaks off.

    `body` and `kind`: sent instead, whole. `drip`: only keep-alives, for ever; `stall`: after the text, for ever.
    `finish` None: by what it holds.
    """

    text: str = ""
    calls: tuple[tuple[str, dict[str, Any] | str], ...] = ()
    usage: tuple[int, int] | None = (11, 7)
    finish: str | None = None
    cut: Literal["text", "arguments", "finish"] | None = None
    broken: bool = True  # whether a cut also breaks the connection, or the stream just ends
    drip: bool = False
    stall: bool = False
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    kind: str = "application/json"


Answer = str | Reply

HTML = Reply(body=b"<!doctype html><title>Welcome</title>", kind="text/html; charset=utf-8")
EMPTY_CHOICES = Reply(body=b'data: {"choices": []}\n\ndata: [DONE]\n\n', kind="text/event-stream")
NOT_JSON = Reply(body=b"data: {nonsense\n\n", kind="text/event-stream")
DRIP = Reply(drip=True)


def call(*parts: Any, text: str = "", **more: Any) -> Reply:
    """`call("a", {...}, "b", {...})`: tool calls in parallel. Arguments as a string are sent as they are."""
    return Reply(text=text, calls=tuple(zip(parts[::2], parts[1::2], strict=True)), **more)


def fault(
    status: int, code: str = "error", message: str = "It went wrong", retry_after: str | float | None = None
) -> Reply:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    body = json.dumps({"error": {"message": message, "type": code, "code": code}}).encode()
    return Reply(status=status, headers=headers, body=body)


class Server:
    """Use as a context manager."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.models = ["test-model"]
        self.about_models: dict[str, Any] = {}
        self.answer: Callable[[dict[str, Any]], Answer] = self._from_script
        self.closing = threading.Event()
        self.hung_up = threading.Event()
        self._script: list[Answer] = []
        self._lock = threading.Lock()

        class Bound(_Handler):
            server_of_tests = self

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    @property
    def count(self) -> int:
        """How many chat requests came."""
        return len(self.requests)

    def say(self, *answers: Answer) -> None:
        self._script.extend(answers)

    def __enter__(self) -> Server:
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def note(self, request: dict[str, Any], headers: dict[str, str]) -> Answer:
        with self._lock:
            self.requests.append(request)
            self.headers.append(headers)
            return self.answer(request)

    def _from_script(self, request: dict[str, Any]) -> Answer:
        return (
            self._script.pop(0) if self._script else fault(400, "unexpected", "The test did not expect this request.")
        )


class _Handler(BaseHTTPRequestHandler):
    server_of_tests: Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        more = self.server_of_tests.about_models
        models = [{"id": name, "object": "model", **more} for name in self.server_of_tests.models]
        self._json({"object": "list", "data": models})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/api/show"):
            self._json(self.server_of_tests.about_models)
            return
        if self.path.endswith("/embeddings"):
            self._json(_embed(request))
            return
        reply = self.server_of_tests.note(request, {name.lower(): value for name, value in self.headers.items()})
        reply = Reply(text=reply) if isinstance(reply, str) else reply
        try:
            self._reply(reply, request)
        except OSError:
            self.server_of_tests.hung_up.set()
            self.close_connection = True

    def _reply(self, reply: Reply, request: dict[str, Any]) -> None:
        if reply.body is not None:
            self._send(reply.status, reply.kind, reply.body, reply.headers)
        elif request.get("stream"):
            self._stream(reply, request)
        else:
            self._json(_plain(reply, request))

    def _json(self, value: Any) -> None:
        self._send(200, "application/json", json.dumps(value).encode(), {})

    def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, reply: Reply, request: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while reply.drip and not self.server_of_tests.closing.wait(0.01):
            self._chunk(b": keep-alive\n\n")
        for event in _events(reply, request):
            self._chunk(b"data: " + json.dumps(event).encode() + b"\n\n")
        while reply.stall and not self.server_of_tests.closing.wait(0.01):
            self._chunk(b": keep-alive\n\n")
        if reply.cut and reply.broken:
            self.close_connection = True
            return
        if not reply.cut:
            self._chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


def _events(reply: Reply, request: dict[str, Any]) -> list[dict[str, Any]]:
    """Text word by word; the arguments of parallel calls in pieces, in turns."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    words = re.findall(r"\s*\S+|\s+$", reply.text)
    deltas += [{"content": word} for word in words]
    if reply.cut == "text" or reply.stall:
        return [_event(delta) for delta in deltas]
    deltas += [
        _delta(i, id=f"call_{i}_{_hash(name)}", name=name, arguments="") for i, (name, _) in enumerate(reply.calls)
    ]
    pieces = [_pieces(arguments) for _, arguments in reply.calls]
    for turn in range(max(map(len, pieces), default=0)):
        deltas += [_delta(i, arguments=parts[turn]) for i, parts in enumerate(pieces) if turn < len(parts)]
    if reply.cut == "arguments":
        deltas.pop()
    events = [_event(delta) for delta in deltas]
    if reply.cut:
        return events
    events.append(_event({}, reply.finish or ("tool_calls" if reply.calls else "stop")))
    if reply.usage and (request.get("stream_options") or {}).get("include_usage"):
        events.append({**_event({}), "choices": [], "usage": _usage(reply.usage)})
    return events


def _event(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "test", "choices": [choice]}


def _delta(index: int, *, arguments: str, name: str | None = None, id: str | None = None) -> dict[str, Any]:
    function: dict[str, Any] = {"arguments": arguments} | ({"name": name} if name else {})
    return {"tool_calls": [{"index": index, "function": function} | ({"id": id, "type": "function"} if id else {})]}


def _pieces(arguments: dict[str, Any] | str) -> list[str]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return [text[i : i + 5] for i in range(0, len(text), 5)]


def _plain(reply: Reply, request: dict[str, Any]) -> dict[str, Any]:
    made = [
        {
            "id": f"call_{i}_{_hash(name)}",
            "type": "function",
            "function": {"name": name, "arguments": "".join(_pieces(args))},
        }
        for i, (name, args) in enumerate(reply.calls)
    ]
    message: dict[str, Any] = {"role": "assistant", "content": reply.text} | ({"tool_calls": made} if made else {})
    choice = {"index": 0, "message": message, "finish_reason": reply.finish or ("tool_calls" if made else "stop")}
    usage = {"usage": _usage(reply.usage)} if reply.usage else {}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "test", "choices": [choice]} | usage


def _usage(tokens: tuple[int, int]) -> dict[str, int]:
    return {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]


def _embed(request: dict[str, Any]) -> dict[str, Any]:
    texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
    digests = [hashlib.sha256(str(text).encode("utf-8", "replace")).digest() for text in texts]
    data = [
        {"object": "embedding", "index": i, "embedding": [(b - 127.5) / 128 for b in d]} for i, d in enumerate(digests)
    ]
    usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    return {"object": "list", "model": request.get("model", "test"), "data": data, "usage": usage}
