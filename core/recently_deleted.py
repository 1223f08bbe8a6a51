"""What was deleted in the last day, each with what it takes to have it back: a file of the home each.

Only what deletes itself at once is kept here; what it meant is its kind's to know. `data` may hold what the app
database holds as well, such as an address with its password: the files are their owner's alone.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cairn.core.app_database import UNDO_SECONDS, new_id
from cairn.core.errors import CairnError
from cairn.core.whole_files import write_whole

_ID = re.compile(r"[0-9a-f]{16}\Z")


@dataclass(frozen=True, slots=True)
class Deleted:
    """`deleted` is in Unix seconds; `data` is what the kind needs to put it back."""

    id: str
    kind: str
    name: str
    deleted: float
    data: Mapping[str, Any]


class RecentlyDeleted:
    """What one user deleted.

    Args:
        home: The folder of the home.
        user: Whose things; those of others are neither listed nor found.
    """

    def __init__(self, home: Path, user: str) -> None:
        self._folder = home / "deleted"
        self._user = user

    def keep(self, kind: str, name: str, data: Mapping[str, Any]) -> Deleted:
        """Keep what is about to be deleted. Raises StorageError where there is no room for it."""
        one = Deleted(new_id(), kind, name, time.time(), data)
        told = {"user": self._user, "kind": kind, "name": name, "deleted": one.deleted, "data": dict(data)}
        text = json.dumps(told, ensure_ascii=False)
        hint = f"Free room in the home: {name} is not deleted, since it could not be had back."
        write_whole(self._file(one.id), text, hint, private=True)
        return one

    def delete(self, kind: str, name: str, data: Mapping[str, Any], remove: Callable[[], object]) -> Deleted:
        """Keep it, then let `remove` delete it; what can't be deleted is not kept. Raises CairnError."""
        kept = self.keep(kind, name, data)
        try:
            remove()
        except CairnError:
            self.forget(kept.id)
            raise
        return kept

    def list(self) -> list[Deleted]:
        """All of this user, what was deleted last first; a file that can't be read is passed over."""
        found = [one for file in self._folder.glob("*.json") if (one := self.get(file.stem))]
        return sorted(found, key=lambda one: -one.deleted)

    def get(self, id: str) -> Deleted | None:
        """None where it is gone, or is another user's."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads(self._file(id).read_text("utf-8")) if _ID.match(id) else {}
            if told["user"] == self._user:
                return Deleted(id, told["kind"], told["name"], float(told["deleted"]), told["data"])
        return None

    def old(self, seconds: float = UNDO_SECONDS) -> list[Deleted]:
        """What can no longer be had back: it was deleted so long ago."""
        return [one for one in self.list() if one.deleted <= time.time() - seconds]

    def forget(self, id: str) -> None:
        """Delete what was kept: it was put back, or is gone for good."""
        if _ID.match(id):
            self._file(id).unlink(missing_ok=True)

    def _file(self, id: str) -> Path:
        return self._folder / f"{id}.json"
