"""A climb of retrieval on docs_qa: chosen on one half of its questions, told on the other. `builtin` answers.

    CAIRN_TEST_DATA=… CAIRN_MINILM_DIR=… python -m benchmarks.docs_qa_ladder
    CAIRN_TEST_DATA=… CAIRN_MINILM_DIR=… python -m benchmarks.docs_qa_ladder http://127.0.0.1:18080/v1

With an address: what a small model there makes of the passages of 60 questions; three set-ups, 180 short calls.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from benchmarks.corpora import docs_qa
from cairn.agents.service import Cairn
from cairn.core.settings import load_settings
from cairn.evals.climb.climb_report import ClimbReport
from cairn.evals.climb.climb_run import ClimbRequest, Watcher, climb_in
from cairn.evals.climb.climbing import Step
from cairn.evals.climb.ladder_verdicts import Verdict
from cairn.evals.climb.staircase import staircase_text
from cairn.evals.eval_runner import USER
from cairn.evals.evaluation_request import Wanted
from cairn.evals.set_split import split_set

CHUNKS = (120, 240, 480)
START: Mapping[str, Any] = {"retrieval": {"mode": "lexical", "k": 3}}
RETRIEVAL: Mapping[str, Mapping[str, Any]] = {
    "hybrid": {"mode": "fused"},
    "hybrid by ranks": {"fusion": "rrf"},
    "hybrid, more of meaning": {"fusion": "weighted", "dense_weight": 0.5},
    "by meaning": {"mode": "dense"},
    "passages that differ": {"rerank": ["mmr"]},
    "whole sections": {"parents": True},
    "cut at a fall in score": {"gap": 0.2},
    "5 passages": {"k": 5},
    "10 passages": {"k": 10, "max_tokens": 6000},
}
ANSWERS = {"one passage": {"k": 1}, "five passages": {"k": 5}}
ASKED = 60


def main() -> None:
    data = Path(os.environ["CAIRN_TEST_DATA"])
    with TemporaryDirectory() as folder:
        work = Path(folder)
        texts = write_texts(data, work / "texts")
        questions = write_questions(data, work / "docs_qa.jsonl")
        if len(sys.argv) > 1:
            answers(work, texts, questions, sys.argv[1])
            return
        (tuning, _), (held_out, _) = split_set(questions, 0.5, 0, work)
        for tokens in CHUNKS:
            print(f"\nat most {tokens} tokens a passage", flush=True)
            wanted = Wanted(tuning, task="documents", patch=START, model="builtin", metric="recall", workers=2)
            request = ClimbRequest(wanted, held_out, ladder(work, RETRIEVAL), as_written=True)
            tell(climbed(work / f"home{tokens}", texts, request, chunk_tokens=tokens))


def write_texts(data: Path, folder: Path) -> Path:
    folder.mkdir()
    for name, text in docs_qa(data).texts.items():
        (folder / f"{name}.md").write_text(f"# {text.title}\n\n{text.body}\n", "utf-8")
    return folder


def write_questions(data: Path, file: Path) -> Path:
    """Those whose gold text is there."""
    corpus = docs_qa(data)
    rows = json.loads((data / "docs_qa" / "questions.json").read_text("utf-8"))
    lines = [
        {"question": asked.text, "answer": row["correct_answer"], "sources": [f"{name}.md" for name in sorted(known)]}
        for asked, row in zip(corpus.questions, rows, strict=True)
        if (known := asked.gold & corpus.texts.keys())
    ]
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return file


def ladder(work: Path, rungs: Mapping[str, Mapping[str, Any]]) -> Path:
    file = work / "ladder.yaml"
    found = [{"name": name, "group": "retrieval", "patch": {"retrieval": dict(one)}} for name, one in rungs.items()]
    file.write_text(yaml.safe_dump(found), "utf-8")
    return file


def climbed(home: Path, texts: Path, request: ClimbRequest, **settings: Any) -> ClimbReport:
    with Cairn(load_settings(home, user=USER, samples=False, **settings)) as app:
        app.workspace.library.add([texts])
        return climb_in(app, request, Watcher(print, step=said), home)


def answers(work: Path, texts: Path, questions: Path, base_url: str) -> None:
    patch = {"template": "small", "retrieval": {"k": 3}, "limits": {"answer_tokens": 48}}
    wanted = Wanted(questions, task="documents", patch=patch, model="openai:small", metric="f1", limit=ASKED, workers=1)
    request = ClimbRequest(wanted, None, ladder(work, ANSWERS), as_written=True, prove=False)
    tell(climbed(work / "home", texts, request, base_url=base_url))


def said(step: Step) -> None:
    one = step.comparison
    between = f"{one.difference:+.3f} [{one.low:+.3f} {one.high:+.3f}] on {step.asked}"
    tokens = f"{step.tokens:,.0f} tokens" if step.tokens else ""
    print(f"{step.rung.name:26}{between}  {'kept' if step.kept else ''}  {step.reason}  {tokens}", flush=True)


def tell(report: ClimbReport) -> None:
    print(staircase_text(report.points))
    for verdict in report.verdicts:
        print(proof(verdict), flush=True)


def proof(verdict: Verdict) -> str:
    one = verdict.comparison
    if one is None:
        return f"{verdict.what}: not tested"
    means = f"{one.first:.3f} to {one.second:.3f}"
    return f"{verdict.what}: {means}, {one.difference:+.3f} [{one.low:+.3f} {one.high:+.3f}] {verdict.proof}"


if __name__ == "__main__":
    main()
