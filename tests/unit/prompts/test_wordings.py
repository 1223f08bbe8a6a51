"""A task's `wording` adds to whatever template it has, packaged or the home's own."""

from __future__ import annotations

import pytest

from cairn.core.errors import TemplateError
from cairn.core.settings import Home
from cairn.core.task import Task
from cairn.prompts.task_store import WORDINGS, PromptStore
from cairn.prompts.template import Template


@pytest.fixture
def store(home: Home) -> PromptStore:
    return PromptStore(home)


def system(template: Template, **values: str) -> str:
    [message] = template.format_messages(**values)
    return message.text


def test_the_role_comes_first_and_the_rest_last(store: PromptStore) -> None:
    plain = Template.parse("---\nrole: You sort texts.\n---\nLabels: {{labels}}")
    worded = store.worded(plain, {"expert": True, "clear": True, "subtasks": False})
    text = system(worded, labels="a, b")
    assert text.startswith("You are an expert") and "You sort texts." in text and text.endswith("the question.")
    assert text.index("Labels: a, b") < text.index("Answer exactly") and "several parts" not in text
    assert worded.hash not in (plain.hash, store.worded(plain, {"clear": True}).hash)


def test_nothing_chosen_is_the_template_itself(store: PromptStore) -> None:
    plain = Template.parse("{{context}}")
    assert store.worded(plain, {"clear": False}) is plain


def test_all_packaged_ones_fit_any_template_even_one_without_a_system_message(store: PromptStore) -> None:
    names = sorted(path.stem for path in WORDINGS.glob("*.md"))
    assert len(names) >= 7
    messages = store.worded(Template.parse("user:\n{{question}}"), dict.fromkeys(names, True)).format_messages(
        question="?"
    )
    assert [message.type for message in messages] == ["system", "human"]


def test_ones_own_win_and_an_unknown_one_is_named(store: PromptStore, home: Home) -> None:
    (home.prompts / "wordings").mkdir()
    (home.prompts / "wordings" / "clear.md").write_text("请直接回答。", "utf-8")
    assert system(store.worded(Template.parse("x"), {"clear": True})) == "x\n\n请直接回答。"
    with pytest.raises(TemplateError, match="no wording 'cleer'"):
        store.worded(Template.parse("x"), {"cleer": True})
    (home.prompts / "wordings" / "wide.md").write_text("{{question}}", "utf-8")
    with pytest.raises(TemplateError, match="has variables"):
        store.worded(Template.parse("x"), {"wide": True})
    assert "wordings" not in store.tasks()


def test_patches_add_to_each_other() -> None:
    task = Task(name="t").patched({"wording": {"clear": True}}).patched({"wording": {"expert": True}})
    assert task.wording == {"clear": True, "expert": True}
