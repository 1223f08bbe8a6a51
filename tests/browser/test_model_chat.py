"""The page with a model behind it: streaming, stopping, reloading, choosing, and text that means harm."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Chat, browsing, serving
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
    expect(answer.locator(".cairn-source")).to_contain_text("1 · Moorings x :material/home: :red[now]")
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
    text = (chosen.locator(".cairn-markdown").text_content() or "").strip()
    chosen.get_by_role("button", name="Use this one").click()
    expect(answer.get_by_text("This is the one the conversation goes on with.")).to_have_count(1)
    scripted.choose("Template", "default")
    model_server.say("Indeed.")
    scripted.done(scripted.ask("Sure?"))
    assert text in [message["content"] for message in model_server.requests[-1]["messages"]]


def test_what_went_wrong_is_mended_on_the_page_and_nothing_is_typed_twice(
    scripted: Chat, model_server: Server, gate: threading.Event
) -> None:
    """Stop, 1 click; the question put otherwise, 2 clicks; a wrong key, 1 click and the key."""
    model_server.say("One, then two.", fault(401, "invalid_api_key", "Wrong key"), "Three.")
    answer = scripted.ask("Count to tow.")
    expect(answer).to_contain_text("One,")
    scripted.page.get_by_role("button", name="Stop").click()
    expect(answer.locator(".cairn-caption")).to_contain_text("stopped by you")
    gate.set()
    scripted.page.get_by_role("button", name="Edit this question").click()
    field = scripted.page.get_by_role("textbox", name="Edit the question")
    expect(field).to_have_value("Count to tow.")
    field.fill("Count to two.")
    scripted.page.get_by_role("button", name="Ask again").click()
    expect(answer.locator(".cairn-problem")).to_be_visible()
    scripted.shoot("model-failed")
    scripted.page.reload()
    expect(scripted.page.locator(".cairn-question")).to_have_text("Count to two.")
    answer.get_by_label("Key for openai:test-model").fill("sk-right-one")
    answer.get_by_role("button", name="Set it and try again").click()
    expect(answer).to_contain_text("Three.")
    scripted.done(answer)
    assert model_server.headers[-1]["authorization"] == "Bearer sk-right-one"
    assert model_server.requests[-1]["messages"][-1]["content"] == "Count to two."
    expect(answer.locator(".cairn-versions")).to_contain_text("3/3")
    scripted.page.get_by_role("button", name="The version before").click()
    expect(answer.locator(".cairn-problem")).to_be_visible()


def test_a_missing_key_is_asked_for_and_the_question_asked_again(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nothing leaves this machine
    with serving(tmp_path / "home", model="openai:test-model", retries="0") as url, browsing(chromium, url) as chat:
        chat.open()
        chat.box.fill("What is a cairn?")
        chat.box.press("Enter")
        field = chat.page.get_by_label("Key for openai:test-model")
        expect(field).to_be_focused()
        expect(chat.told).to_contain_text("needs a key, and none is set")
        field.fill("sk-first")
        chat.shoot("key-missing")
        field.press("Enter")
        expect(chat.page.locator(".cairn-question")).to_have_text("What is a cairn?")
        expect(chat.answers.first.locator(".cairn-problem")).to_contain_text("No connection")
        expect(field).to_have_count(0)
        expect(chat.box).to_have_value("")


def test_what_is_typed_ahead_is_sent_when_the_answer_is_complete(
    scripted: Chat, model_server: Server, gate: threading.Event
) -> None:
    model_server.say("First, then more.", "Second.")
    answer = scripted.ask("One?")
    expect(answer).to_contain_text("First,")
    scripted.box.fill("Two?")
    scripted.box.press("Enter")
    expect(scripted.page.get_by_text("It is sent when this answer is complete.")).to_be_visible()
    gate.set()
    expect(scripted.answers.nth(1)).to_contain_text("Second.")
    scripted.box.press("ArrowUp")
    expect(scripted.box).to_have_value("Two?")
    scripted.box.press("ArrowUp")
    expect(scripted.box).to_have_value("One?")


def test_escape_stops_in_every_tab_and_slash_leads_to_the_question(
    scripted: Chat, model_server: Server, gate: threading.Event
) -> None:
    model_server.say("One, then two.")
    answer = scripted.ask("Count.")
    expect(answer).to_contain_text("One,")
    other = scripted.page.context.new_page()
    other.goto(f"{scripted.url}/?thread={scripted.thread}")
    expect(other.locator(".cairn-answer")).to_contain_text("One,")
    other.keyboard.press("Escape")
    for page in (other, scripted.page):
        expect(page.locator(".cairn-caption")).to_contain_text("stopped by you")
    other.keyboard.press("/")
    expect(other.get_by_role("textbox", name="Your question")).to_be_focused()
    other.close()


def test_a_link_opens_only_from_where_its_address_stands(scripted: Chat, model_server: Server) -> None:
    model_server.say("See [the page](https://elsewhere.example/a?b=1).")
    answer = scripted.done(scripted.ask("Where?"))
    answer.get_by_role("button", name="the page").click()
    asked = scripted.page.locator(".cairn-ask-first")
    expect(asked).to_contain_text("https://elsewhere.example/a?b=1")
    asked.get_by_role("button", name="Cancel").click()
    expect(asked).to_be_hidden()


def test_formulas_and_code_are_drawn_as_such(scripted: Chat, model_server: Server) -> None:
    model_server.say("Then $x^2$:\n\n```python\ndef f(): return 1\n```\n\n```mermaid\nflowchart LR\n  a --> b\n```")
    answer = scripted.done(scripted.ask("Show me."))
    expect(answer.locator("math msup")).to_have_count(1)
    expect(answer.locator(".hl-k").first).to_have_text("def")
    scripted.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer.get_by_role("button", name="Copy", exact=True).first.click()
    assert scripted.page.evaluate("navigator.clipboard.readText()") == "def f(): return 1\n"
    scripted.shoot("code")
    answer.get_by_role("button", name="Draw").click()
    expect(scripted.page.get_by_role("dialog").locator("svg").first).to_be_visible()


def test_a_question_is_asked_otherwise_in_a_conversation_of_its_own(scripted: Chat, model_server: Server) -> None:
    model_server.say("First.", "Second.", "Other.")
    scripted.done(scripted.ask("One?"))
    scripted.done(scripted.ask("Two?"))
    before = scripted.thread
    scripted.page.get_by_role("button", name="Edit this question").nth(1).click()
    scripted.page.get_by_role("textbox", name="Edit the question").fill("Three?")
    scripted.page.get_by_role("button", name="Ask in a new conversation").click()
    expect(scripted.answers.nth(1)).to_contain_text("Other.")
    expect(scripted.page.locator(".cairn-question")).to_have_text(["One?", "Three?"])
    scripted.page.wait_for_url(lambda url: before not in url)
    told = [m["content"] for m in model_server.requests[-1]["messages"] if m["role"] != "system"]
    assert told == ["One?", "First.", "Three?"]


def test_another_model_holds_from_the_next_question_and_stays_chosen(scripted: Chat) -> None:
    scripted.choose("Model", "builtin")
    answer = scripted.done(scripted.ask("What is 2 + 3?"))
    expect(answer.locator(".cairn-caption")).to_contain_text("builtin")
    expect(answer).to_contain_text("5")
