"""Fields out of documents with known values: micro F1 of each field, and how many of the given values are quoted.

The folder holds documents and `gold.jsonl` (`{"file": …, "fields": {name: value}}`; null is not said). Values are equal
as numbers to 1e-6, else as texts without case, punctuation and white space. The model that is named is measured.

    python -m benchmarks.extraction FOLDER MODEL [beginning of the files' names]

`labels.json` in the folder, where there is one, has the fields' labels in place of those below.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from cairn.agents.many_questions import Pull
from cairn.agents.question_engine import Asking
from cairn.agents.service import Cairn
from cairn.agents.table_extraction import TableExtraction
from cairn.core.clean_text import normalise
from cairn.core.settings import load_settings

FIELDS = [  # name, type, description, labels
    (
        "number",
        "string",
        "the number of this invoice",
        "Invoice No. / Invoice # / Our reference / 发票号码 / 编号 / 单号",
    ),
    ("supplier", "string", "who sends the invoice", "Seller / From / 销售方 / 收款方 / 户名"),
    ("customer", "string", "who has to pay it", "Bill to / Customer / Sold to / 购买方 / 客户 / 客户名称"),
    ("date", "date", "the date of the invoice", "Invoice date / Date / Date of issue / 开票日期 / 发票日期 / 日期"),
    (
        "due",
        "date",
        "the day by which it has to be paid",
        "Due date / Payment due / Pay by / 到期日 / 付款期限 / 最后付款日",
    ),
    (
        "total",
        "number",
        "what has to be paid in the end",
        "Total due / Amount payable / Grand total / 价税合计 / 应付总额 / 合计",
    ),
    ("tax", "number", "the amount of tax", "VAT / GST / Sales tax / 税额 / 增值税 / 税金"),
    ("currency", "string", "its currency, as ISO 4217 writes it: EUR, USD, CNY", "Currency / 币种 / 货币"),
]
PROMPT = "---\nrole: You take fields out of invoices.\n---\nFields:\n{{fields}}\n"
DRAWS = 2000


def main() -> None:
    folder, model, prefix = Path(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else ""
    gold = {
        row["file"]: row["fields"] for row in map(json.loads, (folder / "gold.jsonl").read_text("utf-8").splitlines())
    }
    files = sorted(name for name in gold if name.startswith(prefix))
    with tempfile.TemporaryDirectory() as home:
        given, quoted, seconds, failed = _extracted(Path(home), folder, files, model)
    rows = [(gold[name], given.get(name, {})) for name in files]
    print(
        f"{model}, {len(files)} documents, {seconds:.0f} s, {failed} failed; {quoted[0]} of {quoted[1]} values quoted"
    )
    print("| field | right | given | wanted | F1 [95 %] |\n| --- | --- | --- | --- | --- |")
    for name in [*gold[files[0]], ""]:
        counts = [_counts(want, got, name) for want, got in rows]
        low, high = _interval(counts)
        right, said, wanted = map(sum, zip(*counts, strict=True))
        print(f"| {name or 'all'} | {right} | {said} | {wanted} | {_f1(counts):.3f} [{low:.3f} {high:.3f}] |")


def _extracted(
    home: Path, folder: Path, names: Sequence[str], model: str
) -> tuple[dict[str, dict[str, Any]], tuple[int, int], float, int]:
    (home / "prompts" / "bills").mkdir(parents=True)
    (home / "prompts" / "bills" / "task.yaml").write_text(_task(folder), "utf-8")
    (home / "prompts" / "bills" / "default.md").write_text(PROMPT, "utf-8")
    copies = home / "documents"
    copies.mkdir()
    for name in names:
        shutil.copy(folder / name, copies)
    began = time.perf_counter()
    with Cairn(load_settings(home, model=model)) as app:
        extraction = TableExtraction(app, Asking("bills", model=model, at_once=2), "bills")
        read = [each for batch in Pull(extraction.read([copies])) for each in batch]
    seconds = time.perf_counter() - began
    for each in read:
        if each.error:
            print(f"{Path(each.document).name}: {each.error}", file=sys.stderr)
    with create_engine(f"sqlite:///{extraction.table.file}").connect() as connection:
        rows = {
            Path(row["document"]).name: dict(row) for row in connection.execute(text("SELECT * FROM bills")).mappings()
        }
    stored = [each.stored for each in read if each.stored]
    quoted = sum(each.quoted for each in stored), sum(each.values for each in stored)
    return rows, quoted, seconds, sum(each.error is not None for each in read)


def _task(folder: Path) -> str:
    known: dict[str, list[str]] = {}
    if (file := folder / "labels.json").exists():
        known = json.loads(file.read_text("utf-8"))
    fields = [
        {"name": name, "type": kind, "description": about, "labels": known.get(name, labels.split(" / "))}
        for name, kind, about, labels in FIELDS
    ]
    return json.dumps({"strategy": "extract", "limits": {"answer_tokens": 200}, "fields": fields}, ensure_ascii=False)


def _counts(gold: Mapping[str, Any], given: Mapping[str, Any], field: str) -> tuple[int, int, int]:
    """Right, given and wanted values of one field, or of all."""
    names = [field] if field else list(gold)
    pairs = [(gold[name], given.get(name)) for name in names]
    right = sum(want is not None and got not in (None, "") and _same(want, got) for want, got in pairs)
    return right, sum(got not in (None, "") for _, got in pairs), sum(want is not None for want, _ in pairs)


def _same(want: Any, got: Any) -> bool:
    if isinstance(want, int | float):
        return isinstance(got, int | float) and abs(want - got) <= 1e-6 * max(1.0, abs(want))
    return _bare(str(want)) == _bare(str(got))


def _bare(value: str) -> str:
    return re.sub(r"[\W_]+", "", normalise(value))


def _f1(counts: Sequence[tuple[int, int, int]]) -> float:
    right, given, wanted = map(sum, zip(*counts, strict=True))
    return 2 * right / (given + wanted) if given + wanted else 0.0


def _interval(counts: Sequence[tuple[int, int, int]]) -> tuple[float, float]:
    """Percentiles of a bootstrap over documents."""
    draw = random.Random(1)
    found = sorted(_f1(draw.choices(counts, k=len(counts))) for _ in range(DRAWS))
    return found[int(0.025 * DRAWS)], found[int(0.975 * DRAWS)]


if __name__ == "__main__":
    main()
