"""The builtin model's SQL: Spider's 972 questions, Chinook and any folder of question sets with their databases.

`python -m benchmarks.builtin_sql [FOLDER …]`: a folder holds `NAME.csv` (or `.jsonl`) beside `NAME.sqlite` (or in
`dbs/`); where a set has no database of its own, its `database` column names one. The model is asked as the task
`database` asks it, with the schema and the value hints of its prompt, and judged as `cairn eval` judges.
`CAIRN_SHOW=wrong` (or `unanswered`, `right`) lists the questions; `CAIRN_ONLY=db,db` keeps to some databases.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cairn.agents.service import Cairn
from cairn.core.clean_text import has_cjk
from cairn.core.settings import load_settings
from cairn.core.task import Sql
from cairn.databases.database_registry import Opened
from cairn.databases.linking.schema_context import Context
from cairn.evals.case_reading import read_cases
from cairn.evals.cases import Case
from cairn.evals.evaluation_request import Folder
from cairn.evals.metrics.execution_accuracy import Execution

DATA = Path(os.environ["CAIRN_TEST_DATA"])
SHOWN = os.environ.get("CAIRN_SHOW", "").split(",")
ONLY = frozenset(filter(None, os.environ.get("CAIRN_ONLY", "").split(",")))
_BLOCK = re.compile(r"```sql\n(.*?)\n```", re.DOTALL)
Judged = tuple[Case, str, str]
"""A question, what came of it, and what the model wrote."""


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        app = Cairn(load_settings(home, model="builtin", samples=False))
        spider = Folder(app.workspace, DATA / "spider" / "databases")
        report("Spider dev", asked(read_cases(DATA / "spider" / "dev.jsonl"), spider))
        for folder in map(Path, sys.argv[1:]):
            for file in sorted([*folder.glob("*.csv"), *folder.glob("*.jsonl")]):
                if databases := _beside(app, file):
                    report(file.stem, asked(_placed(read_cases(file), databases), databases))
        app.close()


def _beside(app: Cairn, file: Path) -> Folder | None:
    """The databases of a question set: of its own folder, of `dbs` in it, or of the test data's Chinook."""
    names = {question.database or file.stem for question in read_cases(file)}
    for place in (file.parent, file.parent / "dbs", DATA / "chinook", DATA / "spider" / "databases"):
        if place.is_dir() and any(place.rglob(f"{name}.sqlite") for name in names):
            folder = Folder(app.workspace, place) if any(place.rglob("*.sqlite")) else None
            if folder and names & {*folder.names(), *(name for name in names if name.lower() in folder.names())}:
                return folder
    return None


def _placed(questions: Iterable[Case], databases: Folder) -> list[Case]:
    known = databases.names()
    return [q for q in questions if (q.database or "").lower() in known or len(known) == 1]


def asked(questions: Sequence[Case], databases: Folder) -> list[Judged]:
    """Each question with its verdict."""
    write, read = _model()
    metric, context = Execution(databases.open, "spider"), Context(Sql())
    opened: dict[str, Opened] = {}
    found: list[Judged] = []
    for question in questions:
        name = (question.database or databases.names()[0]).lower()
        if ONLY and name not in ONLY:
            continue
        if name not in opened:
            opened[name] = databases.open(name)
        said = write(question.question, read(context.describe(opened[name], question.question)))
        block = _BLOCK.search(said)
        verdict = metric.judge(name, question.query or "", block[1] if block else None).verdict
        if verdict not in ("gold_failed", "unjudged"):
            found.append(
                (question, "wrong" if verdict in ("failed", "error") else verdict, block[1] if block else said)
            )
    return found


def _model() -> tuple[Callable[..., str], Callable[[str], object]]:
    """The functions behind the task `database`, also where an older commit has them."""
    sql = importlib.import_module("cairn.models.builtin.builtin_sql")
    if not hasattr(sql, "write_sql_block"):
        older = (
            importlib.import_module("cairn.models.builtin.written"),
            importlib.import_module("cairn.models.builtin.shown_schema"),
        )
        return older[0].write_sql_block, older[1].read_schema
    return sql.write_sql_block, importlib.import_module("cairn.models.builtin.shown_schema").read_schema


def report(name: str, cases: Sequence[Judged]) -> None:
    """One line for all, and for each kind of question."""
    kinds: dict[str, Callable[[Case], bool]] = {
        "all": lambda _: True,
        "English": lambda q: not has_cjk(q.question),
        "Chinese": lambda q: has_cjk(q.question),
        "gold has a join": lambda q: " join " in (q.query or "").lower(),
        "gold has none": lambda q: " join " not in (q.query or "").lower(),
    }
    for kind, belongs in kinds.items():
        counts = Counter(verdict for question, verdict, _ in cases if belongs(question))
        of, right = counts.total(), counts["right"]
        if of:
            answered = right + counts["wrong"]
            rate = f"{right / answered:.3f}" if answered else "-"
            print(
                f"{name:20} {kind:16} {of:5} questions: answered {answered:4}, right {right:4}, "
                f"right of the answered {rate}, right of all {right / of:.3f}",
                flush=True,
            )
    for question, verdict, said in cases:
        if verdict in SHOWN:
            print(f"[{verdict}] {question.database} {question.id}: {question.question}\n   {said}\n   {question.query}")


if __name__ == "__main__":
    main()
