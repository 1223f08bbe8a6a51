"""What many questions share: the assistant that answers them, and what tells whether an earlier answer is still one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.load import dumpd
from langchain_core.tools import BaseTool

import cairn
from cairn.agents.assembly import Assistant, build
from cairn.agents.workspace import Workspace
from cairn.core.answer import Answer
from cairn.core.errors import CairnError
from cairn.core.registry import find
from cairn.core.task import merged
from cairn.models.guarded_model import GuardedChatModel
from cairn.models.rate_limits import RateLimiter
from cairn.prompts.template import steps_digest
from cairn.tools.tool_invocation import is_untrusted

_MEMORY, _SEARCH = "memory", "search"
_MOST_KEPT = 64


@dataclass(frozen=True)
class Prepared:
    """`changing`: the tools that read what may be another thing tomorrow. `always`: the prompt itself holds that."""

    assistant: Assistant
    limiter: RateLimiter
    changing: frozenset[str]
    always: bool
    make_digest: Callable[[], bytes | None]

    @cached_property
    def digest(self) -> bytes | None:
        """Of all that is sent but the question; None where it can't be told. The first time it blocks."""
        return self.make_digest()

    def read_what_changes(self, answer: Answer) -> bool:
        """Whether an answer rests on a database, the web or a tool of somebody else's."""
        return self.always or bool(answer.tables) or any(step.tool in self.changing for step in answer.steps)


class Preparer:
    """Builds an assistant once for each patch. Nothing is remembered from one question to the next: the task's memory
    tools are left away."""

    def __init__(self, workspace: Workspace, task: str, patch: Mapping[str, Any], model: Any = None) -> None:
        self._workspace = workspace
        self._task = task
        self._patch = patch
        self._model = workspace.chat_model(model) if isinstance(model, BaseChatModel) else model
        self._known: dict[str, Prepared] = {}
        self._lock = threading.Lock()

    def prepared(self, patch: Mapping[str, Any]) -> Prepared:
        """For a question that brings this patch. Blocks. Raises TaskError, TemplateError, SettingsError, ModelError."""
        key = json.dumps(patch, sort_keys=True, default=str)
        with self._lock:
            if (known := self._known.get(key)) is None:
                if len(self._known) >= _MOST_KEPT:
                    del self._known[next(iter(self._known))]
                self._known[key] = known = self._prepare(merged(self._patch, patch))
            return known

    def _prepare(self, patch: dict[str, Any]) -> Prepared:
        workspace = self._workspace
        tools = workspace.prompts.task(self._task).patched(patch).tools
        if _MEMORY in tools:
            patch = merged(patch, {"tools": [group for group in tools if group != _MEMORY]})
        assistant = build(workspace, self._task, patch, self._model)
        model = workspace.chat_model(self._model or assistant.task.model, assistant.task.temperature)
        needs = find("strategy", assistant.task.strategy).needs
        return Prepared(
            assistant,
            model.limiter,
            frozenset(tool.name for tool in assistant.tools if _reads_what_changes(tool)),
            any(group != _SEARCH for group in needs),
            lambda: self._digest(assistant, model),
        )

    def _digest(self, assistant: Assistant, model: GuardedChatModel) -> bytes | None:
        settings = self._workspace.settings
        if isinstance(self._model, BaseChatModel):
            if not model.inner.is_lc_serializable():
                return None
            given: Any = dumpd(model.inner)
        else:
            given = [settings.temperature, settings.context_window]
        documents = any(tool.name == _SEARCH for tool in assistant.tools)
        sent = {
            "version": cairn.__version__,
            "task": assistant.task.model_dump(mode="json"),
            "template": assistant.template.hash,
            "examples": list(assistant.examples),
            "model": [assistant.model, model.address, given],
            "embeddings": settings.embeddings,
            "tools": [(tool.name, _description(tool)) for tool in assistant.tools],
            "documents": self._workspace.library.fingerprint() if documents else None,
        }
        if own_steps := steps_digest(self._workspace.home.prompts / "steps"):
            sent["steps"] = own_steps
        return sha256(json.dumps(sent, sort_keys=True, default=str).encode("utf-8", "surrogatepass")).digest()


def _reads_what_changes(tool: BaseTool) -> bool:
    """All but what only computes; a search's documents are in the digest."""
    changes = bool((tool.metadata or {}).get("side_effects", True))
    return tool.name != _SEARCH and (changes or is_untrusted(tool))


def _description(tool: BaseTool) -> str | None:
    """That of a database's tool names its tables; one that is away has none."""
    try:
        return tool.description
    except CairnError:
        return None
