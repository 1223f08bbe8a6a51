"""What an answer says in words: only what the table says."""

from __future__ import annotations

from typing import Any

from cairn.core.clean_text import has_cjk, plain
from cairn.core.errors import CairnError
from cairn.databases.connections.database_engine import Rows
from cairn.tools.sql_tools import write_rows

_SHOWN_ROWS = 10


def say(question: str, rows: Rows) -> str:
    """A sentence that says only what the table says, with up to ten rows of it, in the question's language."""
    chinese = has_cjk(question)
    count = len(rows.rows)
    if count == 0:
        return "查询结果为空：没有符合条件的行。" if chinese else "The result is empty: no row matches."
    if count == 1 and len(rows.columns) == 1:
        return _value(rows.rows[0][0], chinese)
    if rows.truncated:
        english = f"There are more than {count} rows; the table has the first {count}."
        return f"结果超过 {count} 行，表中是前 {count} 行。" if chinese else english
    if count > _SHOWN_ROWS:
        return f"共 {count} 行，见表。" if chinese else f"There are {count} rows; they are in the table."
    head = f"共 {count} 行：" if chinese else f"{count} row{'' if count == 1 else 's'}:"
    table = write_rows(rows).rpartition("\n\n(")[0]
    return f"{head}\n\n{table}"


def say_failed(question: str, error: CairnError | None) -> str:
    said = "没有得到能执行的查询。" if has_cjk(question) else "No query could be run for this question."
    return f"{said} {error}" if error else said


def say_no_query(question: str, text: str, *, invented: bool) -> str:
    """That nothing was run, and what the model said; `invented`: its words may be anything, and are no result."""
    chinese, text = has_cjk(question), text.strip()
    said = "没有运行查询。" if chinese else "No query was run."
    if not text or not invented:
        return f"{said} {text}".strip()
    own = (
        "以下是模型自己的说法，没有任何查询可以证实："
        if chinese
        else "In the model's own words, which no query bears out:"
    )
    quoted = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    return f"{said} {own}\n\n{quoted}"


def _value(value: Any, chinese: bool) -> str:
    if value is None:
        return "结果没有值（NULL）。" if chinese else "The result has no value (NULL)."
    return f"**{' '.join(plain(value).split())}**"
