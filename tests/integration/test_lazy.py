"""What is not needed for an answer is not opened for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.house import entered
from cairn.core.settings import Home


@pytest.mark.parametrize("question", ["What is 2480 * 17.5%?", "2480 乘以 17.5% 是多少？"])
def test_a_sum_opens_neither_documents_nor_databases(home: Home, tmp_path: Path, question: str) -> None:
    said, files = entered(["ask", question], str(home.root), tmp_path)
    assert "434" in said
    packages = {name.split("/")[0] for name in files}
    assert {"agents", "tools", "models"} <= packages
    assert not {"retrieval", "databases", "samples"} & packages


def test_a_question_to_a_database_opens_no_documents(home: Home, tmp_path: Path) -> None:
    said, files = entered(["ask", "--task", "database", "How many customers are there?"], str(home.root), tmp_path)
    assert "260" in said
    assert "databases/database_registry.py" in files and "retrieval/library.py" not in files
