"""The page as a newcomer meets it: the samples, and no model but `builtin`."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Chat, opened_document


def test_a_question_to_the_documents_is_answered_with_its_source(chat: Chat) -> None:
    chat.shoot("empty")
    chat.page.get_by_role("button", name="How many days of parental leave do we give?").click()
    answer = chat.done(chat.answers.first)
    expect(answer).to_contain_text("80 days of paid parental leave")
    expect(answer).to_contain_text("search")
    source = answer.get_by_test_id("stExpander").filter(has_text=re.compile(r"1 · Leave and holidays")).first
    source.locator("summary").click()
    expect(source.locator(".cairn-quote")).to_contain_text("Every new parent has 80 days")
    chat.shoot("source")
    dialog = opened_document(chat, source)
    expect(dialog.locator("mark")).to_contain_text("80 days of paid parental leave")
    expect(dialog.locator(".cairn-document")).to_contain_text("Full-time employees have 27 days")
    chat.shoot("document")


def test_a_question_to_the_database_is_answered_with_its_sql(chat: Chat) -> None:
    answer = chat.done(chat.ask("How many orders were placed in 2025?"))
    expect(answer).to_contain_text("744")
    sql = answer.get_by_test_id("stExpander").filter(has_text="SQL").last
    sql.locator("summary").click()
    expect(sql.get_by_test_id("stDataFrame")).to_be_visible()
    expect(sql.get_by_test_id("stCode")).to_contain_text(re.compile("select", re.IGNORECASE))
    chat.shoot("table")


def test_a_wide_table_stays_inside_the_page(chat: Chat) -> None:
    answer = chat.done(chat.ask("List all customers from Norway"))
    answer.get_by_test_id("stExpander").filter(has_text="35 rows, SQL").locator("summary").click()
    table = answer.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    chat.shoot("wide")
    assert chat.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_chinese(chat: Chat) -> None:
    answer = chat.done(chat.ask("出差住宿的报销上限是多少？"))
    expect(answer).to_contain_text("550 元")
    chat.shoot("chinese")


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
