from __future__ import annotations

import pytest

from cairn.core.settings import Home
from cairn.prompts.task_store import LIBRARY, PromptStore
from cairn.ui.cli.run_prompts import list_prompts, show


def test_a_task_is_shown_with_its_configuration_first(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    show(home.root, "documents", None)
    config, template = LIBRARY / "documents" / "task.yaml", LIBRARY / "documents" / "default.md"
    assert capsys.readouterr().out == (
        f"── {config} (packaged)\n{config.read_text('utf-8').rstrip()}\n\n"
        f"── {template} (packaged)\n{template.read_text('utf-8').rstrip()}\n\n"
    )


def test_what_was_chosen_stands_between(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    store = PromptStore(home)
    mine = store.copy("documents", "mine")
    store.use("documents", {"template": "mine"})
    show(home.root, "documents", None)
    told = capsys.readouterr().out
    assert f"── {mine.with_name('patch.yaml')} (your own)\ntemplate: mine\n" in told
    assert told.index("task.yaml") < told.index("patch.yaml") < told.index(f"── {mine} (your own)")


def test_a_key_that_is_gone_is_told_where_tasks_are_looked_at(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    PromptStore(home).copy("documents", "mine")
    patch = home.prompts / "documents" / "patch.yaml"
    patch.write_text("retrieval: {compress: 2}\n", "utf-8")
    told = f"`retrieval.compress` in {patch} is no longer used"
    show(home.root, "documents", None)
    assert told in capsys.readouterr().err
    list_prompts(home.root, as_json=True)
    assert told in capsys.readouterr().err
