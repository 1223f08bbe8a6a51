"""A climb as `cairn climb` runs it: asked through the assistant of the chat, with the stand-in model; its pictures."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.core.settings import Home, load_settings
from cairn.evals.climb.climb_report import Point, mean_interval
from cairn.evals.climb.climb_run import Ascent, ClimbRequest, save_climb
from cairn.evals.climb.html_report import html_report
from cairn.evals.climb.look_ledger import looks_at
from cairn.evals.climb.measuring import read_budget
from cairn.evals.climb.staircase import staircase_svg, staircase_text
from cairn.evals.eval_runner import USER
from cairn.evals.evaluation_request import Wanted

WORDS = {
    "broken": ["crash", "error", "闪退"],
    "money": ["invoice", "refund", "账单"],
    "wish": ["please add", "idea", "希望"],
}


@pytest.fixture
def app(home: Home) -> Iterator[Cairn]:
    folder = home.prompts / "letters"
    folder.mkdir()
    (folder / "task.yaml").write_text("strategy: classify\nmemory: {max_tokens: 0}\n", "utf-8")
    (folder / "default.md").write_text("Sort it:\n{{labels}}", "utf-8")
    pool = [{"input": f"A letter about {word}", "output": label} for label, words in WORDS.items() for word in words]
    (folder / "examples.jsonl").write_text("\n".join(map(json.dumps, pool)), "utf-8")
    with Cairn(load_settings(home.root, user=USER, model="builtin")) as opened:
        yield opened


def rows(path: Path, count: int) -> Path:
    cases = [
        {"id": f"{label} {n}", "question": f"Letter {n} about {words[n % 3]}", "label": label}
        for label, words in WORDS.items()
        for n in range(count)
    ]
    path.write_text("\n".join(json.dumps(case, ensure_ascii=False) for case in cases), "utf-8")
    return path


def ascent(app: Cairn, questions: Path, **options: object) -> Ascent:
    request = ClimbRequest(Wanted(questions, task="letters"), as_written=True, groups=("examples",), **options)  # type: ignore[arg-type]
    return Ascent(app, request, lambda text: None)


def test_a_small_set_is_cross_fitted_and_its_report_says_all(app: Cairn, tmp_path: Path) -> None:
    climbing = ascent(app, rows(tmp_path / "set.jsonl", 6))
    report = climbing.run()
    assert report.primary == "label" and report.path.kept and report.cross_fit is not None
    assert report.cross_fit.verdict.proof == "proven"
    assert report.points[0].name == "start" and report.points[0].score < report.points[-1].score
    data = json.loads(save_climb(report, climbing.measuring.records, tmp_path).read_text("utf-8"))
    assert len(data["answers"]["start"]) == 18 and data["kept"] == list(report.path.end.rungs)
    wrong = next(one for one in data["answers"]["start"] if one["score"] == 0)
    assert wrong["failure"] in ("form", "label")
    page = html_report(data)
    assert "闪退" in page and "proven" in page and page.count("<details>") >= 18


def test_the_same_climb_again_asks_nothing(app: Cairn, tmp_path: Path) -> None:
    """What failed is tried again: it may have been the server."""
    questions = rows(tmp_path / "set.jsonl", 4)
    first = ascent(app, questions)
    report = first.run()
    again = ascent(app, questions)
    assert again.run().as_dict()["steps"] == report.as_dict()["steps"]
    records = [record for known in first.measuring.records.values() for record in known.values()]
    failed = sum(max(1, record.usage["calls"] or 0) for record in records if record.error is not None)
    assert again.budget.spent_calls == failed < first.budget.spent_calls


def test_a_held_out_set_is_opened_once_and_every_look_is_written_down(app: Cairn, tmp_path: Path) -> None:
    questions, held_out = rows(tmp_path / "set.jsonl", 5), rows(tmp_path / "other.jsonl", 8)
    first = ascent(app, questions, held_out=held_out).run()
    assert first.verdicts[0].what == "the end against the start" and first.verdicts[0].proof == "proven"
    assert first.looks == 0
    assert ascent(app, questions, held_out=held_out).run().looks == 1
    [*_, look] = looks_at(app.settings.home / "evals", next(iter({one.held_out for one in _looks(app)})))
    assert look.tests["the end against the start"] == "proven"


def _looks(app: Cairn) -> list:  # type: ignore[type-arg]
    from cairn.evals.climb.look_ledger import FILE, Look

    lines = (app.settings.home / "evals" / FILE).read_text("utf-8").splitlines()
    return [Look(**json.loads(line)) for line in lines]


def test_a_set_whose_golds_differ_is_judged_by_what_most_of_it_has(app: Cairn, tmp_path: Path) -> None:
    """Else two thirds of these would be in no figure."""
    labelled = [{"question": f"Letter {n} about a bill", "label": "money"} for n in range(2)]
    worded = [{"question": f"What is {n} * 7?", "contains": [str(n * 7)]} for n in range(6)]
    questions = tmp_path / "mixed.jsonl"
    questions.write_text("\n".join(map(json.dumps, [*labelled, *worded])), "utf-8")
    assert ascent(app, questions).primary == "contains"


def test_a_budget_ends_it_with_what_was_found(app: Cairn, tmp_path: Path) -> None:
    report = ascent(app, rows(tmp_path / "set.jsonl", 4), budget="30calls", prove=False).run()
    assert report.path.ended == "The budget of 30 calls is spent."
    with pytest.raises(UsageError, match="no budget"):
        read_budget("a lot")


def test_a_budget_counts_calls_of_models_not_questions(app: Cairn, tmp_path: Path) -> None:
    """One question of an agent may take a dozen of them, which is what is paid for."""
    (app.workspace.home.prompts / "letters" / "task.yaml").write_text("strategy: react\ntools: [calculator]\n", "utf-8")
    (app.workspace.home.prompts / "letters" / "default.md").write_text("Answer.", "utf-8")
    questions = tmp_path / "sums.jsonl"
    questions.write_text(
        "\n".join(json.dumps({"question": f"What is {n} * 7?", "answer": n * 7}) for n in range(9)), "utf-8"
    )
    request = ClimbRequest(Wanted(questions, task="letters", workers=1), budget="4calls", prove=False)
    climbing = Ascent(app, request, lambda text: None)
    with pytest.raises(UsageError, match=r"The budget of 4 calls is spent\. It was too little for the start"):
        climbing.run()
    assert climbing.budget.spent_calls == 4  # two questions, of two calls each


def test_a_proof_that_the_budget_does_not_reach_is_told_and_the_climb_kept(app: Cairn, tmp_path: Path) -> None:
    told: list[str] = []
    questions, held_out = rows(tmp_path / "set.jsonl", 4), rows(tmp_path / "other.jsonl", 8)
    wanted = Wanted(questions, task="letters", workers=1)
    request = ClimbRequest(wanted, as_written=True, groups=("examples",), held_out=held_out, budget="80calls")
    report = Ascent(app, request, told.append).run()
    assert report.path.kept and not report.verdicts
    assert any("Nothing is proven" in text for text in told)


def test_a_ladder_that_can_not_help_is_refused(app: Cairn, tmp_path: Path) -> None:
    request = ClimbRequest(Wanted(rows(tmp_path / "set.jsonl", 4), task="letters"), groups=("retrieval",))
    with pytest.raises(UsageError, match="No rung of this ladder can help"):
        Ascent(app, request, lambda text: None)


def test_pictures_are_whole_and_escape_what_they_show() -> None:
    points = [
        Point("start", "start", 0.2, 0.1, 0.3, 100, None, None),
        Point("<b>&", "kept", 0.9, 0.8, 1.0, 400, 0.1, 2),
    ]
    ElementTree.fromstring(staircase_svg(points, "A <title>"))
    told = staircase_text(points)
    assert "0.900 [0.800 1.000]" in told and told.count("\n") == 1
    low, high = mean_interval([1.0] * 20)
    assert 0.8 < low < 0.9 and high == 1.0 and mean_interval([]) == (0.0, 1.0)


def test_a_passage_that_is_cut_ends_with_a_whole_word(app: Cairn, tmp_path: Path) -> None:
    climbing = ascent(app, rows(tmp_path / "set.jsonl", 4), prove=False)
    report = climbing.run()
    texts = ("holiday " * 80, "假" * 500, "short")
    quotes = [{"source": "a.md", "quote": text} for text in texts]
    for records in climbing.measuring.records.values():
        for record in records.values():
            record.answer["sources"] = quotes
    data = json.loads(save_climb(report, climbing.measuring.records, tmp_path).read_text("utf-8"))
    english, chinese, short = (source["quote"] for source in data["answers"]["start"][0]["sources"])
    assert english.endswith("holiday…") and len(english) <= 401
    assert (chinese, short) == ("假" * 400 + "…", "short")
