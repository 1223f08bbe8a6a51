"""`cairn prompts mine` and `learn`: what tasks that plan are given to plan with."""

from __future__ import annotations

from pathlib import Path

from cairn.agents.service import Cairn
from cairn.chains.bounded_calls import need_writer
from cairn.core.errors import UsageError
from cairn.core.settings import load_settings
from cairn.evals.action_mining import ANSWER_TOKENS, FOLDER, Mined, keep_actions, known_actions, mine_actions
from cairn.evals.case_reading import read_cases
from cairn.evals.eval_records import read_records
from cairn.evals.judge import Judge
from cairn.evals.plan_learning import learn_plans
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.run_eval_files import evaluation_file
from cairn.ui.cli.terminal import note, say, say_json


def mine(
    home: Path | None,
    task: str,
    questions: Path,
    most: int,
    *,
    model: str | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    asked = [case.question for case in read_cases(questions)]
    mined = Mined()
    with Cairn(load_settings(home, base_url=base_url, model=model)) as app:
        known = known_actions(app.prompts, task)
        chat_model = app.workspace.chat_model(model, None, ANSWER_TOKENS)
        need_writer(chat_model, "cairn prompts mine")
        for done in mine_actions(Judge(chat_model, app.prompts, FOLDER), asked, known, most, mined):
            note(f"{done} of {len(asked)} questions")
        if not mined.found:
            raise UsageError("No action came of it.", "Another model may write better: --model NAME.")
        keep_actions(app.prompts, task, mined.actions)
        file = app.prompts.configuration(task)[-1].path
    lines = [str(action) for action in mined.actions]
    if as_json:
        say_json({"task": task, "actions": lines, "file": str(file), "failed": mined.failed})
        return
    for line in lines:
        say(line)
    note(f"{mined.found} were found, {len(lines)} are kept in {file}: read them, and correct them there.")
    note("What these questions taught is not to be measured on them.")


def learn(home: Path | None, task: str, evaluation: str) -> None:
    _, records = read_records(evaluation_file(home, evaluation))
    with opened(home) as app:
        learned = learn_plans(app.workspace, task, records)
        selector = app.prompts.task(task).examples.selector
    for question in learned.taken:
        say(question)
    told = ", ".join(f"{count} {why}" for why, count in learned.left.items())
    note(f"Taken as examples of task {task}: {len(learned.taken)}.{f' Left out: {told}.' if told else ''}")
    if learned.taken and selector == "none":
        note(f"Task {task} shows no examples: -p examples.selector=semantic, or write it in its task.yaml.")
