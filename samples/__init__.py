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

SET = Path(__file__).parent / "sample_questions.jsonl"
"""Questions on both with what is right, some of them in Chinese, some with no answer. They are our own: a figure on
them shows how measuring looks, and nothing of how good a model is."""

LADDER = Path(__file__).parent / "sample_ladder.yaml"
"""The rungs that `cairn climb samples` tries."""

TASK = Path(__file__).parent / "sample_task"
"""The task that it climbs."""

RECORDING = Path(__file__).parent / "smollm2_answers.jsonl"
"""What SmolLM2-135M-Instruct answered on the way, for `replay:FILE`; made by `python -m benchmarks.record_samples`."""

CLIMB = Path(__file__).parent / "sample_climb.json"
"""What `cairn climb samples` came to, with every answer, for the page to show at once; made with the recording."""

QUESTIONS = {
    "en": {
        "How many days of parental leave do we give?": "documents",
        "How many orders were placed in 2025?": "database",
        "What is 17.5 % of 2,480 plus 3^4?": "calculator",
        "出差住宿的报销上限是多少？": "documents",
        "How many nights must a tent be tested?": "documents",
        "What happens after two red grades?": "documents",
    },
    "zh": {
        "出差住宿的报销上限是多少？": "documents",
        "2025年有多少订单？": "database",
        "2480 的 17.5% 加 3^4 等于多少？": "calculator",
        "婚假有几天？": "documents",
        "每个国家有多少客户？": "database",
        "How many nights must a tent be tested?": "documents",
    },
}
"""Questions to begin with in each language of the page, each with what answers it; of the documents in English, in
Chinese, the PDF and, in English, Word."""
