"""Which tables a question is about, whether it is one for the database at all, and what to look up in it first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.builtin.lexicon import ADJECTIVES, EARLY, HIGH, LATE, LOW, MEAN, SUM, is_filler
from models.builtin.markdown import read_table
from models.builtin.marks import Marks
from models.builtin.mentions import Lookup, find_long_mentions, find_mentions, tick_table, vocabulary
from models.builtin.query import literal
from models.builtin.reader import Reading, read_question
from models.builtin.schema import Table, quote_identifier
from models.builtin.words import WORD, has_cjk, stem

MAX_QUESTION = 400
_MAX_TABLES = 3
_MAX_COLUMNS = 12
_MAX_PHRASES = 24
_COUNTS = re.compile(
    r"\b(?:how many|(?:total )?number of|count(?: of| the| all)?)\s+(?P<noun>(?:[\w'-]+\s+){0,4}?[\w'-]+)"
    r"(?=\s+(?:of|are|is|were|was|do|does|did|have|has|had|in|on|at|from|with|by|per|for|after|before|since|"
    r"between|over|under|"
    r"who|that|which|there|came|come|cost|placed|made)\b|\s*[?.!,]|\s*$)",
    re.IGNORECASE,
)
_LISTS = re.compile(
    r"^\W*(?:please\s+|can you\s+|could you\s+)*(?:list|show|display|which|who|whose|find|give|name|get)\b",
    re.IGNORECASE,
)
_OPENS = re.compile(r"^\W*(?:(?:on|in|at|to|from) )?(?:what|which|who|how many|when|where)\b", re.IGNORECASE)
_ASKS = re.compile(r"^\W*(?:what|when|please|and|the|top|\d|compute|calculate|tell)\b", re.IGNORECASE)
_ZH_FORM = re.compile(
    r"多少|几[个名条位笔件种]|哪|列出|显示|查|统计|平均|最|总|数量|总数|每|谁|前\s*[\d一二三四五六七八九十]"
)
_ZH_NEVER = re.compile(r"怎么|如何|怎样|为什么|为何|什么时候|是否|吗|多久|多长|政策|规定|流程")
_CUES = HIGH | LOW | LATE | EARLY | SUM | MEAN | frozenset(ADJECTIVES) | frozenset(["per", "each"])


def candidates(question: str, tables: Sequence[Table]) -> list[Table]:
    """The tables a question names, the longest names first; else the one table with a column that it names."""
    if len(question) > MAX_QUESTION:
        return []
    named = [(len(table.words), table) for table in tables if tick_table(Marks(question, [table.name]), table)]
    full = [table for table in tables if Marks(question, [table.name]).find(*table.words) is not None]
    chosen = full or [table for _, table in named]
    if chosen:
        return sorted(chosen, key=lambda table: -len(table.words))[:_MAX_TABLES]
    counts = [(_columns_named(question, table), table) for table in tables]
    most = max((n for n, _ in counts), default=0)
    by_column = [table for n, table in counts if n == most]
    return by_column if most and len(by_column) == 1 else []


def _columns_named(question: str, table: Table) -> int:
    """How many columns are named, where the words ask for something that a table could tell."""
    marks = Marks(question, vocabulary(table))
    figure = any(set(token.stems) & _CUES for token in marks.tokens)
    asks = bool(_OPENS.search(question) or has_cjk(question)) and not figure
    if not asks and not figure:
        return 0
    mentions = find_long_mentions(marks, table, (4, 3, 2, 1)) if asks else find_mentions(marks, table)
    return len(
        {column for mention in mentions if not mention.foreign for column in mention.columns if not column.is_key}
    )


def plausible(question: str, chosen: Sequence[Table]) -> bool:
    """Whether the form of the question is one for a table, where documents could be meant as well."""
    if not chosen:
        return False
    if has_cjk(question):
        return bool(_ZH_FORM.search(question)) and not _ZH_NEVER.search(question)
    if match := _COUNTS.search(question):
        return any(_names(match["noun"], table) for table in chosen)
    cues = any(set(token.stems) & _CUES for token in Marks(question).tokens)
    if _LISTS.search(question) or (_ASKS.search(question) and cues):
        return True
    if cues and len(question.split()) <= 8:
        return True
    return bool(_ASKS.search(question)) and _shows_column(question, chosen[0])


def asks_of_a_name(question: str, chosen: Sequence[Table]) -> bool:
    """Whether a named column is asked for and all the rest could be one value: `What town does Dev Patel live in?`"""
    if len(chosen) != 1 or not (_OPENS.search(question) or has_cjk(question)):
        return False
    reading = read_question(question, chosen[0])
    plain = not reading.several and reading.query.aggregate is None and set(reading.unknown) == set(reading.strange)
    return bool(plain and reading.query.show and len(reading.strange) == 1 and _is_name(reading.strange[0]))


def _is_name(text: str) -> bool:
    words = WORD.findall(text)
    return bool(words) and all(word[0].isupper() or has_cjk(word) for word in words)


def _names(noun: str, table: Table) -> bool:
    marks = Marks(noun, [table.name])
    return bool(tick_table(marks, table) or any(not mention.foreign for mention in find_mentions(marks, table)))


def _shows_column(question: str, table: Table) -> bool:
    marks = Marks(question)
    return bool(tick_table(marks, table)) and bool(find_mentions(marks, table))


def choose(question: str, tables: Sequence[Table], lookups: Sequence[Lookup] = ()) -> Reading | None:
    """The reading that leaves the least unexplained."""
    readings = [read_question(question, table, lookups) for table in candidates(question, tables)]
    return min(readings, key=lambda one: (one.several, len(one.unknown)), default=None)


def lookup_query(reading: Reading) -> str | None:
    """One query that asks in which columns the words that were not understood are values."""
    table = reading.query.table
    columns = [column for column in table.columns if column.kind == "text"][:_MAX_COLUMNS]
    phrases = [phrase for text in reading.strange for phrase in _phrases(text)][:_MAX_PHRASES]
    hopeless = reading.several or set(reading.unknown) - set(reading.strange) or len(reading.strange) > 3
    if hopeless or not columns or not phrases:
        return None
    values = ", ".join(dict.fromkeys(literal(form) for phrase in phrases for form in (phrase.lower(), phrase)))

    def one(name: str) -> str:
        quoted = quote_identifier(name, table.dialect)
        source = quote_identifier(table.name, table.dialect)
        where = f"LOWER({quoted}) IN ({values})"
        return f"SELECT DISTINCT {literal(name)} AS field, {quoted} AS value FROM {source} WHERE {where}"  # noqa: S608 (escaped here, guarded by the tool)

    text = " UNION ALL ".join(one(column.name) for column in columns)
    return text if len(text) < 4500 else None


def _phrases(text: str) -> list[str]:
    """The words of `text` and every run of them, longest first; of Chinese every run of characters."""
    words = re.findall(r"\S+", text.strip(" ?？。.,!"))
    if has_cjk(text):
        run = max(WORD.findall(text), key=len)
        lengths = range(min(len(run), 8), 1, -1)
        return [run[i : i + n] for n in lengths for i in range(len(run) - n + 1)]
    if not 0 < len(words) <= 6:
        return []
    runs = [" ".join(words[i : i + n]) for n in range(len(words), 0, -1) for i in range(len(words) - n + 1)]
    runs = [run for run in runs if any(not is_filler(word, [stem(word)]) for word in WORD.findall(run))]
    plural = [run[:-1] for run in runs if run.endswith("s") and len(run) > 3]
    return [run.strip(",.'\"") for run in [*runs, *plural]]


def read_lookups(result: str) -> list[Lookup]:
    """What `lookup_query` found."""
    table = read_table(result)
    if table is None:
        return []
    return [Lookup(row[1], row[0], row[1]) for row in table.rows if len(row) == 2]
