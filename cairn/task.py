"""What a `task.yaml` may say. A rung is a patch to it, as data, so that chat, command line and evaluation run the same.

A new way of working is a new field here (or a new strategy's name), never a new path through the house.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cairn.errors import TaskError

Selector = Literal["none", "fixed", "semantic", "mmr", "jaccard", "length"]
RetrievalMode = Literal["lexical", "dense", "fused"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Examples(_Part):
    """Which of the task's `examples.jsonl` (lines of `{"input", "output"}`) go into the prompt."""

    selector: Selector = "none"
    k: int = Field(default=4, ge=0, le=100)
    max_tokens: int = Field(default=1000, ge=0)


class Retrieval(_Part):
    mode: RetrievalMode = "fused"
    k: int = Field(default=5, ge=1, le=100)
    max_tokens: int = Field(default=3000, ge=1)
    collections: list[str] | None = None


class Sql(_Part):
    """`database` None: the only one there is; with several the model chooses."""

    database: str | None = None
    schema_tokens: int = Field(default=3000, ge=100)
    max_rows: int = Field(default=100, ge=1, le=10_000)
    repairs: int = Field(default=2, ge=0, le=10)


class Limits(_Part):
    """Bounds of one run. At a limit the best answer so far is given and marked.

    `repeats`: how often a model may repeat a call it made already; `context`: tokens one model call may be sent,
    None for the `context_window` setting.
    """

    model_calls: int = Field(default=12, ge=1)
    tool_calls: int = Field(default=24, ge=0)
    tokens: int = Field(default=100_000, ge=1)
    seconds: float = Field(default=120, gt=0)
    repeats: int = Field(default=3, ge=1)
    context: int | None = Field(default=None, ge=500)


class Memory(_Part):
    """How much of the thread goes into the prompt, in tokens; 0 forgets."""

    max_tokens: int = Field(default=2000, ge=0)


class FieldSpec(_Part):
    """One typed field that the `extract` strategy fills."""

    name: str = Field(pattern=r"^[^\W\d]\w*$")
    type: Literal["string", "number", "integer", "boolean", "date", "list"] = "string"
    description: str = ""
    required: bool = False


class Task(_Part):
    """A kind of question and how it is answered."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    description: str = ""
    strategy: str = "direct"
    template: str = "default"
    tools: list[str] = []
    model: str | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    examples: Examples = Examples()
    retrieval: Retrieval = Retrieval()
    sql: Sql = Sql()
    limits: Limits = Limits()
    memory: Memory = Memory()
    labels: list[str] = []
    fields: list[FieldSpec] = []

    def patched(self, patch: Mapping[str, Any], where: str | None = None) -> Task:
        """This task with a rung's patch on it: mappings merge, everything else replaces. Raises TaskError."""
        return parse_task(_merge(self.model_dump(), patch), where or f"the patch of task {self.name!r}")


class Rung(_Part):
    """One change to a task's configuration."""

    name: str
    description: str = ""
    patch: dict[str, Any]


def parse_task(data: Mapping[str, Any], where: str) -> Task:
    """A checked task; raises TaskError, one line for each thing that is wrong."""
    try:
        return Task.model_validate(dict(data))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, part['loc'])) or 'task'}: {part['msg']}" for part in error.errors())
        raise TaskError(f"{where} is wrong: {wrong}.", "Correct it there.") from None


def _merge(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in patch.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged
