"""Cairn's own API, as a program uses it: real HTTP, and a model server with scripted answers."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from cairn.agents.service import Cairn
from cairn.ui import deletions
from cairn.ui.api.document_routes import safe_name
from cairn.ui.api.error_replies import Refused
from tests.letters import register, sent
from tests.server import Server, call, fault
from tests.unit.ui.api.conftest import Served

API = "/api/v1"
LETTERS = "strategy: react\ntools: [letters]\napprove: [send]\ndescription: d\n"


def asked(served: Served, question: str, **more: str) -> dict[str, str]:
    response = served.http.post(f"{API}/runs", json={"question": question, **more})
    assert response.status_code == 201, response.text
    return response.json()


@pytest.fixture
def letters(opened: Cairn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A task `letters` whose tool `send` waits for a yes, and writes here."""
    register(tmp_path / "sent.txt", put=monkeypatch.setitem)
    folder = opened.settings.home / "prompts" / "letters"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(LETTERS, "utf-8")
    (folder / "default.md").write_text("---\nrole: You write letters.\n---\n", "utf-8")
    return tmp_path / "sent.txt"


def test_a_question_is_asked_followed_and_read(served: Served, model: Server) -> None:
    model.say(call("calculator", {"expression": "6*7"}), "It is 42, 四十二.")
    run = asked(served, "What is 6 * 7?")
    events = served.events(run["run"])
    assert [number for number, _, _ in events] == [str(n + 1) for n in range(len(events))]
    assert events[0][1] == "started" and events[-1][1] == "finished"
    assert json.loads(events[-1][2])["data"]["answer"] == "It is 42, 四十二."
    answer = served.http.get(f"{API}/runs/{run['run']}/answer").json()
    assert (answer["answer"], answer["steps"][0]["tool"]) == ("It is 42, 四十二.", "calculator")
    assert answer["thread"] == run["thread"]
    state = served.http.get(f"{API}/runs/{run['run']}").json()
    assert state == {**run, "state": "finished", "waiting": []}


def test_who_was_cut_off_goes_on_from_the_last_event(served: Served, model: Server) -> None:
    model.say("One two three.")
    run = asked(served, "Count.")["run"]
    events = served.events(run)
    later = served.http.get(f"{API}/runs/{run}/events", headers={"Last-Event-ID": events[0][0]})
    assert later.headers["content-type"].startswith("text/event-stream")
    assert later.headers["cache-control"] == "no-store"
    assert f"id: {events[0][0]}\n" not in later.text and "event: finished" in later.text
    assert served.http.get(f"{API}/runs/{run}/events", params={"after": events[-1][0]}).text == ""
    assert served.http.get(f"{API}/runs/{run}/events", headers={"Last-Event-ID": "x"}).status_code == 422


def test_many_follow_one_run(served: Served, model: Server) -> None:
    go_on = threading.Event()

    def wait(_request: object) -> str:
        go_on.wait(30)
        return "Done."

    model.answer = wait
    run = asked(served, "Wait.")["run"]
    seen: list[list[tuple[str, str, str]]] = []
    readers = [threading.Thread(target=lambda: seen.append(served.events(run))) for _ in range(5)]
    for reader in readers:
        reader.start()
    go_on.set()
    for reader in readers:
        reader.join(30)
    assert len(seen) == 5 and all(events == seen[0] for events in seen)


def test_a_run_is_stopped(served: Served, model: Server) -> None:
    release = threading.Event()

    def wait(_request: object) -> str:
        release.wait(30)
        return "Too late."

    model.answer = wait
    run = asked(served, "Wait.")["run"]
    served.http.post(f"{API}/runs/{run}/stop").raise_for_status()
    assert json.loads(served.events(run)[-1][2])["data"]["stopped_by"] == "user"
    release.set()


def test_a_call_that_waits_is_decided_about(served: Served, model: Server, letters: Path) -> None:
    model.say(call("send", {"to": "Ann", "text": "Hello"}), "Sent.")
    run = asked(served, "Write to Ann.", task="letters")["run"]
    assert served.events(run)[-1][1] == "approval"
    state = served.http.get(f"{API}/runs/{run}").json()
    assert (state["state"], state["waiting"][0]["tool"]) == ("waiting", "send")
    decided = {"call": state["waiting"][0]["id"], "decision": "edit", "arguments": {"to": "Bo", "text": "Hi"}}
    with served.client(served.key("ask", "read")) as asker:
        assert asker.post(f"{API}/runs/{run}/decisions", json=decided).status_code == 403
    assert served.http.post(f"{API}/runs/{run}/decisions", json=decided).json() == {"goes_on": True}
    assert served.events(run)[-1][1] == "finished"
    assert sent(letters) == ["Bo: Hi"]
    again = served.http.post(f"{API}/runs/{run}/decisions", json=decided)
    assert (again.status_code, again.json()["error"]["kind"]) == (400, "UsageError")


def test_threads_are_listed_read_renamed_and_deleted(served: Served, model: Server) -> None:
    model.say("Hello.", "Again.")
    run = asked(served, "First?")
    served.events(run["run"])
    asked_again = asked(served, "Second?", thread=run["thread"])
    served.events(asked_again["run"])
    thread = f"{API}/threads/{run['thread']}"
    listed = [(one["id"], one["origin"]) for one in served.http.get(f"{API}/threads").json()]
    assert listed == [(run["thread"], "program")]
    whole = served.http.get(thread).json()
    assert [message["text"] for message in whole["messages"]] == ["First?", "Hello.", "Second?", "Again."]
    assert [one["question"] for one in whole["runs"]] == ["First?", "Second?"]
    assert served.http.patch(thread, json={"name": "名字"}).json()["name"] == "名字"
    assert served.http.delete(thread).status_code == 204
    assert served.http.get(thread).status_code == 404
    deletions.put_back(served.home, deletions.known(served.home)[0].id)
    assert served.http.get(thread).json()["name"] == "名字"
    assert served.http.delete(thread, params={"now": True}).status_code == 204
    assert served.http.get(thread).status_code == 404 and not deletions.known(served.home)


def test_what_is_wrong_is_said_in_one_shape(served: Served, model: Server) -> None:
    model.say(fault(401, message="no such key"))
    run = asked(served, "Anything?")["run"]
    assert json.loads(served.events(run)[-1][2])["data"]["kind"] == "KeyRefused"
    wrong = [
        ({"question": "   "}, 400),
        ({"question": "a" * 20_001}, 400),
        ({"question": "a", "task": "moon"}, 400),
        ({"question": "a", "task": "../../etc"}, 422),
        *(({"question": "a", "model": f"{name}:/etc/passwd"}, 422) for name in ("replay", " replay", "\tgguf", "GGUF")),
        ({"question": "a", "patch": {"approve": []}}, 422),
        ({"question": "a", "thread": "ab" * 8}, 400),
        ({}, 422),
    ]
    for body, status in wrong:
        response = served.http.post(f"{API}/runs", json=body)
        assert response.status_code == status, (body, response.text)
        assert set(response.json()["error"]) == {"kind", "message", "hint"}
    assert served.http.post(f"{API}/runs", content=b"{").status_code == 422
    for path in (
        f"runs/{'a' * 16}",
        f"threads/{'a' * 16}",
        "tasks/moon",
        "databases/moon",
        f"uploads/{'a' * 16}",
        "nothing",
    ):
        response = served.http.get(f"{API}/{path}")
        assert (response.status_code, response.json()["error"]["kind"]) == (404, "NotFound"), path


def test_what_went_wrong_inside_tells_no_place(served: Served, home: object) -> None:
    task = served.home.settings.home / "prompts" / "broken"
    task.mkdir(parents=True)
    (task / "task.yaml").write_text("strategy: [", "utf-8")
    response = served.http.post(f"{API}/runs", json={"question": "a", "task": "broken"})
    assert response.status_code == 400
    assert str(served.home.settings.home) not in response.text and "HOME" in response.text


def test_a_thread_that_is_busy_says_so(served: Served, model: Server) -> None:
    release = threading.Event()

    def wait(_request: object) -> str:
        release.wait(30)
        return "Done."

    model.answer = wait
    run = asked(served, "Wait.")
    busy = served.http.post(f"{API}/runs", json={"question": "Now?", "thread": run["thread"]})
    assert (busy.status_code, busy.json()["error"]["kind"]) == (409, "ThreadBusy")
    release.set()
    served.events(run["run"])


def test_feedback_is_given_changed_and_taken_back(served: Served, model: Server) -> None:
    model.say("It is 41.")
    run = asked(served, "What is 6 * 7?")["run"]
    served.events(run)
    path = f"{API}/runs/{run}/feedback"
    assert served.http.get(path).status_code == 404
    assert served.http.put(path, json={"verdict": "good"}).json()["verdict"] == "good"
    bad = {"verdict": "bad", "reason": "falsch 错", "correction": {"answer": "42"}}
    served.http.put(path, json=bad).raise_for_status()
    kept = served.http.get(path).json()
    assert {name: kept[name] for name in bad} == bad and kept["reviewed"] is None
    assert served.http.put(path, json={"verdict": "splendid"}).status_code == 422
    assert served.http.delete(path).status_code == 204
    assert served.http.get(path).status_code == 404


def test_documents_are_brought_searched_and_removed(served: Served) -> None:
    files = [
        ("files", ("../../mooring fees.md", b"# Moorings\n\nThe mooring fee is five dollars a night.\n")),
        ("files", ("停泊.txt", "停泊费是每晚五美元。".encode())),
    ]
    brought = served.http.post(f"{API}/documents", files=files, data={"collection": "harbour", "tags": ["fees"]})
    assert brought.status_code == 202, brought.text
    upload = f"{API}/uploads/{brought.json()['id']}"
    done = served.until(lambda: (now := served.http.get(upload).json())["state"] in ("added", "failed") and now)
    assert (done["state"], done["problems"], done["names"]) == ("added", [], ["mooring fees.md", "停泊.txt"])
    known = served.http.get(f"{API}/documents").json()
    own = {Path(one["source"]).name: one for one in known if one["collection"] == "harbour"}
    assert set(own) == {"mooring fees.md", "停泊.txt"}
    found = served.http.get(f"{API}/search", params={"query": "mooring fee", "k": 1, "tag": "fees"}).json()
    assert "five dollars" in found[0]["text"]
    source = own["mooring fees.md"]["source"]
    assert Path(source).is_relative_to(served.home.settings.home.resolve()) and Path(source).is_file()
    for wrong in ("/", str(Path(source).parent), "/etc/passwd"):
        assert served.http.delete(f"{API}/documents", params={"source": wrong}).status_code == 404
    assert served.http.delete(f"{API}/documents", params={"source": source}).status_code == 204
    deletions.put_back(served.home, deletions.known(served.home)[0].id)
    assert served.http.get(f"{API}/search", params={"query": "mooring fee", "k": 1, "tag": "fees"}).json()
    assert served.http.delete(f"{API}/documents", params={"source": source, "now": True}).status_code == 204
    assert not Path(source).exists()
    left = [Path(one["source"]).name for one in served.http.get(f"{API}/documents").json()]
    assert "mooring fees.md" not in left and "停泊.txt" in left


def test_what_can_not_be_read_is_refused_or_told(served: Served) -> None:
    refused = served.http.post(f"{API}/documents", files=[("files", ("a.exe", b"MZ"))])
    assert (refused.status_code, refused.json()["error"]["kind"]) == (415, "UnknownFormat")
    twice = [("files", ("a.md", b"# A")), ("files", ("x/a.md", b"# B"))]
    assert served.http.post(f"{API}/documents", files=twice).status_code == 422
    broken = served.http.post(f"{API}/documents", files=[("files", ("broken.pdf", b"%PDF-nonsense"))]).json()
    upload = f"{API}/uploads/{broken['id']}"
    done = served.until(lambda: (now := served.http.get(upload).json())["state"] in ("added", "failed") and now)
    assert done["state"] == "failed" and "broken.pdf" in done["problems"][0]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("notes.md", "notes.md"),
        ("C:\\Users\\me\\notes.md", "notes.md"),
        ("/etc/../notes.md", "notes.md"),
        ("..notes.md", "notes.md"),
        ("a\x00b\n.md", None),
        ("报告 2025.pdf", "报告 2025.pdf"),
        ("con.md", "_con.md"),
        ("a:b*c?.md", "a_b_c_.md"),
        ("x" * 500 + ".md", "x" * 117 + ".md"),
        ("", None),
        (".md", None),
        ("..", None),
        ("noformat", None),
    ],
)
def test_a_name_is_made_safe(given: str, kept: str | None) -> None:
    if kept is not None:
        assert safe_name(given) == kept
        return
    try:
        name = safe_name(given)
    except Refused:
        return
    assert name.isprintable() and "/" not in name and not name.startswith(".")


def test_databases_and_tasks_are_described(served: Served) -> None:
    databases = served.http.get(f"{API}/databases").json()
    assert databases == [{"name": "shop", "dialect": "sqlite", "sample": True, "used": True}]
    schema = served.http.get(f"{API}/databases/shop").json()
    assert "orders" in {table["name"] for table in schema["tables"]}
    tasks = {task["name"]: task for task in served.http.get(f"{API}/tasks").json()}
    assert tasks["math"] == served.http.get(f"{API}/tasks/math").json()
    text = served.http.get(f"{API}/tasks/math/templates/default").json()["text"]
    assert text.startswith("---")
    assert served.http.get(f"{API}/tasks/math/templates/other").status_code == 404


def test_an_answer_has_versions_and_a_thread_branches(served: Served, model: Server) -> None:
    model.say("First.", "Second.")
    run = asked(served, "Say something.")
    served.events(run["run"])
    again = served.http.post(f"{API}/runs/{run['run']}/versions", json={"question": "Say it otherwise."})
    assert again.status_code == 201 and again.json()["thread"] == run["thread"]
    served.events(again.json()["run"])
    thread = f"{API}/threads/{run['thread']}"
    assert [one["text"] for one in served.http.get(thread).json()["messages"]] == ["Say it otherwise.", "Second."]
    branched = served.http.post(f"{thread}/branches", json={"run": run["run"], "name": "Another way"})
    assert branched.status_code == 201
    new = served.http.get(f"{API}/threads/{branched.json()['thread']}").json()
    assert new["name"] == "Another way" and [one["text"] for one in new["messages"]] == ["Say something.", "First."]
    assert served.http.post(f"{thread}/branches", json={"run": "a" * 16}).status_code == 400
