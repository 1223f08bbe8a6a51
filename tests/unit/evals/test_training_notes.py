"""An adapter says by hashes what it was trained on: what it was is never its own judge, and another prompt is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from cairn.agents.assembly import build
from cairn.agents.service import Cairn
from cairn.core.errors import SettingsError, UsageError
from cairn.core.settings import Home, load_settings
from cairn.evals.climb.climb_run import Ascent, ClimbRequest
from cairn.evals.climb.ladder import Configuration, Rung
from cairn.evals.climb.measuring import Budget, Measuring
from cairn.evals.evaluation_request import Wanted
from cairn.evals.lora_training import LoraSettings, LoraTrainer
from cairn.evals.set_evaluation import Evaluation
from cairn.evals.training_set import NOT_LEARNED, examples_of, read_training_set
from cairn.models.training_notes import (
    RowNotes,
    TrainingNotes,
    beside,
    fold_file,
    model_without,
    notes_of_model,
    question_digest,
    read_notes,
)
from cairn.prompts.prompt_assembly import fixed_prompt

QUESTIONS = [f"Letter {n}" for n in range(6)]


def adapter(file: Path, questions: Sequence[str], prompt: str | None = None) -> str:
    """The name of a model with an adapter that was trained on these."""
    file.touch()
    TrainingNotes(tuple(RowNotes(question_digest(one), "letters", prompt) for one in questions)).write(file)
    return f"gguf:base.gguf+{file}"


def test_notes_come_back_and_hold_no_text(tmp_path: Path) -> None:
    model = adapter(tmp_path / "tuned.gguf", QUESTIONS)
    notes = notes_of_model(model)
    assert notes and notes.knows("  letter 3") and not notes.knows("Letter 9")
    assert "etter" not in beside(tmp_path / "tuned.gguf").read_text().replace("letters", "")
    assert notes_of_model("openai:any") is None and notes_of_model("gguf:base.gguf") is None
    for text in ("", "{", "[]", '{"version": 9, "rows": []}'):
        beside(tmp_path / "tuned.gguf").write_text(text)
        assert read_notes(tmp_path / "tuned.gguf") is None


def test_a_question_is_asked_of_a_fold_that_was_trained_without_it(tmp_path: Path) -> None:
    file = tmp_path / "tuned.gguf"
    whole = adapter(file, QUESTIONS)
    assert model_without("Letter 1", whole) is None
    adapter(fold_file(file, 1), QUESTIONS[3:])
    adapter(fold_file(file, 2), QUESTIONS[:3])
    assert model_without("Letter 1", whole) == f"gguf:base.gguf+{fold_file(file, 1)}"
    assert model_without("Letter 4", whole) == f"gguf:base.gguf+{fold_file(file, 2)}"
    assert model_without("Letter 9", whole) == whole


@pytest.fixture
def letters(home: Home) -> Home:
    folder = home.prompts / "letters"
    folder.mkdir()
    (folder / "task.yaml").write_text("strategy: classify\nmemory: {max_tokens: 0}\n", "utf-8")
    (folder / "default.md").write_text("Sort it:\n{{labels}}", "utf-8")
    (folder / "other.md").write_text("Sort this:\n{{labels}}", "utf-8")
    pool = [{"input": "A bill", "output": "money"}, {"input": "A crash", "output": "broken"}]
    (folder / "examples.jsonl").write_text("\n".join(map(json.dumps, pool)), "utf-8")
    return home


def questions(path: Path) -> Path:
    path.write_text("\n".join(json.dumps({"question": one, "label": "money"}) for one in QUESTIONS))
    return path


def test_another_prompt_than_the_trained_one_is_told(
    letters: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Cairn(load_settings(letters.root, model="builtin")) as app:
        there = build(app.workspace, "letters")
        model = adapter(tmp_path / "tuned.gguf", QUESTIONS, fixed_prompt(there.task, there.template))
        Path("base.gguf").write_bytes(b"GGUF" + b"\3\0\0\0" + bytes(16))
        assert not build(app.workspace, "letters", {"examples": {"k": 1}}, model).notices
        [told] = build(app.workspace, "letters", {"template": "other"}, model).notices
        assert "trained on another prompt than task letters sends with template other" in told


def test_a_model_is_not_judged_on_what_it_was_trained_on(letters: Home, tmp_path: Path) -> None:
    tuned = adapter(tmp_path / "tuned.gguf", QUESTIONS[:2])
    ladder = tmp_path / "ladder.yaml"
    ladder.write_text(f"- {{name: tuned, group: tuned, model: '{tuned}'}}\n")
    wanted = Wanted(questions(tmp_path / "set.jsonl"), task="letters")
    with Cairn(load_settings(letters.root, model="builtin")) as app:
        with pytest.raises(UsageError, match="rung tuned was trained on 2 of these cases") as error:
            Ascent(app, ClimbRequest(wanted, ladder=ladder), lambda text: None)
        assert "--folds" in (error.value.hint or "")
        adapter(fold_file(tmp_path / "tuned.gguf", 1), QUESTIONS[2:])
        Ascent(app, ClimbRequest(wanted, ladder=ladder), lambda text: None)


def test_each_case_is_asked_of_the_model_that_did_not_see_it(
    letters: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = adapter(tmp_path / "tuned.gguf", QUESTIONS[:2])
    fold = fold_file(tmp_path / "tuned.gguf", 1)
    adapter(fold, QUESTIONS[2:])
    asked: dict[str, str] = {}

    class Noting:
        def __init__(self, _app: object, _task: str, _patch: object, model: str, **_: Any) -> None:
            self._model = model

        def outcomes(self, wishes: Sequence[Any]) -> list[Any]:
            asked.update({wish.case.question: self._model for wish in wishes})
            return []

    monkeypatch.setattr("cairn.evals.climb.measuring.AskedTask", Noting)
    with Cairn(load_settings(letters.root, model="builtin")) as app:
        cases = Evaluation(app, Wanted(questions(tmp_path / "set.jsonl"), task="letters"), print)._cases
        scoring: Callable[..., Any] = lambda case, outcome: {}  # noqa: E731
        measuring = Measuring(app, "letters", cases, "label", scoring, Budget())  # type: ignore[arg-type]
        configuration = Configuration().with_rung(Rung(name="tuned", group="tuned", model=whole))
        measuring(configuration, [case.id for case in cases])
    without = whole.replace("tuned.gguf", fold.name)
    assert asked == {one: without if one in QUESTIONS[:2] else whole for one in QUESTIONS}


def test_rows_that_are_none_are_named(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    good = {"messages": [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "There."}]}
    for bad in ("{", "[]", "{}", '{"messages": []}', '{"messages": [{"role": "user", "content": "Where?"}]}'):
        file.write_text(json.dumps(good) + "\n" + bad)
        with pytest.raises(UsageError, match="row 2 is no chat"):
            read_training_set(file)
    file.write_text(json.dumps(good))
    assert read_training_set(file).notes[0].question == question_digest("where?")


def test_each_part_is_left_out_once_and_groups_stay_together(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [
        {"messages": [{"role": "user", "content": str(n)}, {"role": "assistant", "content": "."}]} for n in range(7)
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    TrainingNotes(tuple(RowNotes(str(n), group="a" if n < 2 else None) for n in range(7))).write(file)
    training = read_training_set(file)
    left_out = [
        {note.question for note in training.notes} - {note.question for note in part.notes}
        for part in training.without_each_part(3)
    ]
    assert sorted(one for part in left_out for one in part) == [str(n) for n in range(7)]
    assert any({"0", "1"} <= part for part in left_out)
    assert len(training.first(0.25).rows) == 2


def test_what_training_needs_is_said_before_anything_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cairn.evals.lora_training.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="missing: torch") as error:
        LoraTrainer(tmp_path / "base.gguf", LoraSettings())
    assert "cairn-chat[tune]" in (error.value.hint or "")


class Letters:
    """A chat template and tokenizer: a letter is a token. `calls`: whether the template knows calls."""

    def __init__(self, calls: bool) -> None:
        self._calls = calls

    def apply_chat_template(
        self, messages: Sequence[Any], tools: Any, tokenize: bool, add_generation_prompt: bool = False
    ) -> str:
        told = "".join(f"<{message['role'][0]}>{self._said(message)};" for message in messages)
        return told + ("<a>" if add_generation_prompt else "")

    def _said(self, message: Any) -> str:
        calls = [one["function"] for one in message.get("tool_calls") or ()] if self._calls else []
        return message.get("content") or "".join(f"{call['name']}({call['arguments']['n']})" for call in calls)

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        return {"input_ids": [ord(letter) for letter in text]}

    def decode(self, tokens: Sequence[int], skip_special_tokens: bool) -> str:
        return "".join(map(chr, tokens)).replace(";", "")


def with_calls(file: Path) -> Path:
    call = {"id": "1", "type": "function", "function": {"name": "add", "arguments": '{"n": 2}'}}
    messages = [
        {"role": "user", "content": "before"},
        {"role": "assistant", "content": "said"},
        {"role": "user", "content": "and two?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "4"},
        {"role": "assistant", "content": "four"},
    ]
    file.write_text(json.dumps({"messages": messages}))
    return file


def test_what_the_assistant_says_after_the_last_question_is_learned_and_nothing_else(tmp_path: Path) -> None:
    training = read_training_set(with_calls(tmp_path / "rows.jsonl"))
    [example] = examples_of(training, Letters(calls=True), 100)
    learned = "".join(chr(label) if label != NOT_LEARNED else " " for label in example.labels)
    assert learned.split() == ["add(2);", "four;"] and example.begins == learned.index("a")
    with pytest.raises(UsageError, match="Row 1 has 53 tokens, and 20 may be"):
        list(examples_of(training, Letters(calls=True), 20))


def test_a_template_that_leaves_calls_out_is_refused(tmp_path: Path) -> None:
    training = read_training_set(with_calls(tmp_path / "rows.jsonl"))
    with pytest.raises(UsageError, match="Row 1: this model's chat template can't write such an answer"):
        list(examples_of(training, Letters(calls=False), 100))
