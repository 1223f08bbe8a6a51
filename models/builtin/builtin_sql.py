"""Questions over a schema: which tables they concern, and the query for one where every word found its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from cairn.core.clean_text import has_cjk
from cairn.models.builtin.builtin_phrases import say
from cairn.models.builtin.shown_schema import Table
from cairn.models.builtin.sql_links import Item, UnreadError, read_items
from cairn.models.builtin.sql_query import Link, links_between
from cairn.models.builtin.sql_shown import Reader

MAX_QUESTION = 400
_SHOWN = 10
_YES_OR_NO = re.compile(r"^\W*(?:is|are|was|were|do|does|did|has|have|had|should|why)\b", re.IGNORECASE)
_LISTS = re.compile(r"^\W*(?:please\s+)?(?:list|show|find|give|name|get|which|who)\b|哪|列出|显示|查|谁", re.IGNORECASE)
_EXPLAINS = re.compile(r"怎么|如何|怎样|为什么|为何|什么时候|是否|吗|多久|多长|政策|规定|流程")
_COUNTS = tuple("#A^mfeL")
Readings = list[tuple[tuple[Table, ...], Link | None]]


@dataclass(frozen=True)
class Written:
    """A query with the first table that it reads, or one sentence that says why there is none."""

    sql: str | None = None
    why: str = ""
    table: Table | None = None


def concerns(question: str, tables: Sequence[Table]) -> list[Table]:
    """The tables that the question names by a table, a column or a value, best first."""
    items = read_items(question[:MAX_QUESTION], tables)[0]
    scores = {table: sum(_score(item, table) for item in items) for table in tables}
    return sorted((table for table in tables if scores[table] > 0), key=lambda table: -scores[table])


def asks_records(question: str, tables: Sequence[Table]) -> bool:
    """Whether a question counts, lists, totals or ranks what a table holds, where documents could be meant as well."""
    items = read_items(question[:MAX_QUESTION], tables)[0]
    counts = _LISTS.search(question) or any(item.tag in _COUNTS for item in items)
    return bool(counts and not _EXPLAINS.search(question)) and any(item.tables for item in items)


def write_query(question: str, tables: Sequence[Table]) -> Written:
    """The query that a question over these tables asks for, if every word of it has a place in it; else why not."""
    chinese = has_cjk(question)
    if len(question) > MAX_QUESTION or _YES_OR_NO.search(question):
        return Written(why=say("no_table", chinese))
    items, unknown = read_items(question, tables)
    for readings in _readings(items, tables) if not unknown else ():
        found: dict[str, Table] = {}
        for chosen, link in readings:
            try:
                query = Reader(items, chosen, link, chinese).read()
                found[query.sql()] = query.tables[0]
            except UnreadError as error:
                unknown = unknown or list(error.args)
        if len(found) == 1:
            return Written(next(iter(found)), "", next(iter(found.values())))
        if found or unknown:
            break
    typed = [word for word in dict.fromkeys(unknown) if not chinese or word in question]
    typed = typed or [question.strip()] * bool(unknown)
    words = ("、" if chinese else ", ").join(f"“{word}”" for word in typed)
    return Written(why=say("unplaced", chinese, words=words) if typed else say("no_table", chinese))


def counting(question: str, tables: Sequence[Table]) -> str:
    """For a chart: what is named for each of something (`orders per channel`) is not to be listed but counted."""
    counted = question.replace("的", "有多少", 1) if has_cjk(question) else f"How many {question}"
    return counted if "GROUP BY" in (write_query(counted, tables).sql or "") else question


def _readings(items: Sequence[Item], tables: Sequence[Table]) -> Iterator[Readings]:
    """The tables that hold all that is named: the best single ones; else the best pairs that one key links."""
    if any(item.tables or item.columns or item.hints for item in items):
        yield _best([((table,), None) for table in tables], items)
        linked = [(pair, links_between(*pair)) for pair in combinations(tables, 2)]
        yield _best([(pair, links[0]) for pair, links in linked if len(links) == 1], items)


def _best(readings: Readings, items: Sequence[Item]) -> Readings:
    names = [item for item in items if item.implied or item.hints or not item.tag]
    scores = [[max(_score(item, table) for table in tables) for item in names] for tables, _ in readings]
    best = max((sum(row) for row in scores if all(row)), default=0)
    return [reading for reading, row in zip(readings, scores, strict=True) if all(row) and sum(row) == best]


def _score(item: Item, table: Table) -> float:
    columns = [score if not item.implied else 1 for (owner, _), score in item.columns.items() if owner is table]
    held = [1.0 for hint in item.hints for name, _ in hint.places if name == table.name]
    return max([*columns, *held, item.tables.get(table, 0)], default=0)


def write_sql_block(question: str, tables: Sequence[Table], chart: str | None = None) -> str:
    """One ```sql block, with `-- Database NAME` first where the tables are of several; or why there is none.

    A kind of chart that is asked for stands in it as `-- Chart KIND`, alone where nothing else is asked.
    """
    charted = "" if chart is None else f"-- Chart {chart}\n"
    if charted and not question:
        return f"```sql\n{charted}```"
    written = write_query(counting(question, tables) if charted else question, tables)
    if written.sql is None or written.table is None:
        return f"{written.why} {say('real_model', has_cjk(question))}"
    several = len({table.database for table in tables}) > 1
    head = f"-- Database {written.table.database}\n" if several else ""
    return f"```sql\n{head}{charted}{written.sql}\n```"


def show_result(result_text: str, sql: str, chinese: bool) -> str:
    """One value in a sentence, several as a short table, with the query that they come from."""
    lines = [line for line in result_text.splitlines() if line.startswith("|")]
    cells = [cell.strip() for line in lines[2:] for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    rows = len(lines) - 2
    if rows < 1 or (rows == 1 and {*cells} <= {"NULL", ""}):
        return say("no_rows", chinese, sql=_code(sql))
    if len(cells) == 1:
        return "**{}** ({})".format(cells[0].replace("\\|", "|"), _code(sql))
    key = "rows" if rows <= _SHOWN else "first_rows"
    count = f"{rows}{'+' if 'more were cut off' in result_text else ''}"
    return "\n".join(lines[: 2 + _SHOWN]) + "\n\n" + say(key, chinese, shown=_SHOWN, count=count, sql=_code(sql))


def _code(text: str) -> str:
    """Inline code, whatever ticks stand in it."""
    marks = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{marks}{text}{marks}" if len(marks) == 1 else f"{marks} {text} {marks}"
