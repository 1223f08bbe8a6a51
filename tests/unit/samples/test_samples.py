from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cairn import samples
from cairn.agents.service import Cairn
from cairn.core.settings import Settings
from cairn.retrieval.load import Document, load
from cairn.samples import make_guides
from cairn.samples.make_shop import make

TABLES = ("categories", "suppliers", "products", "customers", "orders", "order_items", "returns")


@pytest.fixture
def shop():
    connection = sqlite3.connect(f"file:{samples.SHOP}?mode=ro", uri=True)
    yield connection
    connection.close()


def one(connection: sqlite3.Connection, query: str):
    return connection.execute(query).fetchone()[0]


def test_the_shipped_database_is_what_the_script_makes(shop: sqlite3.Connection, tmp_path: Path) -> None:
    make(tmp_path / "again.sqlite")
    again = sqlite3.connect(tmp_path / "again.sqlite")
    for table in TABLES:
        query = f"SELECT * FROM {table} ORDER BY 1, 2"
        assert shop.execute(query).fetchall() == again.execute(query).fetchall(), table
    again.close()


def test_facts_that_the_demo_questions_ask_for(shop: sqlite3.Connection) -> None:
    assert one(shop, "SELECT count(*) FROM orders WHERE placed_on BETWEEN '2025-01-01' AND '2025-12-31'") == 744
    assert one(shop, "SELECT count(*) FROM customers WHERE city = 'Chengdu'") == 37
    assert one(shop, "SELECT name FROM products ORDER BY price DESC LIMIT 1") == "Ptarmigan winter tent"
    assert one(shop, "SELECT count(*) FROM products WHERE stock = 0") == 3


def test_rows_fit_together(shop: sqlite3.Connection) -> None:
    assert shop.execute("PRAGMA foreign_key_check").fetchall() == []
    assert (
        one(shop, "SELECT count(*) FROM orders o JOIN customers c ON c.id = customer_id WHERE joined_on > placed_on")
        == 0
    )
    sums = """SELECT count(*) FROM orders o WHERE abs(total - shipping -
              (SELECT sum(quantity * unit_price) FROM order_items WHERE order_id = o.id)) > 0.001"""
    assert one(shop, sums) == 0
    early = """SELECT count(*) FROM order_items i JOIN orders o ON o.id = order_id JOIN products p ON p.id = product_id
               WHERE launched_on > placed_on"""
    assert one(shop, early) == 0


def test_the_handbook_is_small_clean_markdown() -> None:
    documents = sorted(samples.DOCUMENTS.glob("*.md"))
    assert len(documents) == 9
    for document in documents:
        text = document.read_text(encoding="utf-8")
        assert text.startswith("# ") and text.count("\n## ") >= 5 and "\n| " in text, document.name
    assert "80 days of paid parental leave" in (samples.DOCUMENTS / "leave.md").read_text(encoding="utf-8")
    assert "差旅" in (samples.DOCUMENTS / "chengdu-travel-and-attendance.md").read_text(encoding="utf-8")


def guide(folder: Path, name: str) -> Document:
    return load((folder / name).read_bytes(), name)


def test_the_shipped_guides_are_what_the_script_makes(tmp_path: Path) -> None:
    make_guides.make(tmp_path)
    for name in (make_guides.PDF, make_guides.WORD):
        assert guide(samples.DOCUMENTS, name) == guide(tmp_path, name)
        assert (samples.DOCUMENTS / name).stat().st_size < 100_000


def test_the_guides_hold_pages_headings_and_tables() -> None:
    testing = guide(samples.DOCUMENTS, make_guides.PDF)
    assert (testing.title, testing.author, testing.language) == ("Field testing guide", "Astrid Lunde", "en")
    assert {section.page for section in testing.sections} == {1, 2, 3}
    assert "Product: Tents; Testers: 6; Least use: 40 nights; Least time: 5 months\n" in testing.text
    visits = guide(samples.DOCUMENTS, make_guides.WORD)
    assert visits.title == "Visiting suppliers"
    assert "During the visit > Gifts and meals" in {section.heading for section in visits.sections}


@pytest.mark.parametrize("language", samples.QUESTIONS)
def test_each_question_to_begin_with_is_answered_by_what_it_says(language: str, settings: Settings) -> None:
    tools = {"documents": "search", "database": "query_database", "calculator": "calculator"}
    with Cairn(settings) as app:
        for question, by in samples.QUESTIONS[language].items():
            answer = app.ask(question)
            assert answer.steps[-1].tool == tools[by], question
            assert answer.citations if by == "documents" else answer.answer, question
