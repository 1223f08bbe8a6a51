"""A query as an answer: its result with the SQL, a block of SQL, or what was understood when there is none."""

from __future__ import annotations

from collections.abc import Sequence

from models.builtin.markdown import MAX_ROWS, code, read_table, write_table
from models.builtin.phrases import say
from models.builtin.reader import Reading
from models.builtin.schema import Table
from models.builtin.sql import choose
from models.builtin.words import has_cjk, join


def write_sql_block(question: str, tables: Sequence[Table]) -> str:
    """One ```sql block, or in words what was understood."""
    chinese = has_cjk(question)
    reading = choose(question, tables)
    if reading is None:
        return f"{say('no_table', chinese)} {say('real_model', chinese)}"
    if not reading.understood:
        return abstain(reading, chinese)
    table = reading.query.table
    several = len({one.database for one in tables}) > 1
    head = f"-- Database {table.database}\n" if several and table.database else ""
    return f"```sql\n{head}{reading.query.sql()}\n```"


def abstain(reading: Reading, chinese: bool) -> str:
    return " ".join([why_not(reading, chinese), say("real_model", chinese)])


def why_not(reading: Reading, chinese: bool) -> str:
    parts = [say("understood", chinese, query=reading.query.words(chinese))]
    if reading.unknown:
        parts.append(say("unplaced", chinese, words=join((f"“{word}”" for word in reading.unknown), chinese)))
    if reading.several:
        parts.append(say("several", chinese))
    return " ".join(parts)


def write_result(result: str, sql: str, chinese: bool) -> str:
    """One value in a sentence, several as a short table, with the query they come from."""
    table = read_table(result)
    unknown = table is not None and len(table.rows) == 1 and set(table.rows[0]) <= {"NULL", ""}
    if table is None or not table.rows or unknown:
        return say("no_rows", chinese, sql=code(sql))
    if len(table.rows) == 1 and len(table.columns) == 1:
        return f"**{table.rows[0][0]}** ({code(sql)})"
    count = f"{len(table.rows)}{'+' if table.cut else ''}"
    if len(table.rows) == 1:
        footer = say("row", chinese, sql=code(sql))
    elif len(table.rows) > MAX_ROWS:
        footer = say("first_rows", chinese, shown=MAX_ROWS, count=count, sql=code(sql))
    else:
        footer = say("rows", chinese, count=count, sql=code(sql))
    return f"{write_table(table)}\n\n{footer}"
