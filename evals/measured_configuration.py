"""What an evaluation measures of an assembled task, and how two such configurations differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, cast

from cairn.agents.assembly import Assistant
from cairn.prompts.template import steps_digest


def configuration_of(assistant: Assistant) -> dict[str, Any]:
    """All that its answers depend on but the contents of databases and documents; the database is each case's own."""
    task = assistant.task.model_dump(mode="json")
    task["sql"]["database"] = None
    examples = hashlib.sha256(json.dumps(list(assistant.examples)).encode()).hexdigest()[:16]
    measured = {"model": assistant.model, "task": task, "template": assistant.template.hash, "examples": examples}
    own_steps = steps_digest(assistant.workspace.home.prompts / "steps")
    return {**measured, "steps": own_steps} if own_steps else measured


def task_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The patch that makes of the one task the other: `model` is left out, which is compared by its full name."""
    old, new = _comparable(old), _comparable(new)
    off = dict.fromkeys(old["wording"], False)
    return _changes(old, {**new, "wording": {**off, **new["wording"]}})


def differences(measured: Mapping[str, Any], live: Mapping[str, Any]) -> list[str]:
    """In which of `model`, `task`, `template`, `examples` and `steps` they differ."""
    found = [name for name in ("model", "template", "examples", "steps") if measured.get(name) != live.get(name)]
    return [*found, "task"] if task_changes(live["task"], measured["task"]) else found


def _comparable(task: Mapping[str, Any]) -> dict[str, Any]:
    wording = {name: True for name, on in task.get("wording", {}).items() if on}
    return {**{name: value for name, value in task.items() if name not in ("model", "name")}, "wording": wording}


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in new.items():
        if isinstance(value, Mapping) and isinstance(old.get(name), Mapping):
            if inner := _changes(old[name], cast(Mapping[str, Any], value)):
                found[name] = inner
        elif name not in old or old[name] != value:
            found[name] = value
    return found
