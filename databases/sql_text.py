"""SQL as text: read for comparing, names as they have to be written, and hints on wrong ones."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from cairn.core.name_matching import did_you_mean

if TYPE_CHECKING:
    from sqlglot import exp

_LONGEST = 20_000
_LISTED = 30
_PLAIN = re.compile(r"[^\W\d]\w*")
_WORDS = """
    accessible add all alter analyse analyze and any array as asc asensitive asymmetric authorization before
    between bigint binary blob both by call cascade case cast change char character charset check collate
    collation column commit concurrently condition constraint continue convert create cross cube current_catalog
    current_date current_role current_schema current_time current_timestamp current_user cursor databases
    day_hour day_microsecond day_minute day_second dec decimal declare default deferrable delayed delete desc
    describe deterministic distinct distinctrow div do double drop dual each else elseif enclosed end escape
    escaped except exists exit explain false fetch float float4 float8 for force foreign freeze from full
    fulltext grant group having high_priority hour_microsecond hour_minute hour_second if ignore ilike in index
    infile initially inner inout insensitive insert int int1 int2 int3 int4 int8 integer intersect interval into
    is isnull iterate join key keys kill lateral leading leave left like limit linear lines load localtime
    localtimestamp lock long longblob longtext loop low_priority match maxvalue mediumblob mediumint mediumtext
    middleint minute_microsecond minute_second mod modifies natural not nothing notnull null numeric offset on
    only optimize optionally or order out outer outfile over overlaps page_checksum partition placing portion
    precision primary procedure purge raise range read read_write reads real recursive references regexp release
    rename repeat replace require resignal restrict return returning revoke right rlike rollback rollup
    row_number rows schemas second_microsecond select sensitive separator session_user set show signal similar
    smallint some sounds spatial specific sql sqlexception sqlstate sqlwarning ssl starting straight_join
    symmetric table tablesample terminated then tinyblob tinyint tinytext to trailing transaction trigger true
    undo union unique unlock unsigned update usage use user using utc_date utc_time utc_timestamp values
    varbinary varchar varcharacter variadic varying verbose when where while window with write xor year_month
    zerofill
"""
RESERVED = frozenset(_WORDS.split())
"""Words that can't stand as a name without quotes somewhere: in SQLite, PostgreSQL, MariaDB, or for sqlglot."""


def quoted(name: str, dialect: str) -> str:
    """A name in the dialect's quotes where it is not a plain word, or is one that means something else."""
    if _PLAIN.fullmatch(name) and name.lower() not in RESERVED:
        return name
    mark = "`" if dialect == "mysql" else '"'
    return mark + name.replace(mark, mark * 2) + mark


def name_hint(name: str, known: Iterable[str], head: str) -> str:
    """What to write instead of an unknown name: up to three real ones like it, else all of them after `head`."""
    names = list(dict.fromkeys(known))
    if hint := did_you_mean(name, names):
        return hint
    more = ", …" if len(names) > _LISTED else ""
    return f"{head} {', '.join(names[:_LISTED])}{more}." if names else "Look at the tables first."


@lru_cache(maxsize=2_000)
def parsed(sql: str, dialect: str) -> exp.Expr | None:
    """To be compared, never run: the tree of one statement, None where there is none.

    It is kept: copy it before changing it.
    """
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    if len(sql) > _LONGEST:
        return None
    try:
        trees = [tree for tree in sqlglot.parse(sql, dialect=dialect) if tree is not None]
    except (SqlglotError, ValueError, RecursionError):
        return None
    return trees[0] if len(trees) == 1 else None
