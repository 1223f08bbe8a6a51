"""The samples that answer while a home has nothing of its own: a handbook of a made-up company and its shop's database.

Tarn & Thistle, its people and its customers are invented. `make_shop.py` makes the database, `make_guides.py` the PDF
and the Word document.
"""

from __future__ import annotations

from pathlib import Path

DOCUMENTS = Path(__file__).parent / "handbook"
"""A folder of Markdown files, one of them in Chinese, a PDF and a Word document."""

SHOP = Path(__file__).parent / "shop.sqlite"
"""An SQLite file: customers, products, categories, suppliers, orders and their items, returns; 2023 to October 2026."""

QUESTIONS = (
    "How many days of parental leave do we give?",
    "How many orders were placed in 2025?",
    "What is 17.5 % of 2,480 plus 3^4?",
    "出差住宿的报销上限是多少？",
    "How many nights must a tent be tested?",
    "What happens after two red grades?",
)
"""One for the documents, one for the database, one for the calculator, one in Chinese, for the PDF, for Word."""
