"""What is registered wrongly says so, in words that name the line to mend."""

from __future__ import annotations

import pytest

from cairn.core import registry
from cairn.core.errors import UsageError
from cairn.core.registry import Plugin
from cairn.evals.metrics import make_metric


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_BY_NAME", dict(registry._BY_NAME))


def test_an_unknown_kind_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="'toool' is no kind"):
        Plugin("toool", "sums", str)  # type: ignore[arg-type]


def test_a_factory_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="sums") as told:
        Plugin("tool", "sums", "cairn.tools.calculator:calculater").load()
    assert "cairn.tools.calculator:calculater" in str(told.value)


def test_a_metric_that_takes_nothing_says_what_it_is_called_with() -> None:
    class Bare:
        pass

    registry.register(Plugin("metric", "bare", Bare))
    with pytest.raises(UsageError, match=r"is made with \(home, judge\)"):
        make_metric("bare", None)  # type: ignore[arg-type]


def test_a_metric_of_the_earlier_form_says_how_to_rewrite_it() -> None:
    class Old:
        def __init__(self, opened: object, strict: object) -> None: ...

        def judge(self, database: str, gold: str, predicted: str) -> None: ...

    registry.register(Plugin("metric", "old", Old))
    with pytest.raises(UsageError, match=r"form of an earlier version.*docs/extending\.md"):
        make_metric("old", None)  # type: ignore[arg-type]
