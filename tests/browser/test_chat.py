"""The page as a newcomer meets it: the samples, and no model but `builtin`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from cairn.samples import QUESTIONS
from tests.browser.conftest import Chat, browsing, serving


def test_a_passage_is_one_click_from_the_answer(chat: Chat) -> None:
    """Ask, `[n]`, the passage: marked, in its document as that looks, and nothing else on the page is drawn anew."""
    chat.shoot("empty")
    chat.page.get_by_role("button", name="How many days of parental leave do we give?").click()
    answer = chat.done(chat.answers.first)
    expect(answer).to_contain_text("80 days of paid parental leave")
    expect(answer.locator(".cairn-step")).to_contain_text("search")
    answer.evaluate("element => { element.untouched = true; }")
    answer.get_by_role("button", name="[1]").click()
    expect(chat.panel.locator("mark")).to_contain_text("80 days of paid parental leave")
    expect(chat.panel.locator("mark")).to_be_in_viewport()
    expect(chat.panel.get_by_role("heading", name="Parental leave", exact=True)).to_be_visible()
    expect(chat.panel.locator(".cairn-panel-head")).to_contain_text("Parental leave")
    expect(chat.panel.locator(".cairn-document-name")).to_be_in_viewport()
    expect(chat.panel).to_contain_text("Full-time employees have 27 days")
    assert answer.evaluate("element => element.untouched")
    chat.shoot("document")
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_have_count(0)
    expect(answer.get_by_role("button", name="[1]")).to_be_focused()
    answer.get_by_role("button", name="[1]").click()
    chat.done(chat.ask("What is 2 + 2?"))
    expect(chat.panel).to_have_count(0)  # it is no passage of this answer
    expect(chat.box).to_be_focused()


def test_a_passage_of_a_pdf_is_shown_on_its_page(chat: Chat) -> None:
    answer = chat.done(chat.ask("How many nights must a tent be tested?"))
    answer.locator(".cairn-source").first.click()
    expect(chat.panel.get_by_role("img")).to_be_visible()
    chat.shoot("pdf")


def test_a_question_to_the_database_is_answered_with_its_sql(chat: Chat) -> None:
    answer = chat.done(chat.ask("How many orders were placed in 2025?"))
    expect(answer).to_contain_text("744")
    answer.get_by_text("1 row, SQL").click()
    expect(answer.get_by_role("cell", name="744")).to_be_visible()
    answer.locator(".cairn-result-table summary").click()
    expect(answer.locator(".cairn-result-table code")).to_contain_text(re.compile("select", re.IGNORECASE))
    chat.shoot("table")


def test_a_table_is_sorted_filtered_and_saved_whole(chat: Chat) -> None:
    answer = chat.done(chat.ask("List all customers from Norway"))
    answer.get_by_text("35 rows, SQL").click()
    table = answer.locator(".cairn-result-table")
    rows = table.locator("tbody tr:visible")
    expect(rows).to_have_count(35)
    chat.shoot("wide")
    assert chat.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    table.locator("th button").first.click()
    down = rows.locator("td:first-child").all_inner_texts()
    table.locator("th button").first.click()
    assert rows.locator("td:first-child").all_inner_texts() == down[::-1]
    table.get_by_role("searchbox", name="Filter rows").fill(down[0])
    expect(rows).not_to_have_count(35)
    with chat.page.expect_download() as saved:
        table.get_by_role("button", name="Save as CSV").click()
    assert len(saved.value.path().read_text("utf-8-sig").splitlines()) == 36


@pytest.fixture
def empty_home(chromium: Browser, tmp_path: Path) -> Iterator[Chat]:
    """A page of its own: with documents of one's own the samples answer no more."""
    with serving(tmp_path / "home", model="builtin") as url, browsing(chromium, url) as chat:
        chat.open()
        yield chat


def test_a_file_dropped_into_the_chat_answers_its_first_question(empty_home: Chat, tmp_path: Path) -> None:
    """Dropped, ready, asked: one click, and nothing to be read before."""
    chat, file = empty_home, tmp_path / "ferry.md"
    suggested = chat.page.locator(".cairn-example")
    expect(suggested).to_have_count(len(QUESTIONS["en"]))
    file.write_text("# The ferry\n\nIt is run by the town.\n\n## Bicycles\n\nA bicycle costs 3 crowns.\n", "utf-8")
    with chat.page.expect_file_chooser() as chooser:
        chat.page.get_by_role("button", name="Add files").click()
    chooser.value.set_files(file)
    expect(chat.page.get_by_text("ferry.md is ready.")).to_contain_text("The samples are not searched")
    answered = [question for question, by in QUESTIONS["en"].items() if by != "documents"]
    expect(suggested).to_have_text(answered)
    chat.page.get_by_role("button", name="Search the samples too").click()
    expect(suggested).to_have_count(len(QUESTIONS["en"]))
    chat.shoot("brought")
    chat.page.get_by_role("button", name="What does ferry say about Bicycles?").click()
    expect(chat.done(chat.answers.first)).to_contain_text("3 crowns")


def test_several_files_are_ready_and_the_samples_come_back_with_the_last_of_them(
    empty_home: Chat, tmp_path: Path
) -> None:
    chat = empty_home
    files = [tmp_path / "kestrel.md", tmp_path / "boats.csv"]
    files[0].write_text("# The kestrel\n\nIt hovers.\n", "utf-8")
    files[1].write_text("boat,berth\nTern,4\n", "utf-8")
    with chat.page.expect_file_chooser() as chooser:
        chat.page.get_by_role("button", name="Add files").click()
    chooser.value.set_files(files)
    expect(chat.page.get_by_text("kestrel.md, boats.csv are ready. Ask about them.")).to_be_visible()
    chat.visit("Documents")
    for file in files:
        chat.choose("Look into", file.name)
        chat.page.get_by_role("button", name=f"Delete {file.name}").click()
        chat.settled()
    expect(chat.page.get_by_text("The samples are searched again.")).to_be_visible()
    chat.visit("Chat")
    expect(chat.page.locator(".cairn-example")).to_have_count(len(QUESTIONS["en"]))


def test_an_answer_is_judged_and_the_judgement_taken_back(chat: Chat) -> None:
    answer = chat.done(chat.ask("How many orders were placed in 2024?"))
    good, bad = (answer.get_by_role("button", name=name) for name in ("A good answer", "A bad answer"))
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "false")
    bad.click()
    answer.get_by_label("What is wrong with it?").fill("It counts returns too.")
    answer.get_by_label("The right query").fill("SELECT 1")
    chat.shoot("feedback")
    answer.get_by_role("button", name="Save", exact=True).click()
    expect(chat.told).to_have_text("Thank you. It is kept.")
    chat.page.reload()
    expect(answer.get_by_label("What is wrong with it?")).to_have_value("It counts returns too.")
    expect(answer.get_by_label("The right query")).to_have_value("SELECT 1")
    bad.click()
    expect(answer.get_by_label("What is wrong with it?")).to_have_count(0)


def test_chinese(chat: Chat) -> None:
    answer = chat.done(chat.ask("出差住宿的报销上限是多少？"))
    expect(answer).to_contain_text("550 元")
    chat.shoot("chinese")


def test_a_new_conversation_is_not_taken_away_by_the_one_before(chat: Chat) -> None:
    for number in range(4):
        answer = chat.ask(f"What is {number} + 90?")
        answer.locator(".cairn-caption").wait_for()  # at once, while the page may not have heard of the conversation
        chat.page.get_by_role("button", name="New conversation").evaluate("button => button.click()")
        expect(chat.page.get_by_text("What would you like to know?")).to_be_visible()
    chat.page.wait_for_timeout(500)
    expect(chat.page.get_by_text("What would you like to know?")).to_be_visible()
    assert "thread=" not in chat.page.url


def test_threads_are_opened_renamed_and_deleted(chat: Chat) -> None:
    chat.done(chat.ask("What is 2 + 2?"))
    first = chat.thread
    chat.page.get_by_role("button", name="New conversation").click()
    expect(chat.page.get_by_text("What would you like to know?")).to_be_visible()
    expect(chat.answers).to_have_count(0)
    chat.done(chat.ask("What is 3 + 4?"))
    assert chat.thread != first
    chat.page.get_by_role("button", name="What is 2 + 2?").click()
    expect(chat.page.locator(".cairn-question")).to_have_text("What is 2 + 2?")
    assert chat.thread == first
    chat.page.get_by_test_id("stPopover").get_by_role("button").click()
    name = chat.page.get_by_role("textbox", name="Name")
    name.fill("Sums :material/home: ![x](http://127.0.0.1:9/x.png)")
    name.press("Enter")
    expect(chat.page.locator(".cairn-current")).to_have_text("Sums :material/home: ![x](http://127.0.0.1:9/x.png)")
    chat.shoot("renamed")
    chat.page.get_by_role("button", name="Delete this conversation").click()
    expect(chat.page.get_by_text("What would you like to know?")).to_be_visible()
    assert "thread=" not in chat.page.url
    expect(chat.page.get_by_role("button", name=re.compile("Sums"))).to_have_count(0)
    chat.page.get_by_role("button", name="Undo").click()
    expect(chat.page.locator(".cairn-question")).to_have_text("What is 2 + 2?")
    assert chat.thread == first


def test_a_thread_that_is_not_there_says_so(chat: Chat) -> None:
    chat.open("0123456789abcdef")
    expect(chat.page.locator(".cairn-problem")).to_contain_text("No thread '0123456789abcdef'")


def test_builtin_says_what_it_is(chat: Chat) -> None:
    expect(chat.page.get_by_test_id("stSidebar")).to_contain_text("it is not a language model")


def expect_chart(chat: Chat, answer: Locator) -> None:
    picture = answer.get_by_role("img", name="Chart of the table below")
    expect(picture).to_be_visible()
    chat.page.wait_for_function("image => image.naturalWidth > 100", arg=picture.element_handle())


def test_a_chart_is_drawn_and_saved_and_its_table_one_click_away(chat: Chat) -> None:
    answer = chat.done(chat.ask("How many customers are there per country, as a bar chart?"))
    expect_chart(chat, answer)
    chat.shoot("chart")
    answer.get_by_text("4 rows, SQL").click()
    expect(answer.get_by_role("cell", name="127").last).to_be_visible()
    for form in ("SVG", "PNG"):
        with chat.page.expect_download() as saved:
            answer.get_by_role("button", name=f"Save as {form}").click()
        assert saved.value.suggested_filename == f"How many customers are there per country.{form.lower()}"


def test_the_table_before_is_drawn_and_in_the_dark_without_a_white_ground(chat: Chat) -> None:
    chat.page.emulate_media(color_scheme="dark")
    chat.open()
    chat.done(chat.ask("每个国家有多少客户？"))
    with chat.page.expect_response(lambda response: "/charts/0" in response.url) as drawn:
        answer = chat.done(chat.ask("改成饼图"))
    expect_chart(chat, answer)
    assert drawn.value.url.endswith("theme=dark") and 'fill="white"' not in drawn.value.text()
    chat.shoot("chart_dark")


def test_a_reload_at_once_after_asking_finds_the_conversation(chat: Chat) -> None:
    """Nothing has come of the answer, and Streamlit has not been told."""
    chat.page.evaluate("window.setTimeout = () => 0")
    chat.page.route("**/stream", lambda route: route.abort())
    chat.box.fill("How many orders were placed in 2025?")
    chat.box.press("Enter")
    chat.page.wait_for_url(re.compile(r"thread=\w+"))
    chat.page.unroute("**/stream")
    chat.page.reload()
    expect(chat.page.locator(".cairn-question")).to_have_text("How many orders were placed in 2025?")
    expect(chat.done(chat.answers.first)).to_contain_text("744")


def test_what_was_not_sent_is_there_after_a_look_at_another_page(chat: Chat) -> None:
    chat.open()
    chat.box.fill("How long is the har")
    chat.visit("Settings")
    chat.visit("Chat")
    expect(chat.box).to_have_value("How long is the har")
    chat.box.fill("")
    chat.visit("Settings")
    chat.visit("Chat")
    expect(chat.box).to_have_value("")


def test_the_way_back_from_a_conversation_is_one_step(chat: Chat) -> None:
    chat.done(chat.ask("How many orders were placed in 2025?"))
    assert chat.thread
    chat.page.go_back()
    expect(chat.page.locator(".cairn-welcome")).to_be_visible()
