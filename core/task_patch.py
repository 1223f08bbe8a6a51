"""What a user chose for a question, by flags, menus or `KEY=VALUE`, as a patch to the task that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from cairn.core.errors import UsageError
from cairn.core.task import merged


def task_patch(settings: Sequence[str] = (), **fields: Any) -> dict[str, Any]:
    """The one way from what a user chose to a patch.

    Args:
        settings: Each `KEY=VALUE`, as `sql.candidates=5`; the value is YAML.
        fields: Fields of the task by their names. None is not chosen.

    Returns:
        What `Task.patched` takes; nothing chosen is an empty patch.

    Raises:
        UsageError: A setting can't be read, or contradicts another one.
    """
    patch: dict[str, Any] = {}
    for setting in settings:
        _put(patch, setting)
    return merged(patch, {name: value for name, value in fields.items() if value is not None})


def _put(patch: dict[str, Any], setting: str) -> None:
    key, equals, value = setting.partition("=")
    *path, last = key.strip().split(".")
    if not equals or not all([*path, last]):
        raise UsageError(f"{setting[:80]!r} is no change to a task.", "Write KEY=VALUE, as sql.candidates=5.")
    place = patch
    for name in path:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            raise UsageError(f"{setting[:80]!r} contradicts another change.", "Name each setting once.")
    try:
        place[last] = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError):
        raise UsageError(f"The value of {setting[:80]!r} can't be read.", "Put it in quotes.") from None
