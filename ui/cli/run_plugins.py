"""`cairn plugins`."""

from __future__ import annotations

from typing import Any

from cairn.core.registry import KINDS, Plugin, installed, listed
from cairn.ui.cli.terminal import note, say_json, say_table


def list_plugins(as_json: bool) -> None:
    """All that is registered; what can't be used is told on standard error, and in the JSON as `problems`."""
    found = [plugin for kind in KINDS for plugin in listed(kind)]
    if as_json:
        say_json({"plugins": [_as_dict(plugin) for plugin in found], "problems": list(installed().problems)})
        return
    head = ["kind", "name", "needs", "gives", "from"]
    say_table(head, [(p.kind, p.name, " ".join(p.needs), " ".join(p.gives), p.source) for p in found])
    for problem in installed().problems:
        note(problem)


def _as_dict(plugin: Plugin) -> dict[str, Any]:
    return {
        "kind": plugin.kind,
        "name": plugin.name,
        "needs": list(plugin.needs),
        "gives": list(plugin.gives),
        "from": plugin.source,
    }
