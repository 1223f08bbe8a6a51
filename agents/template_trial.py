"""A question asked with one template or another, outside any thread, to see them side by side."""

from __future__ import annotations

from typing import Any

from cairn.agents.assembly import build
from cairn.agents.threadless_run import run_threadless
from cairn.agents.workspace import Workspace
from cairn.core import event_loop
from cairn.core.answer import Answer, fold


def ask_with(workspace: Workspace, task: str, template: str, question: str, model: Any = None) -> Answer:
    """What `task` answers with this template; nothing is stored, and a call that needs a yes fails.

    Args:
        workspace: Whose tasks, documents and databases.
        task: The task's name.
        template: One of its templates; inside `PromptStore.drafting` the draft of it.
        question: What is asked.
        model: The model that answers; None for the task's or the setting's.

    Returns:
        The answer; what went wrong on the way is its `error`.

    Raises:
        UsageError: The task or the template is wrong (also TaskError, TemplateError).
        ModelError: The model can't be used.
    """
    assistant = build(workspace, task, {"template": template}, model)
    events, _ = event_loop.wait(run_threadless(assistant, question))
    return fold(events)
