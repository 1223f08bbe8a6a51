"""Questions over a schema: which tables they concern, and the query for one where every word found its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from models.builtin.markdown import cells, code, read_table
from models.builtin.phrases import say
from models.builtin.schema import Table, read_overview, read_schema
from models.builtin.sql_links import Item, read_items
from models.builtin.sql_parts import UnreadError
from models.builtin.sql_query import Link, links_between
from models.builtin.sql_shown import Reader
from models.builtin.words import has_cjk, join

__all__ = [
    "Table",
    "Written",
    "asks_records",
    "concerns",
    "read_overview",
    "read_schema",
    "show_result",
    "write_query",
    "write_sql_block",
]

MAX_QUESTION = 400
_SHOWN = 10
_YES_OR_NO = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|has|have|had|should|why|how (?!many|old|long|tall|heavy))\b", re.I
)
_FORM = re.compile(
    r"^\W*(?:please\s+|can you\s+|could you\s+)*(?:list|show|display|count|find|give|name|get|which|who|how many|top)\b"
    r"|\b(?:number of|average|total|highest|lowest|most|fewest|each|per|maximum|minimum)\b",
    re.IGNORECASE,
)
_ZH_FORM = re.compile(
    r"多少|几[个名条位笔件种]|哪|列出|显示|查|统计|平均|最|总|数量|每|谁|前\s*[\d一二三四五六七八九十]"
)
_ZH_OTHER = re.compile(r"怎么|如何|怎样|为什么|为何|什么时候|是否|吗|多久|多长|政策|规定|流程")


@dataclass(frozen=True)
class Written:
    """A query, or one sentence that says why there is none."""

    sql: str | None = None
    why: str = ""
    table: Table | None = None


def concerns(question: str, tables: Sequence[Table]) -> list[Table]:
    """The tables that a question names by a table, a column or a value, best first.

    Args:
        question: In English or Chinese.
        tables: Where it may look.

    Returns:
        At most four; none where the question names nothing of them.
    """
    if len(question) > MAX_QUESTION:
        return []
    items, _ = read_items(question, tables)
    scores = {table: sum(_score(item, table) for item in items) for table in tables}
    best = sorted((table for table in tables if scores[table] > 0), key=lambda table: -scores[table])
    return best[:4]


def asks_records(question: str, tables: Sequence[Table]) -> bool:
    """Whether the form of a question is one for records, where documents could be meant as well.

    Args:
        question: In English or Chinese.
        tables: Those it concerns.

    Returns:
        True where it counts, lists, totals or ranks, and names one of the tables.
    """
    if has_cjk(question):
        form = _ZH_FORM.search(question) and not _ZH_OTHER.search(question)
    else:
        form = _FORM.search(question)
    items, _ = read_items(question, tables)
    return bool(form) and any(item.tables for item in items)


def write_query(question: str, tables: Sequence[Table]) -> Written:
    """The query that a question asks for, if every word of it has a place in it.

    Args:
        question: In English or Chinese.
        tables: All that may be queried, with their columns.

    Returns:
        The query with the table it is about, or why there is none.
    """
    chinese = has_cjk(question)
    if len(question) > MAX_QUESTION or _YES_OR_NO.search(question):
        return Written(why=say("no_table", chinese))
    items, unknown = read_items(question, tables)
    if unknown:
        return Written(why=_unplaced(unknown, chinese))
    failure: UnreadError | None = None
    for level in _readings(items, tables):
        queries: dict[str, Table] = {}
        for chosen, link in level:
            try:
                query = Reader(items, chosen, link, chinese).read()
                queries[query.sql()] = query.tables[0]
            except UnreadError as error:
                failure = failure or error
        if len(queries) == 1:
            return Written(*next(((sql, "", table) for sql, table in queries.items())))
        if queries or failure:
            break
    if failure and failure.words:
        return Written(why=_unplaced(failure.words, chinese))
    return Written(why=say("no_table", chinese))


def _unplaced(words: Sequence[str], chinese: bool) -> str:
    return say("unplaced", chinese, words=join((f"“{word}”" for word in dict.fromkeys(words)), chinese))


def _readings(items: Sequence[Item], tables: Sequence[Table]) -> Iterator[list[tuple[tuple[Table, ...], Link | None]]]:
    """The tables that hold all that is named: the best single ones; else pairs that a key links, best first."""
    singles = [table for table in tables if all(_holds(item, (table,)) for item in items)]
    if any(item.tables or item.columns or item.hints for item in items):
        yield from _best([((table,), None) for table in singles], items)
        pairs = [pair for pair in combinations(tables, 2) if all(_holds(item, pair) for item in items)]
        yield from _best([(pair, links[0]) for pair in pairs if len(links := links_between(*pair)) == 1], items)


def _best(
    found: list[tuple[tuple[Table, ...], Link | None]], items: Sequence[Item]
) -> Iterator[list[tuple[tuple[Table, ...], Link | None]]]:
    scores = [sum(max(_score(item, table) for table in tables) for item in items) for tables, _ in found]
    if found:
        yield [one for one, score in zip(found, scores, strict=True) if score == max(scores)]


def _holds(item: Item, tables: Sequence[Table]) -> bool:
    if item.tag and not item.implied and not item.hints:
        return True
    return any(_score(item, table) > 0 for table in tables)


def _score(item: Item, table: Table) -> float:
    columns = [score for (owner, _), score in item.columns.items() if owner is table]
    held = [1.0 for hint in item.hints for name, _ in hint.places if name == table.name]
    return max([*columns, *held, item.tables.get(table, 0)], default=0)


def write_sql_block(question: str, tables: Sequence[Table]) -> str:
    """One ```sql block, or the sentence that says why there is none.

    Args:
        question: In English or Chinese.
        tables: Those of the prompt, perhaps of several databases.

    Returns:
        The block, with the line `-- Database NAME` first where several are shown.
    """
    written = write_query(question, tables)
    if written.sql is None or written.table is None:
        return f"{written.why} {say('real_model', has_cjk(question))}"
    several = len({table.database for table in tables}) > 1
    head = f"-- Database {written.table.database}\n" if several and written.table.database else ""
    return f"```sql\n{head}{written.sql}\n```"


def show_result(result_text: str, sql: str, chinese: bool) -> str:
    """One value in a sentence, several as a short table, with the query they come from.

    Args:
        result_text: What `query_database` returned.
        sql: The query.
        chinese: The language to answer in.

    Returns:
        The answer.
    """
    lines, more = read_table(result_text)
    rows = lines[2:]
    if not rows or (len(rows) == 1 and {*cells(rows[0])} <= {"NULL", ""}):
        return say("no_rows", chinese, sql=code(sql))
    if len(rows) == 1 and len(cells(rows[0])) == 1:
        return f"**{cells(rows[0])[0]}** ({code(sql)})"
    key = "row" if len(rows) == 1 else "rows" if len(rows) <= _SHOWN else "first_rows"
    count = f"{len(rows)}{'+' if more else ''}"
    shown = "\n".join(lines[: 2 + _SHOWN])
    return f"{shown}\n\n{say(key, chinese, shown=_SHOWN, count=count, sql=code(sql))}"
