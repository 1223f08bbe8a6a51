"""What flags, menus and `KEY=VALUE` come to as a patch to a task."""

from __future__ import annotations

from typing import Any

import pytest

from cairn.core.errors import UsageError
from cairn.core.task import task_patch


@pytest.mark.parametrize(
    ("settings", "patch"),
    [
        ([], {}),
        (["template=reasoned"], {"template": "reasoned"}),
        (["sql.repairs=5", "sql.reason=true"], {"sql": {"repairs": 5, "reason": True}}),
        (["examples.selector=masked", "examples.k = 8"], {"examples": {"selector": "masked", "k": 8}}),
        (["tools=[sql, calculator]"], {"tools": ["sql", "calculator"]}),
        (["labels=[a=b]"], {"labels": ["a=b"]}),
    ],
)
def test_changes_to_a_task(settings: list[str], patch: dict[str, Any]) -> None:
    assert task_patch(settings) == patch


@pytest.mark.parametrize("setting", ["sql", "=5", "sql.=5", ".sql=5", "a..b=1", "a={", ""])
def test_what_is_no_change_is_refused(setting: str) -> None:
    with pytest.raises(UsageError):
        task_patch([setting])


def test_changes_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(UsageError, match="contradicts"):
        task_patch(["sql=5", "sql.reason=true"])


def test_fields_and_settings_go_together_and_what_was_not_chosen_is_left_out() -> None:
    assert task_patch(template=None, strategy=None) == {}
    assert task_patch(template="brief", strategy=None) == {"template": "brief"}
    chosen = task_patch(["sql.reason=true", "template=long"], template="brief", sql={"database": "shop"})
    assert chosen == {"sql": {"reason": True, "database": "shop"}, "template": "brief"}
