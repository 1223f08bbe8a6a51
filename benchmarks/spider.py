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
from cairn.evals.eval_records import RecordFile
from cairn.evals.eval_report import summarise
from cairn.evals.eval_runner import Recorded, Scoring, run
from cairn.evals.evaluation_request import Wanted, placed_cases
from cairn.evals.outside_answers import read_predictions

SPIDER = Path(os.environ["CAIRN_TEST_DATA"]) / "spider"
METRICS = ("spider", "strict", "execution")
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
    with tempfile.TemporaryDirectory() as home, Cairn(load_settings(home, model="builtin", samples=False)) as app:
        cases = placed_cases(app, Wanted(SPIDER / "dev.jsonl", databases=SPIDER / "databases"))
        scoring = Scoring(app.workspace, cases)
        print(f"{len(cases)} questions; execution accuracy in percent")
        print(f"{'':14}{'spider':>8}{'official':>10}{'apart by':>10}{'strict':>8}{'meant':>8}{'seconds':>9}")
        for system, official in OFFICIAL.items():
            began = time.perf_counter()
            recorded = Recorded(read_predictions(SPIDER / "predictions" / f"{system}.jsonl"))
            record_file = RecordFile(Path(home, f"{system}.jsonl"), {}, resume=False)
            report = summarise(run(cases, recorded, scoring, record_file, workers=2))
            assert not report.unjudged, report.unjudged
            spider, strict, meant = (100 * (report.metrics[name].mean or 0) for name in METRICS)
            took = time.perf_counter() - began
            print(
                f"{system:14}{spider:8.2f}{official:10.1f}{abs(spider - official):10.2f}{strict:8.2f}{meant:8.2f}"
                f"{took:9.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
