"""The scorer against reality: what eight published systems answered on Spider, as `cairn eval` judges it.

`OFFICIAL` is what Spider's official evaluator (test-suite-sql-eval, its defaults) gives on the same 972 questions.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from cairn.agents.service import Cairn
from cairn.core.settings import load_settings
from cairn.evals.datasets import Folder, placed, read_predictions, read_questions
from cairn.evals.eval_records import RecordFile
from cairn.evals.eval_report import summarise
from cairn.evals.eval_runner import Recorded, run
from cairn.evals.metrics.execution_accuracy import Execution

SPIDER = Path(os.environ["CAIRN_TEST_DATA"]) / "spider"
OFFICIAL = {
    "dail_gpt4": 83.2,
    "dail_gpt4_sc": 83.8,
    "din_gpt4": 83.2,
    "gpt4_few": 76.1,
    "gpt4_zero": 73.0,
    "din_codex": 75.9,
    "codex_few": 70.2,
    "graphix": 81.0,
}


def main() -> None:
    questions = read_questions(SPIDER / "dev.jsonl")
    with tempfile.TemporaryDirectory() as home:
        app = Cairn(load_settings(home, model="builtin", samples=False))
        databases = Folder(app.workspace, SPIDER / "databases")
        places = placed(questions, databases, None)
        metrics = {strict: Execution(databases.open, strict) for strict in (False, True)}
        print(f"{len(questions)} questions; execution accuracy in percent")
        print(f"{'':14}{'right':>6}{'of':>6}{'here':>8}{'official':>10}{'apart by':>10}{'strict':>8}{'seconds':>9}")
        for system, official in OFFICIAL.items():
            began = time.perf_counter()
            predict = Recorded(read_predictions(SPIDER / "predictions" / f"{system}.jsonl"))
            shares = {}
            for strict, metric in metrics.items():
                record_file = RecordFile(Path(home, f"{system}-{strict}.jsonl"), {}, resume=False)
                report = summarise(run(questions, places, predict, metric, record_file, workers=2))
                assert not report.apart, report.apart
                shares[strict] = report.total
            right, of = shares[False].right, shares[False].of
            here, strict_here = (100 * share.right / share.of for share in shares.values())
            took = time.perf_counter() - began
            print(
                f"{system:14}{right:6}{of:6}{here:8.2f}{official:10.1f}{abs(here - official):10.2f}"
                f"{strict_here:8.2f}{took:9.1f}",
                flush=True,
            )
        app.close()


if __name__ == "__main__":
    main()
