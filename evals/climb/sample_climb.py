"""`cairn climb samples`: a ladder whose first rungs are answered from a recording of a small model, without key,
network or wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as File
from typing import Any

from cairn import samples
from cairn.core.errors import NotRecorded
from cairn.core.settings import Settings
from cairn.evals.climb.climb_report import ClimbReport
from cairn.evals.climb.climb_run import ClimbRequest, Watcher, climb_in
from cairn.evals.climb.ladder import Configuration
from cairn.evals.eval_records import Record
from cairn.evals.evaluation_request import Wanted
from cairn.evals.sample_home import NAME, sample_home, sample_wanted

_RECORDED = f"replay:{samples.RECORDING}"
_MODEL = "SmolLM2-135M-Instruct (recorded)"
Show = Callable[[Configuration, Record], None]


class _Missed(Exception):
    """The recording lacks an answer: a template, or what finds passages, is not what it was."""


def recorded_settings(**changes: Any) -> Settings:
    """Those by which it was recorded, whatever this machine is set to: a prompt has to be the same everywhere."""
    fixed: dict[str, Any] = {"home": File(), "embeddings": "hash", "context_window": 16_000}
    return Settings.model_construct(**{**fixed, **changes})


def sample_request(request: ClimbRequest | None = None, model: str | None = None) -> ClimbRequest:
    """The climb of the samples by a model, with what the user asks for beside."""
    request = request or ClimbRequest(Wanted(samples.SET))
    wanted = replace(sample_wanted(request.wanted, NAME), model=model)
    return replace(request, wanted=wanted, ladder=request.ladder or samples.LADDER, as_written=True)


def sample_climb(
    home: File,
    request: ClimbRequest | None = None,
    watcher: Watcher | None = None,
    settings: Settings | None = None,
) -> ClimbReport:
    """Climb the ladder of the samples.

    Args:
        home: Where the report is kept, in `evals/climbs`; nothing else of it is touched.
        request: What else was asked for; its set is the samples'.
        watcher: Who is told what happens. None is nobody.
        settings: Those of a model that answers in place of the recorded one.

    Raises:
        CairnError: As a climb does. Where the recording does not fit, `builtin` answers, and it is told.
    """
    watcher = watcher or Watcher()
    if settings is not None:
        with sample_home(settings) as app:
            return climb_in(app, sample_request(request, settings.model), watcher, home)
    try:
        with sample_home(recorded_settings()) as app:
            watched = replace(watcher, show=_unless_missed(watcher.show))
            return climb_in(app, sample_request(request, _RECORDED), watched, home, _MODEL)
    except _Missed:
        watcher.tell("The recorded answers don't fit these templates any more: `builtin` answers instead.")
    with sample_home(recorded_settings()) as app:
        return climb_in(app, sample_request(request, "builtin"), watcher, home)


def _unless_missed(show: Show) -> Show:
    def shown(configuration: Configuration, record: Record) -> None:
        if record.error == NotRecorded.__name__:
            raise _Missed
        show(configuration, record)

    return shown
