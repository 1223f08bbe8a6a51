"""The samples as something to measure: a home with nothing else in it, as long as it is needed.

The questions are our own: what they show is how measuring looks, not how good a model is.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from cairn import samples
from cairn.agents.service import Cairn
from cairn.core.settings import Settings
from cairn.evals.eval_runner import USER
from cairn.evals.evaluation_request import Wanted, records_folder

NAME = "samples"
"""What is said in place of a set's file; in that home it is the task of the sample ladder as well."""
_METRIC = "contains"


def is_samples(questions: Path) -> bool:
    """Whether these are meant, and no file of that name."""
    return questions == Path(NAME) and not questions.is_file()


@contextmanager
def sample_home(settings: Settings) -> Generator[Cairn]:
    """A home with the samples, asked by the model of these settings; gone at the end."""
    with TemporaryDirectory(prefix="cairn-samples-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        shutil.copytree(samples.TASK, home / "prompts" / NAME)
        own = {"home": home, "user": USER, "database_url": None, "chroma_url": None, "samples": True}
        with Cairn(settings.model_copy(update=own)) as app:
            yield app


def sample_wanted(wanted: Wanted, task: str) -> Wanted:
    """The samples' questions, with what the user asks for beside, else by `task`."""
    return replace(wanted, questions=samples.SET, task=wanted.task or task, metric=wanted.metric or _METRIC)


def sample_records(settings: Settings) -> Path:
    """Where an evaluation of the samples is kept: among the others of the user's home."""
    return records_folder(settings) / f"{time.strftime('%Y%m%d-%H%M%S')}-{NAME}.jsonl"
