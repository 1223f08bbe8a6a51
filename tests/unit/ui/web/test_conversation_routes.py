"""What the page's script asks for, by real HTTP: only with the page's key, and as it is while an answer is written."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from cairn.agents.service import Cairn
from cairn.core import key_store
from cairn.core.key_store import KeyStore
from cairn.core.settings import Home, load_settings
from cairn.models import model_registry
from cairn.ui.api.application import UPLOADS, make_api
from cairn.ui.api.host_guard import HostGuard
from cairn.ui.web.conversation_routes import PAGE, with_conversation
from tests.scripted import ScriptedModel, calls
from tests.server import Server, fault
from tests.unit.ui.api.conftest import Served, serve

KEY = "the-key-of-the-page"


@pytest.fixture
def model() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def served(home: Home, model: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(key_store, "_keyring", lambda: None)
    monkeypatch.setenv("CAIRN_API_KEY", "k")
    monkeypatch.setenv("CAIRN_MODEL", "openai:test-model")
    with Cairn(load_settings(home.root, base_url=model.url, api_key="k", retries=0)) as cairn:
        for served in serve(
            lambda port: HostGuard(with_conversation(make_api(cairn, KEY)), port, (), None, [UPLOADS]), cairn
        ):
            served.http.close()
            served.http = served.client(KEY)
            yield served


def asked(served: Served, question: str, **more: Any) -> tuple[str, str]:
    """The run and the thread of an answer that is over."""
    begun = served.http.post("/api/v1/runs", json={"question": question, "task": "math"} | more).json()
    list(served.home.follow(begun["run"]))
    return begun["run"], begun["thread"]


def stream(served: Served, thread: str) -> Iterator[tuple[str, Any]]:
    with served.http.stream("GET", f"{PAGE}/threads/{thread}/stream") as response:
        name = ""
        for line in response.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))


def test_nothing_is_given_without_the_pages_key(served: Served, model: Server) -> None:
    model.say("Four.")
    run, thread = asked(served, "2+2?")
    for key, status in ((None, 401), ("wrong", 401), (served.key("ask", "read"), 403)):
        with served.client(key) as stranger:
            for path in (f"threads/{thread}/stream", f"runs/{run}/markdown", f"runs/{run}/sources/1"):
                assert stranger.get(f"{PAGE}/{path}").status_code == status
    with served.client(None) as stranger:
        assert stranger.get(f"{PAGE}/conversation.js").status_code == 200


def test_an_answer_is_followed_piece_by_piece_and_ends_whole(served: Served, model: Server) -> None:
    model.say("First.", "# One\n\nTwo\n\nThree")
    _, thread = asked(served, "Begin?")
    seen: list[tuple[str, Any]] = []
    begun = threading.Event()

    def read() -> None:
        for name, data in stream(served, thread):
            seen.append((name, data))
            begun.set()
            if name == "turns" and not data["busy"] and "Three" in json.dumps(data["turns"]):
                return

    reader = threading.Thread(target=read)
    reader.start()
    assert begun.wait(30)
    asked(served, "<b>Go on?", thread=thread)
    reader.join(30)
    assert not reader.is_alive()
    first, last = seen[0][1], seen[-1][1]
    assert len(first["turns"]) == 1 and first["busy"] is None and "First." in first["turns"][0]["html"]
    assert [len(data["turns"]) for name, data in seen if name == "turns"][-1] == 1, (
        "a turn that did not change came again"
    )
    assert "&lt;b&gt;Go on?" in last["turns"][0]["html"] and "<h1>One</h1>" in last["turns"][0]["html"]


def test_of_a_long_thread_the_newest_turns_come_first(served: Served, model: Server) -> None:
    model.answer = lambda _request: "Yes."
    run, thread = asked(served, "Number 0?")
    for number in range(1, 15):
        asked(served, f"Number {number}?", thread=thread)
    name, data = next(stream(served, thread))
    assert name == "turns" and len(data["turns"]) == 12 and data["earlier"] == 3
    before = served.http.get(f"{PAGE}/threads/{thread}/turns", params={"before": data["turns"][0]["id"]}).json()
    assert before["turns"][0]["id"] == run and before["earlier"] == 0


def test_another_key_is_used_from_then_on_and_never_shown(served: Served, model: Server) -> None:
    model.say(fault(401, "invalid_api_key", "Wrong key sk-other-secret"), "Four.")
    run, thread = asked(served, "2+2?")
    html = next(stream(served, thread))[1]["turns"][0]["html"]
    assert "data-key" in html and "refuses the key (HTTP 401)" in html and "Settings" not in html
    given = {"key": "sk-other-secret", "model": "openai:test-model"}
    assert served.http.post(f"{PAGE}/key", json={**given, "key": " "}).status_code == 400
    assert served.http.post(f"{PAGE}/key", json=given).json() is None
    again = served.http.post(f"/api/v1/runs/{run}/versions", json={}).json()
    list(served.home.follow(again["run"]))
    assert model.headers[-1]["authorization"] == "Bearer sk-other-secret"
    assert "sk-other-secret" not in json.dumps(next(stream(served, thread)))


def test_a_second_wrong_key_is_told_as_such(served: Served, model: Server) -> None:
    model.say(fault(401, "invalid_api_key"), fault(401, "invalid_api_key"))
    run, thread = asked(served, "2+2?")
    assert served.http.post(f"{PAGE}/key", json={"key": "sk-second", "model": "openai:test-model"}).json() is None
    list(served.home.follow(served.http.post(f"/api/v1/runs/{run}/versions", json={}).json()["run"]))
    assert "This key is refused, too." in next(stream(served, thread))[1]["turns"][0]["html"]


@pytest.mark.parametrize("kept", ["", "sk-of-elsewhere"])
def test_a_key_for_a_server_takes_the_place_of_none_or_of_the_providers(
    home: Home, model: Server, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    monkeypatch.setattr(key_store, "_keyring", lambda: None)
    monkeypatch.setenv("OPENAI_API_KEY", "")
    monkeypatch.delenv("CAIRN_API_KEY", raising=False)
    model.say(fault(401, "invalid_api_key"), "Four.")
    with Cairn(load_settings(home.root, model="openai:m", base_url=model.url, retries=0)) as cairn:
        if kept:
            cairn.use_key(kept, "OPENAI_API_KEY")
        told = cairn.ask("2+2?", task="math").error or ""
        assert ("none was given" in told) == (not kept)
        cairn.replace_key("sk-right", "openai:m")
        assert cairn.ask("2+2?", task="math").answer == "Four."
        assert KeyStore(home.root).names() == ["CAIRN_API_KEY"]
    monkeypatch.delenv("CAIRN_API_KEY")


def test_a_key_that_is_missing_is_told_kept_for_its_provider_and_used(
    home: Home, model: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_store, "_keyring", lambda: None)
    monkeypatch.setattr(model_registry, "_OPENAI", model.url)
    monkeypatch.setenv("OPENAI_API_KEY", "")
    model.say("Four.")
    with Cairn(load_settings(home.root, model="openai:test-model")) as cairn:
        for served in serve(lambda port: HostGuard(with_conversation(make_api(cairn, KEY)), port, (), None, []), cairn):
            with served.client(KEY) as http:
                question = {"question": "2+2?", "task": "math"}
                told = http.post("/api/v1/runs", json=question).json()["error"]
                assert (told["kind"], told["model"]) == ("KeyMissing", "openai:test-model")
                assert told["hint"] == "Do it on the page Settings."
                with served.client(served.key("ask")) as other:
                    assert "cairn models list" in other.post("/api/v1/runs", json=question).json()["error"]["hint"]
                assert http.post(f"{PAGE}/key", json={"key": "sk-first", "model": told["model"]}).json() is None
                list(cairn.follow(http.post("/api/v1/runs", json=question).json()["run"]))
    assert model.headers[-1]["authorization"] == "Bearer sk-first"
    assert KeyStore(home.root).names() == ["OPENAI_API_KEY"]


def test_a_version_that_failed_is_shown_until_another_is_chosen(served: Served, model: Server) -> None:
    model.say("Four.", fault(400, "bad", "No."))
    run, thread = asked(served, "2+2?")
    failed = served.http.post(f"/api/v1/runs/{run}/versions", json={}).json()["run"]
    list(served.home.follow(failed))
    assert f'data-run="{failed}"' in next(stream(served, thread))[1]["turns"][0]["html"]
    chosen = served.http.post(f"{PAGE}/runs/{run}/version").json()
    assert f'data-run="{run}"' in chosen["html"] and "1/2" in chosen["html"]
    assert f'data-run="{run}"' in next(stream(served, thread))[1]["turns"][0]["html"]
    assert f'data-run="{failed}"' in served.http.post(f"{PAGE}/runs/{failed}/version").json()["html"]


def test_texts_are_in_the_readers_language(served: Served, model: Server) -> None:
    model.say("Four.")
    _, thread = asked(served, "2+2?")
    served.http.headers["Accept-Language"] = "zh-CN"
    assert "复制为 Markdown" in next(stream(served, thread))[1]["turns"][0]["html"]


def test_the_stream_of_a_deleted_thread_ends(served: Served, model: Server) -> None:
    model.say("Four.")
    _, thread = asked(served, "2+2?")
    names: list[str] = []
    for name, _ in stream(served, thread):
        names.append(name)
        if name == "turns":
            served.http.delete(f"/api/v1/threads/{thread}")
    assert names == ["turns", "gone"]


def test_a_table_that_was_cut_is_saved_whole(served: Served, model: Server) -> None:
    with httpx.Client(base_url=served.url, headers=served.http.headers, timeout=60) as http:
        begun = http.post(
            "/api/v1/runs", json={"question": "List all orders", "task": "database", "model": "builtin"}
        ).json()
        list(served.home.follow(begun["run"]))
        shown = served.home.answer(begun["run"]).tables[0].rows
        saved = http.get(f"{PAGE}/runs/{begun['run']}/tables/0", params={"form": "csv"})
    assert len(saved.text.splitlines()) - 1 > len(shown)


def test_a_chart_that_was_asked_for_is_drawn_with_its_table_folded(served: Served) -> None:
    question = "How many customers are there per country, as a bar chart?"
    run, thread = asked(served, question, task="database", model="builtin")
    html = next(stream(served, thread))[1]["turns"][0]["html"]
    assert 'data-chart="0"' in html and 'data-fold="table-0"' in html and "as a bar chart?" in html
    path = f"{PAGE}/runs/{run}/charts/0"
    svg, png = (served.http.get(path, params={"form": form}) for form in ("svg", "png"))
    assert svg.headers["content-type"] == "image/svg+xml" and "Norway" in svg.text
    assert png.content.startswith(b"\x89PNG")
    assert served.http.get(f"{PAGE}/runs/{run}/charts/1", params={"form": "svg"}).status_code == 400


def test_what_stands_in_a_table_is_text_in_its_chart_and_a_page_lends_its_ground(served: Served) -> None:
    evil = "</text></svg><script>alert(1)</script><image href='http://127.0.0.1:9/a.png'/>"
    sql = f"SELECT '{evil.replace(chr(39), chr(39) * 2)}' AS \"{evil.split('=')[0]}\", 2 AS n"
    drawn = ("draw_chart", {"kind": "bar", "title": evil})
    scripted = ScriptedModel(calls(("query_database", {"query": sql})), calls(drawn), "Here.")
    answer = served.home.ask("Draw it.", model=scripted)
    path = f"{PAGE}/runs/{answer.run}/charts/0"
    for theme in ({}, {"theme": "dark"}):
        svg = served.http.get(path, params={"form": "svg", **theme}).text
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
        assert (
            not tags & {"script", "image", "foreignObject", "a"}
            and "http://127.0.0.1:9" not in svg.split("&lt;image")[0]
        )
        assert ('fill="white"' in svg) == (not theme)


def test_what_a_program_began_is_the_pages_once_it_goes_on_there(served: Served, model: Server) -> None:
    model.say("One.", "Two.", "Three.")
    with served.client(served.key("ask")) as program:
        begun = program.post("/api/v1/runs", json={"question": "Begin?", "task": "math"}).json()
    list(served.home.follow(begun["run"]))
    assert served.home.threads.get(begun["thread"]).origin == "program"
    assert served.home.threads.get(asked(served, "Mine?")[1]).origin == "page"
    asked(served, "And then?", thread=begun["thread"])
    assert served.home.threads.get(begun["thread"]).origin == "page"
