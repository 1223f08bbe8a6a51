"""Tasks for models with a small window: the template `small` by itself, and nothing sent that does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from cairn.agents.assembly import build
from cairn.agents.prompt_preview import CapturingModel, model_in_use, render
from cairn.agents.service import Cairn
from cairn.core.clean_text import approximate_tokens
from cairn.core.errors import CairnError
from cairn.core.settings import Home, load_settings
from cairn.models.model_facts import model_facts

TASKS = ("assistant", "classify", "database", "documents", "extract", "math", "plan")


def opened(home: Home, window: int) -> Cairn:
    return Cairn(load_settings(home.root, context_window=window))


@pytest.mark.parametrize("window", [1024, 2048, 4096])
@pytest.mark.parametrize("task", TASKS)
def test_every_packaged_task_fits(home: Home, window: int, task: str) -> None:
    with opened(home, window) as app:
        request = render(app.workspace, task, "How many days of parental leave are there, and who was hired in May?")
    assert request.template == "small"
    sent = sum(approximate_tokens(str(message["content"])) for message in request.messages)
    assert sent + approximate_tokens(str(request.tools)) < window


def test_it_is_said_and_what_was_chosen_is_kept(home: Home) -> None:
    with opened(home, 2048) as app:
        small = build(app.workspace, "documents", None, CapturingModel())
        assert any("2,048 tokens at once" in notice and "`small`" in notice for notice in small.notices)
        assert small.task.retrieval.k == 3
        assert build(app.workspace, "documents", {"retrieval": {"k": 7}}, CapturingModel()).task.retrieval.k == 7
        assert build(app.workspace, "documents", {"template": "quotes"}, CapturingModel()).task.template == "quotes"
        assert build(app.workspace, "documents", None, "builtin").task.template == "default"
    with opened(home, 16_000) as app:
        assert build(app.workspace, "documents", None, CapturingModel()).task.template == "default"
        assert build(app.workspace, "documents", {"template": "small"}, CapturingModel()).task.retrieval.k == 3


def test_a_task_of_ones_own_keeps_its_template(home: Home) -> None:
    folder = home.prompts / "letters"
    folder.mkdir()
    (folder / "task.yaml").write_text("strategy: direct\n")
    (folder / "default.md").write_text("You write letters.")
    with opened(home, 1024) as app:
        assert build(app.workspace, "letters", None, CapturingModel()).task.template == "default"


def test_what_can_not_fit_is_told_before_any_call(home: Home, tmp_path: Path) -> None:
    with opened(home, 1024) as app:
        long = "How long is this question? " * 200
        with pytest.raises(CairnError, match="the model takes 1,024"):
            render(app.workspace, "math", long)


def test_a_prompt_is_shown_by_part_as_the_model_in_use_would_be_sent_it(home: Home) -> None:
    with Cairn(load_settings(home.root, model="openai:m", base_url="http://127.0.0.1:9/v1")) as app:
        model_facts(home.root, "openai:m", "http://127.0.0.1:9/v1").learn(window=2048)
        request = render(
            app.workspace, "documents", "How long is leave?", like=model_in_use(app.workspace, "documents")
        )
    assert (request.template, request.window) == ("small", 2048)
    assert any("2,048 tokens at once" in notice for notice in request.notices)
    assert {"instructions", "passages", "question"} <= request.size.parts.keys()
    assert sum(request.size.parts.values()) == request.size.total < 2048


def test_a_model_that_writes_nothing_is_none_to_be_like(home: Home) -> None:
    with Cairn(load_settings(home.root)) as app:
        assert model_in_use(app.workspace, "documents") is None
