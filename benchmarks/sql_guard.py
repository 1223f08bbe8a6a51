"""The guard on Spider's dev questions: gold queries accepted with equal results, and the milliseconds it adds.

Results are compared as lists where the query has an ORDER BY, else as multisets.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

from cairn.errors import CairnError
from tools.sql.engine import Limits
from tools.sql.guard import check
from tools.sql.sqlite import SqliteEngine

SPIDER = Path(os.environ["CAIRN_TEST_DATA"]) / "spider"
LIMITS = Limits(rows=1_000_000, bytes=1_000_000_000, cell=1_000_000)


def main() -> None:
    outcomes: Counter[str] = Counter()
    raw, guard, whole = [], [], []
    for line in (SPIDER / "dev.jsonl").read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        path = SPIDER / "databases" / f"{question['db_id']}.sqlite"
        engine = SqliteEngine(path)
        schema = engine.schema()
        gold, took = timed(lambda path=path, question=question: plain(path, question["query"]))
        raw.append(took)
        try:
            checked, took = timed(lambda question=question, schema=schema: check(question["query"], schema))
            guard.append(took)
            found, took = timed(lambda e=engine, c=checked, s=schema: e.run(c.sql, s.only(c.tables), LIMITS).rows)
            whole.append(took + guard[-1])
        except CairnError as error:
            outcomes["refused"] += 1
            print(f"{question['id']} {question['db_id']}: {error}\n    {question['query']}")
            continue
        same = equal(gold, found, ordered="order by" in question["query"].lower())
        outcomes["equal" if same else "different"] += 1
        outcomes["rewritten"] += bool(checked.notices)
        if not same:
            print(f"{question['id']} {question['db_id']} differs:\n    {question['query']}\n    {checked.sql}")
    total = len(raw)
    for outcome in ("equal", "different", "refused", "rewritten"):
        print(f"{outcome:10}{outcomes[outcome]:6}{outcomes[outcome] / total:9.2%}")
    for name, times in (("raw sqlite3", raw), ("guard alone", guard), ("guard and worker", whole)):
        slow = statistics.quantiles(times, n=20)[-1]
        print(f"{name:18} median {statistics.median(times):6.2f} ms   95th {slow:6.2f} ms")


def timed(work: Any) -> tuple[Any, float]:
    began = time.perf_counter()
    return work(), (time.perf_counter() - began) * 1000


def plain(path: Path, sql: str) -> list[list[Any]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        return [list(row) for row in connection.execute(sql)]
    finally:
        connection.close()


def equal(one: list[list[Any]], other: list[list[Any]], ordered: bool) -> bool:
    return one == other if ordered else Counter(map(repr, one)) == Counter(map(repr, other))


if __name__ == "__main__":
    main()
