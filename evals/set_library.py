"""The question sets of a home: files in its folder `sets`, beside those that come with Cairn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from cairn import samples
from cairn.core.errors import StorageError, UsageError
from cairn.core.settings import Settings
from cairn.evals.case_reading import read_cases

SUFFIXES = (".jsonl", ".json", ".csv", ".tsv")
_SAMPLES = (samples.SET, samples.SHOP.with_name("shop_questions.csv"))


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A set by its file; a packaged one can't be changed."""

    file: Path
    packaged: bool

    @property
    def name(self) -> str:
        return self.file.name


def sets(settings: Settings) -> list[QuestionSet]:
    """The home's own, by name, then the packaged ones."""
    own = sorted(file for file in _folder(settings).glob("*") if file.suffix.lower() in SUFFIXES)
    return [*(QuestionSet(file, False) for file in own), *(QuestionSet(file, True) for file in _SAMPLES)]


def add_set(settings: Settings, name: str, data: bytes) -> QuestionSet:
    """Keep a set in the home. A set of that name is replaced.

    Args:
        settings: Whose home.
        name: The file's name; its suffix says how it is read.
        data: What is in it.

    Returns:
        The set.

    Raises:
        UsageError: It is no set, by its name or by its rows; then nothing is kept.
        StorageError: There is no room for it.
    """
    plain = re.sub(r"[^\w.-]+", "-", re.split(r"[/\\]", name)[-1]).strip(".-")
    file = _folder(settings) / plain
    if file.suffix.lower() not in SUFFIXES or not file.stem:
        raise UsageError(f"{name} is no file of questions.", f"It ends with {', '.join(SUFFIXES)}.")
    draft = file.with_name(f".new-{plain}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        read_cases(draft)
        draft.replace(file)
    except OSError as error:
        raise StorageError(f"{plain} can't be kept: {error.strerror}.", "Free room in the home.") from None
    finally:
        draft.unlink(missing_ok=True)
    return QuestionSet(file, False)


def remove_set(settings: Settings, name: str) -> bytes:
    """Delete a set of the home; what was in it, for an undo. Raises UsageError for one that is not there."""
    found = next((one.file for one in sets(settings) if one.name == name and not one.packaged), None)
    if found is None:
        raise UsageError(f"There is no set {name} in this home.", "Only your own can be deleted.")
    data = found.read_bytes()
    found.unlink()
    return data


def _folder(settings: Settings) -> Path:
    return settings.home / "sets"
