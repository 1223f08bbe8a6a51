"""The page with a model behind it: streaming, stopping, reloading, choosing, and text that means harm."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.server import Server, _Handler, call, fault

SECRET = "http://127.0.0.1:9/?d=SECRET"


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The model's stream halts before the word `then` until this is set."""
    opened = threading.Event()
    send = _Handler._chunk

    def halting(self: _Handler, data: bytes) -> None:
        if b"then" in data:
            opened.wait(60)
        send(self, data)

    monkeypatch.setattr(_Handler, "_chunk", halting)
    yield opened
    opened.set()


def test_a_reload_in_mid_answer_loses_nothing(scripted: Chat, model_server: Server, gate: threading.Event) -> None:
    model_server.say(call("calculator", {"expression": "6*7"}, text="I calculate."), "First this, then that: 42.")
    answer = scripted.ask("What is six times seven?")
    expect(answer).to_contain_text("First this,")
    expect(answer).to_contain_text("calculator")
    scripted.shoot("model-streaming")
    scripted.open(scripted.thread)
    again = scripted.answers.last
    expect(again).to_contain_text("First this,")
    expect(scripted.page.get_by_role("button", name="Stop")).to_be_visible()
    gate.set()
    scripted.done(again)
    expect(again).to_contain_text("First this, then that: 42.")
    expect(again.locator(".cairn-caption")).to_contain_text("22 + 14 tokens")
    expect(scripted.page.locator(".cairn-question")).to_have_text("What is six times seven?")


def test_stop_ends_the_answer_and_the_thread_goes_on(
    scripted: Chat, model_server: Server, gate: threading.Event
) -> None:
    model_server.say("One, then two.", "Yes.")
    answer = scripted.ask("Count.")
    expect(answer).to_contain_text("One,")
    scripted.page.get_by_role("button", name="Stop").click()
    expect(answer.locator(".cairn-caption")).to_contain_text("stopped by you")
    expect(answer).to_contain_text("One,")
    gate.set()
    expect(scripted.done(scripted.ask("Are you there?"))).to_contain_text("Yes.")


def test_another_template_holds_from_the_next_question(scripted: Chat, model_server: Server) -> None:
    model_server.say("First.", "Second.")
    first = scripted.done(scripted.ask("One?"))
    scripted.choose("Template", "thorough")
    second = scripted.done(scripted.ask("Two?"))
    expect(first.locator(".cairn-caption")).to_contain_text("assistant · default")
    expect(second.locator(".cairn-caption")).to_contain_text("assistant · thorough")
    one, two = (request["messages"] for request in model_server.requests[-2:])
    assert one[0] != two[0], "the model was sent the same instructions"
    assert [m["content"] for m in two if m["role"] != "system"] == ["One?", "First.", "Two?"]


def test_nothing_that_a_model_writes_is_loaded_or_run(scripted: Chat, model_server: Server) -> None:
    text = f"Look ![a]({SECRET}) <img src={SECRET}> [b]({SECRET}) <script>document.title='x'</script> $5 and $6 :red[c]"
    model_server.say(text)
    answer = scripted.done(scripted.ask('Anything <b>else</b> & {{more}} "quoted"?'))
    expect(answer).to_contain_text(f"a ({SECRET}) <img src={SECRET}> b ({SECRET})")
    expect(answer).to_contain_text("$5 and $6 :red[c]")
    assert answer.locator("img, a, script, .katex").count() == 0
    assert scripted.page.title() == "Cairn"
    question = scripted.page.locator(".cairn-question")
    expect(question).to_have_text('Anything <b>else</b> & {{more}} "quoted"?')
    assert model_server.requests[-1]["messages"][-1]["content"] == 'Anything <b>else</b> & {{more}} "quoted"?'


def test_nothing_that_a_document_says_is_loaded_or_run(scripted: Chat, model_server: Server) -> None:
    model_server.say(call("search", {"query": "mooring fee -> when x >= 5"}), "See [1].")
    answer = scripted.done(scripted.ask("What is the mooring fee?"))
    expect(answer).to_contain_text("mooring fee -> when x >= 5")
    expect(answer.locator(".cairn-source")).to_contain_text("1 · Moorings ![x](http")
    answer.get_by_role("button", name="[1]").click()
    expect(scripted.panel).to_contain_text(
        "$5 a night, $6 in June. <img src=http://127.0.0.1:9/a.png> b (http://127.0.0.1:9/b.png) {{x}} &amp;"
    )
    expect(scripted.panel.locator("mark").first).to_be_visible()
    assert scripted.panel.locator("img, a, script").count() == 0
    scripted.shoot("trap")


def test_of_several_answers_the_chosen_one_is_what_the_thread_goes_on_with(
    scripted: Chat, model_server: Server
) -> None:
    scripted.choose("Template", "twice")
    model_server.say("It is red.", "It is blue.")
    answer = scripted.done(scripted.ask("Which colour?"))
    scripted.shoot("alternatives")
    chosen = answer.locator(".cairn-option").nth(1)
    text = chosen.locator(".cairn-markdown").inner_text()
    chosen.get_by_role("button", name="Use this one").click()
    expect(answer.get_by_text("This is the one the conversation goes on with.")).to_have_count(1)
    scripted.choose("Template", "default")
    model_server.say("Indeed.")
    scripted.done(scripted.ask("Sure?"))
    assert text in [message["content"] for message in model_server.requests[-1]["messages"]]


def test_another_model_holds_from_the_next_question(scripted: Chat) -> None:
    scripted.choose("Model", "builtin")
    answer = scripted.done(scripted.ask("What is 2 + 3?"))
    expect(answer.locator(".cairn-caption")).to_contain_text("builtin")
    expect(answer).to_contain_text("5")


def test_a_failure_says_what_to_do_and_the_question_stays(scripted: Chat, model_server: Server) -> None:
    model_server.say(fault(401, "invalid_api_key", "Wrong key"))
    answer = scripted.ask("Will it work?")
    expect(answer.locator(".cairn-problem")).to_be_visible()
    scripted.shoot("model-failed")
    scripted.page.reload()
    expect(scripted.page.locator(".cairn-question")).to_have_text("Will it work?")
    expect(scripted.page.locator(".cairn-problem")).to_be_visible()
    expect(scripted.idle).to_be_visible()
